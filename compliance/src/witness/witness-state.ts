/**
 * What a witness remembers, one file per log, named by the SHA-256 of its origin: the last checkpoint it signed. The file is replaced and
 * durable before the cosignature is given out, so that a witness that was killed never signs two histories.
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

  #path(origin: string): string {
    return join(this.#dir, `${createHash('sha256').update(origin).digest('hex')}.checkpoint`);
  }
}
