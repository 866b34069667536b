/** A log file that cannot fill the disk: at `maxBytes` it is renamed to `.1`, older ones move up, the oldest goes. */
import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

export const LOG_MAX_BYTES = 16 * 1024 * 1024;
export const LOG_MAX_FILES = 4; // besides the one written to

export class BoundedLog {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #maxFiles: number;
  #file: number;
  #bytes: number;

  constructor(path: string, maxBytes = LOG_MAX_BYTES, maxFiles = LOG_MAX_FILES) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#maxFiles = maxFiles;
    this.#file = openSync(path, 'a', 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  /** Written when it returns, so the last words of a child that crashed are there. A line longer than the bound gets a file of its own. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) this.#turn();
    writeSync(this.#file, `${line}\n`);
    this.#bytes += bytes;
  }

  close(): void {
    closeSync(this.#file);
  }

  #turn(): void {
    closeSync(this.#file);
    for (const { from, to } of turns(this.#path, this.#maxFiles)) {
      rmSync(to, { force: true });
      try {
        renameSync(from, to);
      } catch {
        continue; // not that many yet
      }
    }
    this.#file = openSync(this.#path, 'w', 0o600);
    this.#bytes = 0;
  }
}

/** Pure: the renames of one turn, oldest first, so that nothing is overwritten before it moved. */
export function turns(path: string, maxFiles: number): readonly { from: string; to: string }[] {
  return Array.from({ length: maxFiles }, (_, i) => {
    const age = maxFiles - i;
    return { from: age === 1 ? path : `${path}.${age - 1}`, to: `${path}.${age}` };
  });
}
