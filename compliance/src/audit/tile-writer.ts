/**
 * Writes the tiles of a log behind its appends: entries are durable long before, and tiles follow from them. `checkpoint` in the folder is, as
 * C2SP tlog-tiles has it, the newest signed checkpoint whose full tiles are all durable; an opening process starts from there and replays
 * what came after. A process that dies in between leaves tiles nobody counts on, and its heir writes the same bytes again.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint } from '../tlog/checkpoint.ts';
import type { NoteVerifier } from '../tlog/signed-note.ts';
import type { FullTile } from '../tlog/tile-tree.ts';
import { replaceFile } from './new-file.ts';
import { writeTiles } from './tile-files.ts';

export const TILED_FILE = 'checkpoint';
/** Tiles that may wait for the disk, 8 MB; a checkpoint waits while there are more. */
const WAITING_MAX_TILES = 1024;
/** So many new tiles move `checkpoint` on; fewer do when the log is closed. Also what an opening process replays at most, beside the queue. */
const MARK_TILES = 16;

export class TileWriter {
  readonly #dir: string;
  readonly #onFault: (thrown: unknown) => void;
  #waiting: FullTile[] = [];
  /** Written since `checkpoint` was moved. */
  #unmarked = 0;
  #note: string | undefined;
  #working: Promise<void> | undefined;
  #lost = false;

  constructor(dir: string, onFault: (thrown: unknown) => void) {
    this.#dir = dir;
    this.#onFault = onFault;
  }

  /** Full tiles, and the checkpoint that is signed over them and durable. Returns when few enough wait. */
  async take(tiles: readonly FullTile[], note: string): Promise<void> {
    if (this.#lost) return;
    this.#waiting.push(...tiles);
    this.#note = note;
    if (this.#waiting.length > 0) this.#wake();
    if (this.#waiting.length > WAITING_MAX_TILES) await this.#working;
  }

  /** Everything taken is durable, or told as a fault: then the next process that opens the log writes it. */
  async drain(): Promise<void> {
    await this.#working;
    if (this.#lost || this.#note === undefined || (this.#unmarked === 0 && this.#waiting.length === 0)) return;
    await this.#round(true).catch(this.#onFault);
  }

  #wake(): void {
    this.#working ??= this.#round(false)
      .catch(this.#onFault)
      .finally(() => (this.#working = undefined));
  }

  async #round(last: boolean): Promise<void> {
    do {
      const tiles = this.#waiting;
      const note = this.#note; // signed over all that wait
      this.#waiting = [];
      try {
        await writeTiles(this.#dir, tiles);
      } catch (thrown) {
        // Tried again with the next checkpoint; when that would be too many, `checkpoint` stays where it is and the next opening writes them.
        this.#lost ||= tiles.length + this.#waiting.length > WAITING_MAX_TILES;
        this.#waiting = this.#lost ? [] : [...tiles, ...this.#waiting];
        throw thrown;
      }
      this.#unmarked += tiles.length;
      if (note === undefined || (this.#unmarked < MARK_TILES && !last)) continue;
      await replaceFile(join(this.#dir, TILED_FILE), note);
      this.#unmarked = 0;
    } while (this.#waiting.length > 0);
  }
}

/** The checkpoint whose tiles are durable. @returns undefined where there is none or it does not hold: then all hashes are replayed */
export async function readTiled(dir: string, verifier: NoteVerifier): Promise<Checkpoint | undefined> {
  try {
    return openCheckpoint(await readFile(join(dir, TILED_FILE), 'utf8'), verifier);
  } catch {
    return undefined;
  }
}
