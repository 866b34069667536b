/** A request that is an audited act: who, from where and on what are taken from the request, the outcome from what it does. */
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { newId } from '@keepline/contracts/ids';
import type { ApiParts } from './api-parts.ts';
import type { Caller } from './authorise.ts';
import { actorOf } from './typed-door.ts';

/**
 * @param object what it is done to, in the words of the route's schema, never free text
 * @param purpose why, in the words of whoever asks; '' when not told
 */
export function auditedRequest<T>(
  { workbench, clock }: Pick<ApiParts, 'workbench' | 'clock'>,
  request: { readonly caller: Caller | undefined },
  act: AuditAct,
  object: string,
  purpose: string,
  run: () => Promise<T>,
): Promise<T> {
  return workbench.audited(act, { ...actorOf(request), object, purpose, correlation: newId('req', clock.now()) }, run);
}
