/**
 * The one outgoing RTP stream of a leg: one SSRC, and a sequence and timestamp that only ever go forward for the life of the leg,
 * whatever feeds it (prompt, music, another leg, a source that changed its SSRC, eleven minutes of hold). mediasoup latches the first
 * SSRC and drops another, and SRTP refuses a sequence that goes back as a replay (RFC 3711 §3.3.2).
 * Counters are kept without wrap; what goes on the wire is their low 16 and 32 bits. Timestamps follow the monotonic clock.
 */
import { continues, type LastHeard, SAMPLES_PER_MS, sequenceDistance, timestampDistance } from './source-continuity.ts';

/** The source number of sound made here; other legs use positive numbers. */
const OWN_SOURCE = 0;
/** A pause of our own sound longer than this starts a new talk spurt, ms. */
const OWN_PAUSE_MS = 500;

export class StreamAnchor {
  readonly ssrc: number;
  /** What to write into the packet just placed. */
  sequence = 0;
  timestamp = 0;
  marker = false;

  readonly #zeroTimestamp: number;
  #zeroMs = 0;
  #source = -1;
  readonly #last: LastHeard = { ssrc: 0, sequence: 0, timestamp: 0, atMs: 0 };
  /** Outgoing counters of the newest packet, unwrapped. */
  #newestSequence: number;
  #newestTimestamp: number;
  #newestSamples = 0;
  /** First sequence of the present source: an older packet would collide with what another source sent. */
  #floor = 0;

  /** The first values are random, RFC 3550 §5.1; 16, 32 and 32 bits. */
  constructor(ssrc: number, firstSequence: number, firstTimestamp: number) {
    this.ssrc = ssrc >>> 0;
    this.#newestSequence = (firstSequence & 0xffff) - 1;
    this.#zeroTimestamp = firstTimestamp >>> 0;
    this.#newestTimestamp = this.#zeroTimestamp;
  }

  /**
   * Places a packet of another leg. False when it is too late to be placed and must be dropped.
   * @param source number of the leg it comes from, above 0; a change is a new talk spurt
   * @param samples length of its payload
   */
  forward(source: number, ssrc: number, sequence: number, timestamp: number, samples: number, marker: boolean, nowMs: number): boolean {
    const last = this.#last;
    if (source !== this.#source || !continues(last, ssrc, sequence, timestamp, nowMs)) {
      this.#begin(source, samples, nowMs);
      last.ssrc = ssrc;
      last.sequence = sequence;
      last.timestamp = timestamp;
      last.atMs = nowMs;
      return true;
    }
    const steps = sequenceDistance(last.sequence, sequence);
    const out = this.#newestSequence + steps;
    const stamp = this.#newestTimestamp + timestampDistance(last.timestamp, timestamp);
    if (out < this.#floor) return false;
    if (steps > 0) {
      this.#newestSequence = out;
      this.#newestTimestamp = stamp;
      this.#newestSamples = samples;
      last.sequence = sequence;
      last.timestamp = timestamp;
      last.atMs = nowMs;
    }
    this.#set(out, stamp, marker);
    return true;
  }

  /** A packet of `source` was taken out on the way (a digit): the numbers close up, so that it does not look like loss. */
  swallow(source: number, ssrc: number, sequence: number): void {
    const last = this.#last;
    if (source !== this.#source || ssrc !== last.ssrc || sequenceDistance(last.sequence, sequence) <= 0) return;
    last.sequence = (last.sequence + 1) & 0xffff;
  }

  /** Places a packet of our own sound. */
  own(samples: number, nowMs: number): void {
    if (this.#source !== OWN_SOURCE || nowMs - this.#last.atMs > OWN_PAUSE_MS) {
      this.#begin(OWN_SOURCE, samples, nowMs);
    } else {
      this.#newestSequence += 1;
      this.#newestTimestamp += this.#newestSamples;
      this.#newestSamples = samples;
      this.#set(this.#newestSequence, this.#newestTimestamp, false);
    }
    this.#last.atMs = nowMs;
  }

  /** Ends the talk spurt of whatever feeds the stream now; the next packet begins another. */
  pause(): void {
    this.#source = -1;
  }

  /** The timestamp that belongs to `nowMs`, for sender reports (RFC 3550 §6.4.1). */
  timestampAt(nowMs: number): number {
    return this.#clockTimestamp(nowMs) >>> 0;
  }

  #begin(source: number, samples: number, nowMs: number): void {
    if (this.#newestSamples === 0) this.#zeroMs = nowMs;
    this.#source = source;
    this.#newestSequence += 1;
    this.#floor = this.#newestSequence;
    this.#newestTimestamp = Math.max(this.#newestTimestamp + this.#newestSamples, this.#clockTimestamp(nowMs));
    this.#newestSamples = Math.max(1, samples);
    this.#set(this.#newestSequence, this.#newestTimestamp, true);
  }

  #clockTimestamp(nowMs: number): number {
    return this.#zeroTimestamp + Math.round((nowMs - this.#zeroMs) * SAMPLES_PER_MS);
  }

  #set(sequence: number, timestamp: number, marker: boolean): void {
    this.sequence = sequence & 0xffff;
    this.timestamp = timestamp % 0x1_0000_0000;
    this.marker = marker;
  }
}
