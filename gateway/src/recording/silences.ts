/**
 * Times of a recording that are silenced before they reach a disk, pure: a card number or a PIN is being said. Positions are samples since the
 * start (125 µs). A block comes half a second after it was said, so a pause asked for now still meets all of it in memory.
 */
import { ALAW_SILENCE, SAMPLE_BYTES, SAMPLES_PER_SECOND } from './wav.ts';

/** What was said just before somebody found the button is silenced too, and the length of the last digit after it. */
export const BEFORE_SAMPLES = 0.25 * SAMPLES_PER_SECOND;
export const AFTER_SAMPLES = 0.1 * SAMPLES_PER_SECOND;
/** Kept of one recording; far more than a conversation has, and older ones are written by then. */
const RANGES_MAX = 64;

interface Range {
  readonly from: number;
  /** Infinity while the pause lasts. */
  until: number;
}

export class Silences {
  readonly #ranges: Range[] = [];

  /** From this position on; nothing changes while a pause lasts. */
  begin(sample: number): void {
    if (this.#last?.until === Infinity) return;
    this.#ranges.push({ from: Math.max(0, sample - BEFORE_SAMPLES), until: Infinity });
    if (this.#ranges.length > RANGES_MAX) this.#ranges.shift();
  }

  end(sample: number): void {
    const last = this.#last;
    if (last?.until === Infinity) last.until = sample + AFTER_SAMPLES;
  }

  /** Silences what of this block lies in a pause, both channels, in place. */
  apply(startSample: number, alaw: Uint8Array): void {
    for (const { from, until } of this.#ranges) {
      const begin = Math.max(0, from - startSample) * SAMPLE_BYTES;
      const end = Math.min(alaw.length, (until - startSample) * SAMPLE_BYTES);
      if (end > begin) alaw.fill(ALAW_SILENCE, begin, end);
    }
  }

  get #last(): Range | undefined {
    return this.#ranges.at(-1);
  }
}
