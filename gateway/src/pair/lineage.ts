/**
 * Whose data lies in the data folder: our own, because we served it, or a copy that is whole. Own data is never written over by a peer that
 * served meanwhile: it is set aside first, as it may hold what was acknowledged last and never reached the peer.
 */
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export type Lineage = 'own' | 'copy' | 'none';

export class DataLineage {
  readonly #path: string;
  readonly #data: string;
  readonly #work: string;

  /** @param work folder on the disk of the data folder; what is set aside goes below it */
  constructor(data: string, work: string) {
    this.#data = data;
    this.#work = work;
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
    this.#write(this.#path, lineage);
  }

  /** Goes on with what a former run began to set aside: half of a site and half of its copy are nobody's. */
  finish(): void {
    const marker = join(this.#work, 'aside');
    if (existsSync(marker)) this.#moveTo(readFileSync(marker, 'utf8').trim(), marker);
  }

  /**
   * @returns where it lies now; finished recordings stay in both places, as one file on the disk with two names. What the data folder has behind
   * links (`run`, and the outbox of an installed site) stays: the event log holds all that an outbox is made from.
   */
  setAside(nowMs: number): string {
    const aside = join(this.#work, `aside-${new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`);
    const marker = join(this.#work, 'aside');
    this.#write(marker, basename(aside));
    this.set('none');
    this.#moveTo(basename(aside), marker);
    return aside;
  }

  #moveTo(name: string, marker: string): void {
    const aside = join(this.#work, name);
    mkdirSync(aside, { recursive: true, mode: 0o700 });
    mkdirSync(this.#data, { recursive: true, mode: 0o700 });
    for (const entry of readdirSync(this.#data, { withFileTypes: true }))
      if (!entry.isSymbolicLink() && !existsSync(join(aside, entry.name)))
        renameSync(join(this.#data, entry.name), join(aside, entry.name));
    mkdirSync(join(this.#data, 'recordings'), { recursive: true, mode: 0o700 });
    const kept = join(aside, 'recordings');
    for (const file of existsSync(kept) ? readdirSync(kept) : []) {
      const again = join(this.#data, 'recordings', file);
      if (file.endsWith('.age') && !existsSync(again)) linkSync(join(kept, file), again);
    }
    rmSync(marker);
  }

  #write(path: string, text: string): void {
    writeFileSync(`${path}.new`, `${text}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}
