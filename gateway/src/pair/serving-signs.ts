/** The two files that say "here" to others: `role` to keepalived, which moves the address after it, and `run/uplink` to cloud-sync. Only while they are new. */
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Uplink } from '@keepline/contracts/uplink';
import { UplinkFile } from './uplink-file.ts';

export class ServingSigns {
  readonly #role: string;
  readonly #uplink: UplinkFile;

  constructor(work: string, data: string) {
    this.#role = join(work, 'role');
    this.#uplink = new UplinkFile(data);
  }

  /** @param uplink undefined while the site is not started yet */
  show(uplink: Uplink | undefined, nowMs: number): void {
    if (uplink) this.#uplink.touch(uplink, nowMs);
    try {
      utimesSync(this.#role, nowMs / 1000, nowMs / 1000);
    } catch {
      writeFileSync(this.#role, 'serving\n', { mode: 0o644 });
    }
  }

  takeDown(): void {
    rmSync(this.#role, { force: true });
    this.#uplink.remove();
  }
}
