/**
 * The audit log: an append-only RFC 6962 Merkle log of sensitive acts with signed checkpoints (C2SP tlog-checkpoint). Several processes may
 * append: each batch takes the lock, takes in what others wrote, and is durable before any of its callers is told. Entries that wait while
 * a batch is on its way to the disk share the next one (group commit).
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { signCheckpoint } from '../tlog/checkpoint.ts';
import { type NoteSigner, verifierFrom } from '../tlog/signed-note.ts';
import { appendCheckpoint, lastCheckpoint, mendCheckpoints } from './checkpoint-file.ts';
import { type AuditEntry, formatEntry } from './entry.ts';
import { EntryFiles } from './entry-files.ts';
import { AuditDamaged, AuditRefused } from './errors.ts';
import { bytesOf, LineQueue, type QueuedLine, sameBlock } from './line-queue.ts';
import { acquireLock, LOCK_FILE } from './lock-file.ts';
import { readTiled, TileWriter } from './tile-writer.ts';

export type { AuditEntry, AuditOutcome } from './entry.ts';
export { AuditDamaged, AuditEntryInvalid, AuditOutcomeLost, AuditRefused } from './errors.ts';

/** Entries that may wait for the disk; more are refused, never lost. */
export const QUEUE_MAX_ENTRIES = 10_000;
/** Entries of one batch: at most 4 MB. */
export const BATCH_MAX_ENTRIES = 1024;
/** A checkpoint is signed after so many entries, but not more often than the pause, ms; and after so many ms when there are any. */
export const CHECKPOINT_ENTRIES = 250;
export const CHECKPOINT_PAUSE_MS = 100;
export const CHECKPOINT_MS = 60_000;
/** How long a process that goes on writing keeps the lock, ms: another one waits about so long for its turn. */
const LOCK_HOLD_MS = 50;

export interface AuditLogOptions {
  /** Made when missing, 0700. */
  readonly dir: string;
  readonly signer: NoteSigner;
  /** Called under the lock before each checkpoint, so that a signer whose key was rotated is the new one from the very next on. */
  refreshSigner?(): Promise<void>;
  readonly clock: Clock;
  /** Names this process in its entries; eight random hex digits when it is not given. */
  readonly source?: string;
  /** A checkpoint could not be written; appends go on. */
  onFault(fault: KeeplineError): void;
  /** What was durable is gone or changed under the feet of this process, or the files are others: told once, appends are refused from then on. */
  onBroken?(fault: AuditDamaged): void;
  /** A checkpoint is durable: from here on each of its `size` entries can be proven. Called with the signed note. */
  onCheckpoint?(size: number, note: string): void;
}

interface Waiting extends QueuedLine {
  readonly told: PromiseWithResolvers<number>;
}

