/**
 * Whose data lies in the data folder: our own, because we served it, or a copy that is whole. Own data is never written over by a peer that
 * served meanwhile: it is set aside first, as it may hold what was acknowledged last and never reached the peer.
 */
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Lineage = 'own' | 'copy' | 'none';

export class DataLineage {
  readonly #path: string;
  readonly #data: string;

  constructor(data: string, work: string) {
    this.#data = data;
    this.#path = join(work, 'lineage');
  }

  /** Before a pair ever ran, a data folder that is there is our own, were it empty: a begins a new site with it. */
  get is(): Lineage {
    if (!existsSync(this.#path)) return existsSync(this.#data) ? 'own' : 'none';
    const text = readFileSync(this.#path, 'utf8').trim();
    return text === 'own' || text === 'copy' ? text : 'none';
  }

  set(lineage: Lineage): void {
    if (this.is === lineage && existsSync(this.#path)) return;
    writeFileSync(`${this.#path}.new`, `${lineage}\n`, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }

  /** @returns where it lies now; finished recordings stay in both places, as one file on the disk with two names */
  setAside(nowMs: number): string {
    const aside = `${this.#data}.aside-${new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
    this.set('none');
    renameSync(this.#data, aside);
    mkdirSync(join(this.#data, 'recordings'), { recursive: true, mode: 0o700 });
    const kept = join(aside, 'recordings');
    for (const name of existsSync(kept) ? readdirSync(kept) : [])
      if (name.endsWith('.age')) linkSync(join(kept, name), join(this.#data, 'recordings', name));
    return aside;
  }
}
