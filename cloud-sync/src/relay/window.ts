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
/** An answer this much later than one with nothing of ours ahead of it means that events queue up on the line, ahead of heartbeats and questions. */
const QUEUEING_MS = 500;
/** And below this there is room for more. */
const ROOM_MS = 100;
/** Timed answers without room before the line itself is looked at; and before it is looked at again while none has room. */
const LOOK_AFTER = 4;
const LOOK_AGAIN_AFTER = 16;

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
  /** What an answer takes with nothing of ours ahead of it; the machine and the line change it, so it is never believed for long. */
  #lineMs = Number.POSITIVE_INFINITY;
  /** Timed answers without room that are still waited for before a look. */
  #patience = LOOK_AFTER;
  /** While the line is looked at, with one event in flight: the limit to go back to. */
  #limitAfterLook: number | undefined;
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
    const looked = this.#limitAfterLook !== undefined;
    const tookMs = nowMs - sent.sentMs;
    this.#pace(tookMs);
    // After a look the window is empty: the first to meet a full one again is timed, not the first to be sent.
    this.#probeSeq = this.#firstSeq + this.#sent.length + (looked ? this.#limit - 1 : 0);
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

  /**
   * Doubles while there is room, halves while events queue up. A late answer may also mean that the line or the machine has become slow by itself;
   * then fewer in flight help nobody and would stay fewer for ever. Only the line without our events tells the two apart: one event goes alone.
   */
  #pace(tookMs: number): void {
    if (this.#limitAfterLook !== undefined) {
      this.#lineMs = tookMs;
      this.#limit = this.#limitAfterLook;
      this.#limitAfterLook = undefined;
      return;
    }
    this.#lineMs = Math.min(this.#lineMs, tookMs);
    const queueingMs = tookMs - this.#lineMs;
    if (queueingMs < ROOM_MS) {
      this.#limit = Math.min(this.#most, this.#limit * 2);
      this.#patience = LOOK_AFTER;
      return;
    }
    if (queueingMs > QUEUEING_MS) this.#limit = Math.max(Math.min(FLIGHT_LEAST, this.#most), this.#limit >> 1);
    if (--this.#patience > 0) return;
    this.#patience = LOOK_AGAIN_AFTER;
    this.#limitAfterLook = this.#limit;
    this.#limit = 1;
  }
}
