/** Numbers of travel documents: one or two letters, then digits as written or spoken. Pure. */
import type { Claim, Kind } from '../kinds.ts';
import { REACH, type Reading } from '../reading/reading.ts';
import { type Window, windowsOf } from '../reading/runs.ts';

export interface Document {
  readonly type: Kind;
  /** Letters and digits together, such as `E12345678`. */
  readonly shape: RegExp;
  /** Counts of digits in `shape`. */
  readonly digits: readonly number[];
  /** Shapes so particular that a keyword for another document does not stand in the way. */
  readonly particular?: RegExp;
}

const LETTERS_BEFORE = /(?:^|[^A-Z0-9])([A-Z]{1,2})(?:[ ,\-、的]|嗯|呃|字头|开头){0,3}$/;
const LOOK_BACK = 8;
const SUFFIX = /^[ ]?(?:\([A-Z0-9]\)|[A-Z](?![A-Z]))/;

/** Only beside the document's keyword: eight digits with a letter are product codes otherwise. */
export function* documentNumbers(reading: Reading, document: Document): Generator<Claim> {
  const { keywords } = reading;
  for (const runs of [reading.digits, reading.slips])
    for (const run of runs)
      for (const window of windowsOf(run, document.digits, /^\d+$/)) {
        const claimed = keywords.claims(document.type, window.start, REACH.far, ['PARTIAL', 'EXPIRES', 'RESIDENT_ID']);
        const near = claimed || keywords.near(document.type, window.start, REACH.far) || keywords.follows(document.type, window.end);
        if (!near) continue;
        const { letters, start } = lettersBefore(reading.text, window);
        const number = letters + window.symbols;
        if (!document.shape.test(number) || (!claimed && document.particular?.test(number) !== true)) continue;
        const suffix = document.type === 'PASSPORT' ? '' : (SUFFIX.exec(reading.text.slice(window.end, window.end + 4))?.[0] ?? '');
        yield { type: document.type, start, end: window.end + suffix.length, sureness: runs === reading.digits ? 84 : 74 };
      }
}

function lettersBefore(text: string, { start }: Window): { readonly letters: string; readonly start: number } {
  const from = Math.max(0, start - LOOK_BACK);
  const found = LETTERS_BEFORE.exec(text.slice(from, start));
  const letters = found?.[1] ?? '';
  if (found === null || letters === '') return { letters: '', start };
  return { letters, start: from + found.index + found[0].indexOf(letters) };
}
