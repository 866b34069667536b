/**
 * One recording of a tape: its ledger row, its file and the channel between edge and recorder. A tape has one, and one more for each time that the
 * recorder thread ended during the call. Positions are ms since the part began.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Clock } from '@keepline/contracts/clock';
import { messageOf } from '@keepline/contracts/errors';
import { newId, type RecordingId } from '@keepline/contracts/ids';
import type { OpenRecording, Recorder, RecordingResult } from '../recording/recorder.ts';

const SAMPLES_PER_MS = 8;

export class TapePart {
  readonly recordingId: RecordingId;
  /** For the edge, which takes it along. */
  readonly fromEdge: MessagePort;
  rowIsOpen = false;
  /** Why there is no file. */
  failure = 'the ledger row could not be opened';
  readonly #clock: Clock;
  readonly #toRecorder: MessagePort;
  readonly #early: { readonly is: 'silence' | 'sound'; readonly atMs: number }[] = [];
  #startedMs = 0;
  #recording: OpenRecording | undefined;
  #hasFailed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.recordingId = newId('rec', clock.now());
    const { port1, port2 } = new MessageChannel();
    this.fromEdge = port1;
    this.#toRecorder = port2;
  }

  /** Sound is kept from now on, in the channel until there is a file. */
  begin(): void {
    this.#startedMs = this.#clock.monotonicMs();
  }

  /** What the edge counts from is a few ms later, which the silence allows for. */
  positionMs(): number {
    return this.#clock.monotonicMs() - this.#startedMs;
  }

  /** No file could be made. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Resolves when the recorder thread that had the file ends; never otherwise. */
  get lost(): Promise<void> {
    return this.#recording?.lost ?? new Promise(() => {});
  }

  /** In force for all audio that is read after it, also when it is told before there is a file. */
  mark(is: 'silence' | 'sound', atMs: number): void {
    if (this.#recording) this.#recording[is](atMs * SAMPLES_PER_MS);
    else this.#early.push({ is, atMs });
  }

  /** Makes the file. Rejects with the reason there is none, which `failure` keeps. */
  async open(recorder: Pick<Recorder, 'open'>): Promise<void> {
    const recording = recorder.open(this.recordingId, this.#toRecorder);
    this.#recording = recording;
    for (const { is, atMs } of this.#early.splice(0)) this.mark(is, atMs);
    try {
      await recording.opened;
    } catch (thrown) {
      this.#recording = undefined;
      this.#hasFailed = true;
      this.failure = messageOf(thrown);
      throw thrown;
    }
  }

  /** How it ended; call it when the sound has ended. Never rejects. */
  async result(): Promise<RecordingResult> {
    if (this.#recording) return await this.#recording.finished;
    this.#toRecorder.close();
    return { outcome: 'failed', file: '', samples: 0, durationMs: 0, bytes: 0, sha256: '', why: this.failure };
  }
}