export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #files: EntryFiles;
  readonly #queue: Waiting[] = [];
  readonly #lines = new LineQueue();
  readonly #stopTimer: () => void;
  readonly #source: string;
  #working: Promise<void> | undefined;
  #checkpointed = 0;
  #signedAtMs = Number.NEGATIVE_INFINITY;
  #stopPause: (() => void) | undefined;
  #signing: Promise<void> | undefined;
  readonly #tiles: TileWriter;
  #closing: Promise<void> | undefined;
  #isBroken = false;

  private constructor(options: AuditLogOptions, files: EntryFiles) {
    this.#options = options;
    this.#files = files;
    this.#tiles = new TileWriter(options.dir, (thrown) => this.#tell(thrown));
    this.#source = options.source ?? randomBytes(4).toString('hex');
    this.#stopTimer = options.clock.every(CHECKPOINT_MS, () => this.#look());
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
        const verifier = verifierFrom(signer.verifierKey);
        const last = await lastCheckpoint(dir, verifier);
        const tiled = await readTiled(dir, verifier);
        // From the tiles when they lead to the root signed over them; else from all hashes, which also writes the tiles that are missing.
        const restored = tiled && (await files.restore(tiled.size, tiled.root)) ? tiled : undefined;
        let root = restored?.size === last?.size ? restored?.root : undefined;
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
    const { clock } = this.#options;
    let text: string;
    try {
      text = formatEntry(entry, { nowMs: clock.now(), monotonicMs: clock.monotonicMs(), source: this.#source });
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    const told = Promise.withResolvers<number>();
    // Encoded and hashed here, while an earlier batch is on its way to the disk.
    const { block, start, bytes, hash } = this.#lines.add(text);
    this.#queue.push({ block, start, bytes, hash, told });
    this.#wake();
    return told.promise;
  }

  /** Signs what is not signed yet, so that it can be proven now. A failure goes to `onFault`. */
  async checkpoint(): Promise<void> {
    while (this.#working) await this.#working;
    await this.#checkpointNow();
  }

  /**
   * Lets the signing key be replaced while nobody signs: under the lock, when the former key has signed all there is.
   * @param replace gets the number of entries that the former key answers for
   */
  async handOver(replace: (entries: number) => Promise<void>): Promise<void> {
    while (this.#working) await this.#working;
    await this.#locked(async () => {
      if (this.#files.size > this.#checkpointed) await this.#sign();
      await replace(this.#files.size);
    });
  }

  /** Writes what waits, signs a last checkpoint, closes the files. Calling it again waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#stopTimer();
      this.#stopPause?.();
      while (this.#working ?? this.#signing) await (this.#working ?? this.#signing);
      await this.#checkpointNow();
      await this.#tiles.drain();
      await this.#files.close();
    })();
    return this.#closing;
  }

  #wake(): void {
    this.#working ??= (async () => {
      while (this.#queue.length > 0) await this.#writeRound();
      this.#working = undefined;
    })();
  }

  /** Batches under one lock, for as long as entries wait and it is not time to let others in; never rejects. */
  async #writeRound(): Promise<void> {
    const { clock } = this.#options;
    let batch: readonly Waiting[] = [];
    try {
      await this.#locked(async () => {
        const untilMs = clock.monotonicMs() + LOCK_HOLD_MS;
        do {
          batch = this.#queue.splice(0, sameBlock(this.#queue, BATCH_MAX_ENTRIES));
          const first = await this.#files.append(bytesOf(batch), batch);
          if (this.#queue.length === 0) await this.#files.settle().catch((thrown: unknown) => this.#tell(thrown)); // who was told finds it in the index
          for (const [i, { told }] of batch.entries()) told.resolve(first + i);
          batch = [];
          if (this.#due()) await this.#sign();
        } while (this.#queue.length > 0 && clock.monotonicMs() < untilMs);
      });
    } catch (thrown) {
      const refused = thrown instanceof AuditRefused ? thrown : new AuditRefused(messageOf(thrown), thrown);
      if (batch.length === 0) batch = this.#queue.splice(0, BATCH_MAX_ENTRIES); // the lock was not to be had
      for (const { told } of batch) told.reject(refused);
    }
    this.#planCheckpoint();
  }

  #due(): boolean {
    const { clock } = this.#options;
    return this.#files.size - this.#checkpointed >= CHECKPOINT_ENTRIES && clock.monotonicMs() - this.#signedAtMs >= CHECKPOINT_PAUSE_MS;
  }

  /** Where only the pause keeps a checkpoint back, it is signed at the end of the pause. */
  #planCheckpoint(): void {
    if (this.#stopPause || this.#closing || this.#files.size - this.#checkpointed < CHECKPOINT_ENTRIES) return;
    this.#stopPause = this.#options.clock.after(CHECKPOINT_PAUSE_MS, () => {
      this.#stopPause = undefined;
      if (!this.#closing && this.#due()) void this.checkpoint();
    });
  }

  /** A quiet log is looked at as often as a busy one is signed, so that a rollback shows within one checkpoint. */
  #look(): void {
    if (this.#files.size > this.#checkpointed) return void this.#checkpointNow();
    if (this.#closing ?? this.#working ?? this.#signing) return; // whoever works looks
    this.#working = this.#locked(async () => {})
      .catch((thrown: unknown) => this.#tell(thrown))
      .finally(() => {
        this.#working = undefined;
        if (this.#queue.length > 0) this.#wake();
      });
  }

  #checkpointNow(): Promise<void> {
    if (this.#files.size === this.#checkpointed) return Promise.resolve();
    this.#signing ??= this.#locked(() => this.#sign())
      .catch((thrown: unknown) => this.#tell(thrown))
      .finally(() => (this.#signing = undefined));
    return this.#signing;
  }

  /** Checkpoints are a second promise: when one fails, the entries it would have signed are durable all the same. */
  async #sign(): Promise<void> {
    try {
      const { size } = this.#files;
      await this.#options.refreshSigner?.();
      this.#signedAtMs = this.#options.clock.monotonicMs(); // also when it fails: a full disk is not asked after every batch
      const note = signCheckpoint(size, this.#files.root(), this.#options.signer);
      await appendCheckpoint(this.#options.dir, note);
      this.#checkpointed = size;
      await this.#tiles.take(this.#files.takeFull(), note);
      this.#options.onCheckpoint?.(size, note);
    } catch (thrown) {
      this.#tell(thrown);
    }
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    const lock = await acquireLock(join(this.#options.dir, LOCK_FILE), this.#options.clock);
    try {
      await this.#files.checkPlace().catch(this.#broken);
      await this.#files.catchUp().catch(this.#broken);
      const result = await work();
      await this.#files.settle().catch((thrown: unknown) => this.#tell(thrown)); // durable all the same: whole lines are taken in
      return result;
    } finally {
      await lock.release();
    }
  }

  readonly #broken = (thrown: unknown): never => {
    if (thrown instanceof AuditDamaged && !this.#isBroken) {
      this.#isBroken = true;
      this.#options.onBroken?.(thrown);
    }
    throw thrown;
  };

  #tell(thrown: unknown): void {
    this.#options.onFault(thrown instanceof KeeplineError ? thrown : new AuditRefused(`a checkpoint: ${messageOf(thrown)}`, thrown));
  }
}
