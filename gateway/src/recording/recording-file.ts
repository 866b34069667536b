/**
 * One recording on its way to the disk: queue → tail journal → chunks of the age file. A chunk is read back from the journal when it is full, so
 * that a call keeps no audio in memory that the disk has. Every write is tried again for a while; what cannot be written ends the recording
 * and leaves the files as they are, for `interrupted.ts` to join. Nothing here throws at the audio side.
 */
import { join } from 'node:path';
import { AgeSealer, encryptBytes } from '@keepline/compliance/age';
import type { Clock } from '@keepline/contracts/clock';
import { type KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { RecordingId } from '@keepline/contracts/ids';
import { ChunkFill, type Effect } from './chunk-fill.ts';
import { ChunkText } from './chunk-text.ts';
import { RecordingAudioDropped, RecordingWriteFailed } from './errors.ts';
import { finishedName, partName, peaksName, tailName } from './file-names.ts';
import { PeakMeter, peaksToBytes } from './peaks.ts';
import { Silences } from './silences.ts';
import type { DiskFile, RecordingDisk } from './recording-disk.ts';
import type { RecordingMessage, RecordingResult } from './recorder-messages.ts';
import { TailSealer } from './tail-journal.ts';
import { durationMs, SAMPLE_BYTES, wavHeader } from './wav.ts';

/** Audio that waits for a stalled disk, per recording: 16 s. Beyond it new blocks are dropped, counted, and silence keeps their place. */
export const QUEUE_MAX_BYTES = 262_144;
/** Pause before a failed write is tried again, ms. */
export const RETRY_MS = 500;
/** Failures in a row after which the recording is given up: a minute, with the time the writes themselves take on top. */
export const RETRIES_MAX = 120;

export interface RecordingSurroundings {
  readonly dir: string;
  readonly recipient: string;
  readonly disk: RecordingDisk;
  readonly clock: Pick<Clock, 'after'>;
  onFault(fault: KeeplineError): void;
}

export class RecordingFile {
  /** Settles once, never rejects. */
  readonly finished: Promise<RecordingResult>;
  readonly #id: RecordingId;
  readonly #around: RecordingSurroundings;
  readonly #main: DiskFile;
  readonly #tail: DiskFile;
  readonly #sealer: AgeSealer;
  readonly #tailSealer: TailSealer;
  readonly #fill = new ChunkFill();
  readonly #peaks = new PeakMeter();
  readonly #silences = new Silences();
  readonly #queue: RecordingMessage[] = [];
  readonly #settle: (result: RecordingResult) => void;
  readonly #reported = new Set<string>();
  #queuedBytes = 0;
  #pumping = false;
  #ended = false;
  #abandonedWhy = '';
  #syncing: Promise<void> | undefined;
  #syncFault = '';
  #tailSynced = false;
  /** Samples the journal had no room for; the file has silence there. */
  #unkeptSamples = 0;

  private constructor(
    id: RecordingId,
    around: RecordingSurroundings,
    main: DiskFile,
    tail: DiskFile,
    sealer: AgeSealer,
    tailSealer: TailSealer,
  ) {
    this.#id = id;
    this.#around = around;
    this.#main = main;
    this.#tail = tail;
    this.#sealer = sealer;
    this.#tailSealer = tailSealer;
    const { promise, resolve } = Promise.withResolvers<RecordingResult>();
    this.finished = promise;
    this.#settle = resolve;
  }

  /** Both files with their heads are written when this resolves. Rejects with the disk's error, and leaves nothing behind. */
  static async create(id: RecordingId, around: RecordingSurroundings): Promise<RecordingFile> {
    const { dir, recipient, disk } = around;
    const [sealer, tailSealer] = [await AgeSealer.to(recipient), await TailSealer.to(recipient, id)];
    const made: { readonly path: string; readonly file: DiskFile }[] = [];
    const make = async (name: string, prefix: Uint8Array): Promise<DiskFile> => {
      const path = join(dir, name);
      const file = await disk.create(path);
      made.push({ path, file });
      await file.write(prefix, 0);
      return file;
    };
    try {
      const main = await make(partName(id), sealer.prefix);
      return new RecordingFile(id, around, main, await make(tailName(id), tailSealer.prefix), sealer, tailSealer);
    } catch (thrown) {
      await Promise.allSettled(made.map(({ path, file }) => file.close().then(() => disk.remove(path))));
      throw thrown;
    }
  }

  /** Takes what the edge sent; returns at once. */
  take(message: RecordingMessage): void {
    if (this.#ended) return;
    if (message.kind === 'end') this.#ended = true;
    else {
      this.#silences.apply(message.startSample, message.alaw); // before it can wait anywhere
      if (!this.#hasRoom(message.alaw.length)) return;
    }
    this.#queue.push(message);
    if (!this.#pumping) void this.#pump();
  }

  /** From this position on nothing is kept, until `sound`. Positions are samples. */
  silence(sample: number): void {
    this.#silences.begin(sample);
  }

  sound(sample: number): void {
    this.#silences.end(sample);
  }

  /** The sender is gone without an end: what there is becomes a whole file, and the result says why it is not complete. */
  abandon(why: string): void {
    if (this.#ended) return;
    this.#abandonedWhy = why;
    this.take({ kind: 'end', samples: 0 });
  }

  /** How full the queue before the disk is, percent. */
  get queuePercent(): number {
    return (this.#queuedBytes / QUEUE_MAX_BYTES) * 100;
  }

  #hasRoom(bytes: number): boolean {
    if (this.#queuedBytes + bytes > QUEUE_MAX_BYTES) {
      this.#report(new RecordingAudioDropped(this.#id));
      return false;
    }
    this.#queuedBytes += bytes;
    return true;
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      for (let message = this.#queue.shift(); message; message = this.#queue.shift()) {
        if (message.kind === 'end') return this.#settle(await this.#finish(message.samples));
        for (const effect of this.#fill.accept(message.startSample, message.alaw)) await this.#perform(effect);
        this.#queuedBytes -= message.alaw.length;
      }
      this.#pumping = false;
    } catch (thrown) {
      this.#settle(await this.#giveUp(thrown));
    }
  }

  async #perform(effect: Effect): Promise<void> {
    if (effect.do === 'audio') {
      this.#peaks.hear(effect.sample, effect.alaw);
      const frame = this.#tailSealer.seal(effect.chunk, effect.sample, effect.alaw);
      if (frame) return await this.#write(this.#tail, frame.bytes, frame.offset);
      this.#report(new RecordingAudioDropped(this.#id)); // blocks of under 3 ms only, which no edge sends
      this.#unkeptSamples += effect.alaw.length / SAMPLE_BYTES;
      return;
    }
    const plain = await this.#textOf(effect.chunk, effect.bytes);
    // Sealed once and written as often as needed: a second sealing could meet other bytes under the same nonce.
    const sealed = this.#sealer.seal(effect.chunk, effect.last, plain);
    await this.#write(this.#main, sealed, this.#sealer.offsetOf(effect.chunk));
    if (!effect.last) this.#syncBehind();
  }

  /** The WAV's bytes of one chunk, from the journal: chunk 0, or the chunk that has just become full, or the last. */
  async #textOf(chunk: number, bytes: number): Promise<Buffer> {
    const { offset, length } = this.#tailSealer.placeOf(chunk);
    const text = new ChunkText();
    const frames = length === 0 ? [] : await this.#tryOn(async () => this.#tailSealer.open(chunk, await this.#tail.read(length, offset)));
    for (const frame of frames) text.lay(frame);
    if (chunk === 0) wavHeader(this.#fill.samples).copy(text.bytes);
    return text.bytes.subarray(0, bytes);
  }

  #write(file: DiskFile, bytes: Uint8Array, offset: number): Promise<void> {
    return this.#tryOn(() => file.write(bytes, offset));
  }

  async #tryOn<T>(work: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; ) {
      try {
        return await work();
      } catch (thrown) {
        this.#report(new RecordingWriteFailed(this.#id, messageOf(thrown)));
        if (++failures > RETRIES_MAX) throw thrown;
        await new Promise<void>((resolve) => this.#around.clock.after(RETRY_MS, resolve));
      }
    }
  }

  /** For the power cut: makes chunks durable behind the audio's back; while one sync runs, further chunks wait for the next. */
  #syncBehind(): void {
    this.#syncing ??= (async () => {
      try {
        if (!this.#tailSynced) await this.#tail.sync(); // chunk 0 lives in the journal until the end
        this.#tailSynced = true;
        await this.#main.sync();
      } catch (thrown) {
        // Linux tells of a lost page once only: a later sync that succeeds proves nothing.
        this.#syncFault = messageOf(thrown);
        this.#report(new RecordingWriteFailed(this.#id, this.#syncFault));
      }
      this.#syncing = undefined;
    })();
  }

  async #finish(endSamples: number): Promise<RecordingResult> {
    const { dir, disk } = this.#around;
    for (const effect of this.#fill.end(endSamples)) await this.#perform(effect);
    await this.#syncing;
    await this.#main.sync();
    await Promise.all([this.#main.close(), this.#tail.close()]);
    const { bytes, sha256 } = await disk.digest(join(dir, partName(this.#id)));
    const result = { samples: this.#fill.samples, durationMs: durationMs(this.#fill.samples), bytes, sha256 };
    if (this.#syncFault) return { outcome: 'failed', file: partName(this.#id), ...result, why: this.#syncFault };
    await disk.rename(join(dir, partName(this.#id)), join(dir, finishedName(this.#id)));
    // The name is durable; a journal that stays behind costs space and nothing else.
    await disk
      .remove(join(dir, tailName(this.#id)))
      .catch((thrown: unknown) => this.#report(new RecordingWriteFailed(this.#id, messageOf(thrown))));
    await this.#writePeaks();
    const dropped = this.#fill.silentSamples + this.#unkeptSamples;
    const why = this.#abandonedWhy || (dropped > 0 ? `${durationMs(dropped)} ms of audio were dropped` : '');
    return { outcome: why ? 'failed' : 'complete', file: finishedName(this.#id), ...result, ...(why ? { why } : {}) };
  }

  /** Nice to have: without it the waveform is made from the audio when somebody looks. */
  async #writePeaks(): Promise<void> {
    const { dir, recipient, disk } = this.#around;
    const path = join(dir, peaksName(this.#id));
    try {
      const sealed = await encryptBytes(peaksToBytes(this.#peaks.finish(this.#fill.samples)), recipient);
      const file = await disk.create(path);
      try {
        await file.write(sealed, 0);
      } finally {
        await file.close();
      }
    } catch {
      await disk.remove(path).catch(() => {}); // a torn one would only fail later, when it is opened
    }
  }

  async #giveUp(thrown: unknown): Promise<RecordingResult> {
    this.#ended = true;
    this.#queue.length = 0;
    await this.#syncing;
    await Promise.allSettled([this.#main.close(), this.#tail.close()]);
    const { samples } = this.#fill;
    const why = messageOf(thrown);
    return { outcome: 'failed', file: partName(this.#id), samples, durationMs: durationMs(samples), bytes: 0, sha256: '', why };
  }

  /** Each kind of fault once per recording: a dead disk would otherwise speak twice a second per call. */
  #report(fault: KeeplineError): void {
    if (this.#reported.has(fault.code)) return;
    this.#reported.add(fault.code);
    this.#around.onFault(fault);
  }
}
