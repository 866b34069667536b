/** One line of `anonymise --jsonl` and the cutting of a byte stream into lines of bounded length. Pure. */
import { AnonymiseLineInvalid, AnonymiseLineTooLong } from './errors.ts';
import { redact } from './redact.ts';

/** A transcript of an hour has some 20,000 characters. */
export const LINE_LIMIT_BYTES = 1_000_000;
const NEW_LINE = 0x0a;

/** `{"id","text"}` in, `{"id","text","entities"}` out. @throws AnonymiseLineInvalid */
export function anonymiseLine(line: string, number: number): string {
  const { id, text } = parse(line, number);
  return JSON.stringify({ id, ...redact(text) });
}

function parse(line: string, number: number): { readonly id: string | number; readonly text: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new AnonymiseLineInvalid(number); // without the cause, which quotes the line
  }
  if (typeof value !== 'object' || value === null || !('id' in value) || !('text' in value)) throw new AnonymiseLineInvalid(number);
  const { id, text } = value;
  if ((typeof id !== 'string' && typeof id !== 'number') || typeof text !== 'string') throw new AnonymiseLineInvalid(number);
  return { id, text };
}

export type Line = { readonly number: number; readonly text: string } | { readonly number: number; readonly error: AnonymiseLineTooLong };

/** Takes chunks, gives whole lines; holds at most `limitBytes` of a line that has not ended, however long it grows. */
export class LineCutter {
  readonly #limitBytes: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #number = 1;

  constructor(limitBytes = LINE_LIMIT_BYTES) {
    this.#limitBytes = limitBytes;
  }

  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let to = chunk.indexOf(NEW_LINE); to >= 0; to = chunk.indexOf(NEW_LINE, from)) {
      this.#hold(chunk.subarray(from, to));
      lines.push(this.#take());
      from = to + 1;
    }
    this.#hold(chunk.subarray(from));
    return lines;
  }

  /** The last line, if it did not end with a line break. */
  end(): Line[] {
    return this.#bytes === 0 ? [] : [this.#take()];
  }

  #hold(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#limitBytes) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  #take(): Line {
    const number = this.#number;
    const tooLong = this.#bytes > this.#limitBytes;
    const text = Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.#bytes = 0;
    this.#number += 1;
    return tooLong ? { number, error: new AnonymiseLineTooLong(number, this.#limitBytes) } : { number, text };
  }
}
