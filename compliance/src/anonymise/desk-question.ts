/**
 * A desk's question to the AI services without personal data. What people wrote (`text`, `title`, `utterance`) gets placeholders; any other text is a
 * name of the configuration or an identifier and must hold none: a placeholder there would ask about something else. Pure.
 */
import { isId } from '@keepline/contracts/ids';
import { AnonymiseValueRefused } from './errors.ts';
import { redact } from './redact.ts';

/** Fields of the requests in `contracts` (assist, summary, qa) that hold what people wrote. */
const WRITTEN: ReadonlySet<string> = new Set(['text', 'title', 'utterance']);

/** @throws AnonymiseValueRefused that names the field, never the value */
export function cleanQuestion<T>(raw: T): T {
  // Same shape: objects keep their keys, lists their length, and only texts change.
  return cleaned(raw, '') as T;
}

function cleaned(value: unknown, field: string): unknown {
  if (typeof value === 'string') return cleanText(value, field);
  if (Array.isArray(value)) return value.map((one) => cleaned(one, field));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cleaned(inner, key)]));
}

function cleanText(text: string, field: string): string {
  // A well-formed identifier is random; some of its digits may look like a number of a person.
  if (field === 'requestId' && isId('req', text)) return text;
  const redacted = redact(text);
  if (redacted.entities.length > 0 && !WRITTEN.has(field)) throw new AnonymiseValueRefused('desk question', field);
  return redacted.text;
}
