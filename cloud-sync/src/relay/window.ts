/**
 * What is in flight, pure: gives each event its place in the stream, takes answers in any order, and tells how far the unbroken run of
 * acknowledgements reaches. A refusal makes the place doubtful: nothing more is sent, what was acknowledged before it still counts, and the
 * stream must be asked where it stands. How much may be in flight follows the line (`pace`). Times are monotonic ms.
 */
import type { Position } from '../nats/publish-lane.ts';
import type { Resume } from './resume.ts';

/** Bytes in flight, whatever their number. */
export const FLIGHT_MAX_BYTES = 4_194_304;
/** In flight before anything is known about the line. */
const FLIGHT_FIRST = 64;
/** Less would make a slow line slower still. */
const FLIGHT_LEAST = 16;
/** An answer this much later than the quickest means that events queue up on the line, ahead of heartbeats and questions. */
const QUEUEING_MS = 500;
/** And below this there is room for more. */
const ROOM_MS = 100;

interface Sent {
  readonly seq: number;
  readonly id: string;
  readonly bytes: number;
  readonly sentMs: number;
  answer: 'none' | 'acknowledged' | 'refused';
}

export class Window {
  readonly #most: number;
  #limit: number;
  /** In flight, oldest first; those before `#head` are settled and wait to be cut off. */
  #sent: Sent[] = [];
  #head = 0;
  /** Stream sequence of `#sent[0]`. */
  #firstSeq: number;
  #last: { readonly id: string; readonly previousId: string };
  #bytes = 0;
  #unanswered = 0;
  #reached: Resume | undefined;
  #unsettled = 0;
  #doubtful = false;
  #quickestMs = Number.POSITIVE_INFINITY;
  /** Stream sequence whose answer is timed next. */
  #probeSeq: number;

  /** @param place where the stream stands. @param most events that may be in flight at once, at least 1 */
  constructor(place: Resume, most: number) {
    this.#most = most;
    this.#limit = Math.min(most, FLIGHT_FIRST);
    this.#firstSeq = place.streamSeq + 1;
    this.#probeSeq = this.#firstSeq;
    // The first of a run leans on the sequence alone: the server may have forgotten the id; see `nats/event-stream.ts`.
    this.#last = { id: place.fresh ? '' : place.lastId, previousId: place.lastId };
  }

  /** Whether another event may be sent now. */
  get open(): boolean {
    return !this.#doubtful && this.#sent.length - this.#head < this.#limit && this.#bytes < FLIGHT_MAX_BYTES;
  }

  /** A refusal was heard: the rest of the run is decided by the stream. */
  get doubtful(): boolean {
    return this.#doubtful;
  }

  /** Events sent and neither acknowledged nor refused. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Acknowledged without a gap since the last `settle`. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Events that may be in flight at once, as the line is now. */
  get limit(): number {
    return this.#limit;
  }

  /** Takes the next event of the outbox into the window; it must be handed to the connection at once. */
  send(event: { readonly seq: number; readonly id: string }, bytes: number, nowMs: number): Position {
    const afterSeq = this.#firstSeq + this.#sent.length - 1;
    const position = { afterSeq, afterId: this.#last.id, previousId: this.#last.previousId };
    this.#sent.push({ seq: event.seq, id: event.id, bytes, sentMs: nowMs, answer: 'none' });
    this.#last = { id: event.id, previousId: event.id };
    this.#bytes += bytes;
    this.#unanswered++;
    return position;
  }

  /** @returns how long the answer took, ms, for one event in each filling of the window; undefined for the others and for repeats */
  acknowledged(streamSeq: number, nowMs: number): number | undefined {
    const sent = this.#at(streamSeq);
    if (sent?.answer !== 'none') return undefined; // an answer heard twice, or to something we did not send
    sent.answer = 'acknowledged';
    this.#unanswered--;
    this.#advance();
    if (streamSeq < this.#probeSeq) return undefined;
    this.#probeSeq = this.#firstSeq + this.#sent.length;
    const tookMs = nowMs - sent.sentMs;
    this.#pace(tookMs);
    return tookMs;
  }

  /** The server did not take the event, so it cannot have taken those behind it. */
  refused(streamSeq: number): void {
    const sent = this.#at(streamSeq);
    if (sent?.answer !== 'none') return;
    sent.answer = 'refused';
    this.#doubtful = true;
    this.#unanswered--;
  }

  /** How far the unbroken run of acknowledgements reaches, once; undefined when it has not moved since. */
  settle(): Resume | undefined {
    const reached = this.#reached;
    this.#reached = undefined;
    this.#unsettled = 0;
    return reached;
  }

  /** When the oldest event without its place was sent; undefined when nothing is in flight. */
  oldestSentMs(): number | undefined {
    return this.#sent[this.#head]?.sentMs;
  }

  #at(streamSeq: number): Sent | undefined {
    const index = streamSeq - this.#firstSeq;
    return index >= this.#head ? this.#sent[index] : undefined;
  }

  #advance(): void {
    for (let next = this.#sent[this.#head]; next?.answer === 'acknowledged'; next = this.#sent[this.#head]) {
      this.#reached = { settledSeq: next.seq, lastId: next.id, streamSeq: this.#firstSeq + this.#head, fresh: false };
      this.#head++;
      this.#unsettled++;
      this.#bytes -= next.bytes;
    }
    if (this.#head < 1024 || this.#head * 2 < this.#sent.length) return;
    this.#firstSeq += this.#head;
    this.#sent = this.#sent.slice(this.#head);
    this.#head = 0;
  }

  #pace(tookMs: number): void {
    this.#quickestMs = Math.min(this.#quickestMs, tookMs);
    const queueingMs = tookMs - this.#quickestMs;
    if (queueingMs > QUEUEING_MS) this.#limit = Math.max(Math.min(FLIGHT_LEAST, this.#most), this.#limit >> 1);
    else if (queueingMs < ROOM_MS) this.#limit = Math.min(this.#most, this.#limit * 2);
  }
}
