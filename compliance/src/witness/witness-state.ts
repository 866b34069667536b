/**
 * What a witness remembers of each log, in files named by the SHA-256 of its origin: the last checkpoint it signed, and the handovers of the
 * log's key that it followed. A file is replaced and durable before the cosignature is given out, so that a witness that was killed never signs two histories.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../audit/new-file.ts';
import { type Checkpoint, openCheckpoint } from '../tlog/checkpoint.ts';
import type { NoteVerifier } from '../tlog/signed-note.ts';
import { WitnessStateDamaged } from './errors.ts';

export class WitnessState {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /** Made when missing, 0700. */
  static async open(dir: string): Promise<WitnessState> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return new WitnessState(dir);
  }

  /** @throws WitnessStateDamaged: a witness that forgot must not start anew by itself */
  async last(log: NoteVerifier): Promise<Checkpoint | undefined> {
    const path = this.#path(log.name);
    const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
      throw thrown;
    });
    if (text === undefined) return undefined;
    try {
      return openCheckpoint(text, log);
    } catch (cause) {
      throw new WitnessStateDamaged(path, cause);
    }
  }

  /** Durable on return. @param note the signed checkpoint of the log `origin` */
  remember(origin: string, note: string): Promise<void> {
    return replaceFile(this.#path(origin), note);
  }

  /** Handovers of the key of a log that were followed, oldest first. @throws WitnessStateDamaged */
  async handovers(origin: string): Promise<string[]> {
    const path = this.#path(origin, 'handovers');
    const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return '[]';
      throw thrown;
    });
    try {
      const notes: unknown = JSON.parse(text);
      if (!Array.isArray(notes) || !notes.every((note) => typeof note === 'string')) throw new TypeError('it holds no list of notes');
      return notes;
    } catch (cause) {
      throw new WitnessStateDamaged(path, cause);
    }
  }

  /** Durable on return. */
  async rememberHandover(origin: string, note: string): Promise<void> {
    await replaceFile(this.#path(origin, 'handovers'), `${JSON.stringify([...(await this.handovers(origin)), note])}\n`);
  }

  #path(origin: string, what: 'checkpoint' | 'handovers' = 'checkpoint'): string {
    return join(this.#dir, `${createHash('sha256').update(origin).digest('hex')}.${what}`);
  }
}
