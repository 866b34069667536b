/**
 * Cuts a call's audio into the chunks of its file, pure. It says what to write in which order, and neither does it nor keeps a byte: `audio`
 * for the tail journal at once, `chunk` for the file when 64 KiB of it are in the journal. Chunk 0 comes at the end, because the WAV
 * header at its start holds sizes. Holes in the audio become silence; audio for a time already written is left out.
 */
import { CHUNK_BYTES } from '@keepline/compliance/age';
import { MAX_SAMPLES, SAMPLE_BYTES, SAMPLES_PER_SECOND, wavOffset } from './wav.ts';

export type Effect =
  /** A piece of real audio that lies within one chunk. The bytes are valid until the next step. */
  | { readonly do: 'audio'; readonly chunk: number; readonly sample: number; readonly alaw: Uint8Array }
  /** A chunk of the WAV whose pieces have all been given out, `bytes` long; what no piece covers is silence, and chunk 0 begins with the header. */
  | { readonly do: 'chunk'; readonly chunk: number; readonly last: boolean; readonly bytes: number };

/** One hour: a longer jump is a fault of the sender, and must not fill the disk with silence. */
export const HOLE_MAX_SAMPLES = 3600 * SAMPLES_PER_SECOND;

export class ChunkFill {
  #samples = 0;
  #silentSamples = 0;

  /** Samples laid down so far, silence included. */
  get samples(): number {
    return this.#samples;
  }

  /** Samples of silence that stand for audio that never came. */
  get silentSamples(): number {
    return this.#silentSamples;
  }

  /** Steps to take for a block of audio; each must be done before the next is asked for. */
  *accept(startSample: number, alaw: Uint8Array): Generator<Effect> {
    if (!Number.isSafeInteger(startSample) || startSample < 0 || startSample > this.#samples + HOLE_MAX_SAMPLES) return;
    yield* this.#silence(startSample);
    if (startSample > this.#samples) return; // beyond the longest recording
    const already = (this.#samples - startSample) * SAMPLE_BYTES;
    const room = (MAX_SAMPLES - this.#samples) * SAMPLE_BYTES;
    const whole = alaw.length - (alaw.length % SAMPLE_BYTES);
    const fresh = alaw.subarray(already, Math.min(whole, already + room));
    yield* this.#lay(fresh.length, fresh);
  }

  /** Steps that finish the file: silence up to `samples`, the last chunk, then chunk 0 with the header. */
  *end(samples: number): Generator<Effect> {
    yield* this.#silence(Math.min(samples, this.#samples + HOLE_MAX_SAMPLES));
    const wavBytes = wavOffset(this.#samples);
    const lastChunk = Math.floor((wavBytes - 1) / CHUNK_BYTES);
    if (lastChunk > 0) yield { do: 'chunk', chunk: lastChunk, last: true, bytes: wavBytes - lastChunk * CHUNK_BYTES };
    yield { do: 'chunk', chunk: 0, last: lastChunk === 0, bytes: Math.min(wavBytes, CHUNK_BYTES) };
  }

  /** Silence is not worth a journal entry: a reader fills holes with it anyway. */
  *#silence(untilSample: number): Generator<Effect> {
    const samples = Math.min(untilSample, MAX_SAMPLES) - this.#samples;
    if (samples <= 0) return;
    this.#silentSamples += samples;
    yield* this.#lay(samples * SAMPLE_BYTES);
  }

  /** @param alaw the audio of these bytes; without it they are silence */
  *#lay(bytes: number, alaw?: Uint8Array): Generator<Effect> {
    for (let done = 0; done < bytes; ) {
      const at = wavOffset(this.#samples);
      const chunk = Math.floor(at / CHUNK_BYTES);
      // A full chunk goes out when the next one starts: only then is it known not to be the last.
      if (chunk > 1 && at % CHUNK_BYTES === 0) yield { do: 'chunk', chunk: chunk - 1, last: false, bytes: CHUNK_BYTES };
      const length = Math.min(bytes - done, CHUNK_BYTES - (at % CHUNK_BYTES));
      if (alaw) yield { do: 'audio', chunk, sample: this.#samples, alaw: alaw.subarray(done, done + length) };
      this.#samples += length / SAMPLE_BYTES;
      done += length;
    }
  }
}
