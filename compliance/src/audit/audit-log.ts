/**
 * The audit log: an append-only RFC 6962 Merkle log of sensitive acts with signed checkpoints (C2SP tlog-checkpoint). Several processes may
 * append: each batch takes the lock, takes in what others wrote, and is durable before any of its callers is told. Entries that wait while
 * a batch is on its way to the disk share the next one (group commit).
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { signCheckpoint } from '../tlog/checkpoint.ts';
import { type NoteSigner, verifierFrom } from '../tlog/signed-note.ts';
import { leafHash } from '../tlog/tree-hash.ts';
import { appendCheckpoint, mendCheckpoints, readCheckpoints } from './checkpoint-file.ts';
import { type AuditEntry, formatEntry } from './entry.ts';
import { EntryFiles } from './entry-files.ts';
import { AuditDamaged, AuditRefused } from './errors.ts';
import { acquireLock, LOCK_FILE } from './lock-file.ts';

export type { AuditEntry, AuditOutcome } from './entry.ts';
export { AuditEntryInvalid, AuditOutcomeLost, AuditRefused } from './errors.ts';

/** Entries that may wait for the disk; more are refused, never lost. */
export const QUEUE_MAX_ENTRIES = 10_000;
/** Entries of one batch: at most 4 MB. */
export const BATCH_MAX_ENTRIES = 1024;
/** A checkpoint is signed after so many entries, and after so many ms when there are any. */
export const CHECKPOINT_ENTRIES = 1000;
export const CHECKPOINT_MS = 60_000;

export interface AuditLogOptions {
  /** Made when missing, 0700. */
  readonly dir: string;
  readonly signer: NoteSigner;
  readonly clock: Clock;
  /** A checkpoint could not be written; appends go on. */
  onFault(fault: KeeplineError): void;
  /** A checkpoint is durable: from here on each of its `size` entries can be proven. Called with the signed note. */
  onCheckpoint?(size: number, note: string): void;
}

interface Waiting {
  readonly line: Buffer;
  readonly hash: Uint8Array;
  readonly told: PromiseWithResolvers<number>;
}

export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #files: EntryFiles;
  readonly #queue: Waiting[] = [];
  readonly #stopTimer: () => void;
  #working: Promise<void> | undefined;
  #checkpointed = 0;
  #closing: Promise<void> | undefined;

  private constructor(options: AuditLogOptions, files: EntryFiles) {
    this.#options = options;
    this.#files = files;
    this.#stopTimer = options.clock.every(CHECKPOINT_MS, () => void this.#checkpointNow());
  }

  /**
   * Opens or begins a log, mends what a killed process left half written, and compares with the last checkpoint.
   * @throws AuditDamaged, AuditLockTimeout
   */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const { dir, signer, clock } = options;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const files = await EntryFiles.open(dir);
    try {
      const lock = await acquireLock(join(dir, LOCK_FILE), clock);
      try {
        await mendCheckpoints(dir);
        const last = (await readCheckpoints(dir, verifierFrom(signer.verifierKey))).at(-1);
        let root: Uint8Array | undefined;
        await files.catchUp((size) => {
          if (size === last?.size) root = files.root();
        });
        await files.checkLast();
        if (last && last.size > 0 && (!root || !Buffer.from(last.root).equals(root)))
          throw new AuditDamaged(dir, `it does not contain the ${last.size} entries of its last checkpoint`, last.size);
        const log = new AuditLog(options, files);
        log.#checkpointed = last?.size ?? 0;
        return log;
      } finally {
        await lock.release();
      }
    } catch (thrown) {
      await files.close();
      throw thrown;
    }
  }

  /** Entries known to this process; others may have appended since. */
  get size(): number {
    return this.#files.size;
  }

  /**
   * Resolves with the number of the entry when it is durable. A caller that is refused must not act; one that is killed while it waits
   * cannot know whether the entry is there, and must not assume either.
   * @throws AuditEntryInvalid, AuditRefused
   */
  append(entry: AuditEntry): Promise<number> {
    if (this.#closing) return Promise.reject(new AuditRefused('the log is closing'));
    if (this.#queue.length >= QUEUE_MAX_ENTRIES) return Promise.reject(new AuditRefused(`${this.#queue.length} entries wait already`));
    let line: Buffer;
    try {
      line = formatEntry(entry, this.#options.clock.now());
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    const told = Promise.withResolvers<number>();
    // Hashed here, while an earlier batch is on its way to the disk.
    this.#queue.push({ line, hash: leafHash(line.subarray(0, -1)), told });
    this.#wake();
    return told.promise;
  }

  /** Signs what is not signed yet, so that it can be proven now. A failure goes to `onFault`. */
  async checkpoint(): Promise<void> {
    while (this.#working) await this.#working;
    await this.#checkpointNow();
  }

  /** Writes what waits, signs a last checkpoint, closes the files. Calling it again waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#stopTimer();
      while (this.#working) await this.#working;
      await this.#checkpointNow();
      await this.#files.close();
    })();
    return this.#closing;
  }

  #wake(): void {
    this.#working ??= (async () => {
      while (this.#queue.length > 0) await this.#write(this.#queue.splice(0, BATCH_MAX_ENTRIES));
      this.#working = undefined;
    })();
  }

  /** One batch; never rejects. */
  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      const first = await this.#locked(async () => {
        const number = await this.#files.append(batch);
        if (this.#files.size - this.#checkpointed >= CHECKPOINT_ENTRIES) await this.#sign();
        return number;
      });
      batch.forEach(({ told }, i) => told.resolve(first + i));
    } catch (thrown) {
      const refused = thrown instanceof AuditRefused ? thrown : new AuditRefused(messageOf(thrown), thrown);
      for (const { told } of batch) told.reject(refused);
    }
  }

  async #checkpointNow(): Promise<void> {
    if (this.#files.size === this.#checkpointed) return;
    try {
      await this.#locked(() => this.#sign());
    } catch (thrown) {
      this.#tell(thrown);
    }
  }

  /** Checkpoints are a second promise: when one fails, the entries it would have signed are durable all the same. */
  async #sign(): Promise<void> {
    try {
      const { size } = this.#files;
      const note = signCheckpoint(size, this.#files.root(), this.#options.signer);
      await appendCheckpoint(this.#options.dir, note);
      this.#checkpointed = size;
      this.#options.onCheckpoint?.(size, note);
    } catch (thrown) {
      this.#tell(thrown);
    }
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    const lock = await acquireLock(join(this.#options.dir, LOCK_FILE), this.#options.clock);
    try {
      await this.#files.catchUp();
      return await work();
    } finally {
      await lock.release();
    }
  }

  #tell(thrown: unknown): void {
    this.#options.onFault(thrown instanceof KeeplineError ? thrown : new AuditRefused(`a checkpoint: ${messageOf(thrown)}`, thrown));
  }
}
