/** Writes placeholders such as `[MOBILE]` over what was found. Pure. */
import { findPersonalData } from './find-personal-data.ts';
import type { PersonalData } from './kinds.ts';

export interface Redacted {
  readonly text: string;
  /** Offsets refer to the text given, not to the redacted one. */
  readonly entities: readonly PersonalData[];
}

export function redact(text: string): Redacted {
  const entities = findPersonalData(text);
  let redacted = '';
  let from = 0;
  for (const { type, start, end } of entities) {
    redacted += `${text.slice(from, start)}[${type}]`;
    from = end;
  }
  return { text: redacted + text.slice(from), entities };
}
