/**
 * What arrived and how well, per leg: RFC 3550 A.1 and A.3 (counting), A.8 and §6.4.1 (interarrival jitter). A source that changes its
 * SSRC begins a new count; the totals go on.
 */
import { SAMPLES_PER_MS, sequenceDistance, timestampDistance } from './source-continuity.ts';

/** How many sequence numbers back a duplicate is recognised. */
const WINDOW = 256;
/** A step larger than this is a restart of the source, not a loss: RFC 3550 A.1 MAX_DROPOUT. */
const DROPOUT_MAX = 3000;

export class ReceptionQuality {
  #ssrc = -1;
  #base = 0;
  /** Newest sequence number, with the wraps counted in. */
  #newest = 0;
  #inRun = 0;
  #lostBefore = 0;
  #packets = 0;
  #reordered = 0;
  #duplicates = 0;
  #jitter = 0;
  #timestamp = 0;
  #atMs = 0;
  #timed = false;
  readonly #seen = new Float64Array(WINDOW);
  #expectedAtReport = 0;
  #receivedAtReport = 0;

  /**
   * Counts a packet. False when it is a duplicate.
   * @param timed whether its timestamp says when it was sampled; that of a telephone event does not
   */
  received(ssrc: number, sequence: number, timestamp: number, timed: boolean, nowMs: number): boolean {
    const step = sequenceDistance(this.#newest & 0xffff, sequence);
    if (ssrc !== this.#ssrc || step > DROPOUT_MAX || step < -DROPOUT_MAX) this.#restart(ssrc, sequence);
    else if (step > 0) this.#newest += step;
    else if (this.#seen[sequence % WINDOW] === this.#newest + step) {
      this.#duplicates++;
      return false;
    } else this.#reordered++;

    const extended = this.#newest + sequenceDistance(this.#newest & 0xffff, sequence);
    this.#seen[sequence % WINDOW] = extended;
    if (extended < this.#base) this.#base = extended;
    this.#packets++;
    this.#inRun++;
    if (timed) this.#measure(timestamp, nowMs);
    return true;
  }

  get packets(): number {
    return this.#packets;
  }
  get lost(): number {
    return this.#lostBefore + this.#lostInRun();
  }
  get reordered(): number {
    return this.#reordered;
  }
  get duplicates(): number {
    return this.#duplicates;
  }
  get jitterMs(): number {
    return this.#jitter / SAMPLES_PER_MS;
  }

  /** Fields of a reception report block (RFC 3550 §6.4.1) since the last call; undefined before the first packet. */
  report(): { ssrc: number; fractionLost: number; lost: number; highest: number; jitter: number } | undefined {
    if (this.#packets === 0) return undefined;
    const expected = this.lost + this.#packets;
    const expectedNow = expected - this.#expectedAtReport;
    const lostNow = expectedNow - (this.#packets - this.#receivedAtReport);
    this.#expectedAtReport = expected;
    this.#receivedAtReport = this.#packets;
    return {
      ssrc: this.#ssrc,
      fractionLost: expectedNow <= 0 || lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow)),
      lost: this.lost,
      highest: this.#newest >>> 0,
      jitter: Math.floor(this.#jitter),
    };
  }

  #lostInRun(): number {
    return this.#ssrc === -1 ? 0 : this.#newest - this.#base + 1 - this.#inRun;
  }

  #restart(ssrc: number, sequence: number): void {
    this.#lostBefore += this.#lostInRun();
    this.#ssrc = ssrc;
    this.#base = sequence;
    this.#newest = sequence;
    this.#inRun = 0;
    this.#timed = false;
    this.#jitter = 0;
    this.#seen.fill(-1);
  }

  #measure(timestamp: number, nowMs: number): void {
    if (this.#timed) {
      const transit = (nowMs - this.#atMs) * SAMPLES_PER_MS - timestampDistance(this.#timestamp, timestamp);
      this.#jitter += (Math.abs(transit) - this.#jitter) / 16;
    }
    this.#timed = true;
    this.#timestamp = timestamp;
    this.#atMs = nowMs;
  }
}
