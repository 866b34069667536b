/**
 * Cuts prompts into packets of 20 ms, one after the other, again from the start when looped. Pure: the ticker of the worker asks for the
 * next packet.
 */
import { ALAW_SILENCE } from './g711.ts';

/** 20 ms at 8 kHz. */
export const PACKET_SAMPLES = 160;

export class Player {
  readonly #sounds: readonly Uint8Array[];
  readonly #loop: boolean;
  #index = 0;
  #offset = 0;

  constructor(sounds: readonly Uint8Array[], loop: boolean) {
    this.#sounds = sounds.filter((sound) => sound.length > 0);
    this.#loop = loop && this.#sounds.length > 0;
  }

  /** Writes the next 20 ms at `at`, filled up with silence; false when nothing is left to play. */
  next(into: Uint8Array, at: number): boolean {
    let filled = 0;
    while (filled < PACKET_SAMPLES) {
      const sound = this.#sounds[this.#index];
      if (!sound) break;
      const part = sound.subarray(this.#offset, this.#offset + PACKET_SAMPLES - filled);
      into.set(part, at + filled);
      filled += part.length;
      this.#offset += part.length;
      if (this.#offset === sound.length) {
        this.#offset = 0;
        this.#index = this.#loop ? (this.#index + 1) % this.#sounds.length : this.#index + 1;
      }
    }
    into.fill(ALAW_SILENCE, at + filled, at + PACKET_SAMPLES);
    return filled > 0;
  }
}
