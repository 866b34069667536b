/** The last look at a request to the AI services before it leaves: no text in it may hold personal data. Says where and what kind, never the value. Pure. */
import { isId } from '@keepline/contracts/ids';
import { findPersonalData } from '../egress/personal-data.ts';

/** @returns kind of finding and path of the field, or undefined for a clean request; keys are bound by the schema checked before */
export function findingIn(value: unknown, path = ''): string | undefined {
  if (typeof value === 'string') {
    // A well-formed identifier is random; some of its digits may look like a number of a person.
    if (path === 'requestId' && isId('req', value)) return undefined;
    const finding = findPersonalData(value, 'text');
    return finding === undefined ? undefined : `${finding} in ${path}`;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = findingIn(inner, path === '' ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
