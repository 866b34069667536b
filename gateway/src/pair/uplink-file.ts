/** The file by which an appliance tells its cloud-sync, another process and user, that it serves and how far events may go (@keepline/contracts/uplink). */
import { chmodSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Uplink, uplinkText } from '@keepline/contracts/uplink';

export class UplinkFile {
  readonly #data: string;
  #text = '';

  constructor(data: string) {
    this.#data = data;
  }

  /** @param nowMs only that it differs from the time before matters */
  touch(uplink: Uplink, nowMs: number): void {
    const text = uplinkText(uplink);
    try {
      if (text === this.#text) return utimesSync(this.#path, nowMs / 1000, nowMs / 1000);
    } catch {
      // somebody took it away: written again
    }
    mkdirSync(join(this.#data, 'run'), { recursive: true, mode: 0o700 });
    writeFileSync(`${this.#path}.new`, text);
    chmodSync(`${this.#path}.new`, 0o640); // whatever the mask: its reader is of the group
    renameSync(`${this.#path}.new`, this.#path);
    this.#text = text;
  }

  remove(): void {
    this.#text = '';
    rmSync(this.#path, { force: true });
  }

  get #path(): string {
    return join(this.#data, 'run/uplink');
  }
}
