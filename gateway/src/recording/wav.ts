/**
 * The head of a stereo A-law WAV, 8 kHz: RIFF with `fmt ` (WAVE_FORMAT_ALAW, 18 bytes as non-PCM formats need), `fact` and `data`.
 * One sample is 2 bytes, left (caller) and right (agent), 125 µs.
 */
export const WAV_HEADER_BYTES = 58;
export const SAMPLE_BYTES = 2;
export const SAMPLES_PER_SECOND = 8000;
/** Zero in A-law (ITU-T G.711, with even bits inverted). */
export const ALAW_SILENCE = 0xd5;
/** 72 hours. A RIFF size has 32 bits, which end after 74.5 hours; nothing in a call centre lasts that long. */
export const MAX_SAMPLES = 72 * 3600 * SAMPLES_PER_SECOND;

const WAVE_FORMAT_ALAW = 6;
const CHANNELS = 2;

/** @param samples length of the recording; the sizes in the head are those of exactly this much audio */
export function wavHeader(samples: number): Buffer {
  if (!Number.isSafeInteger(samples) || samples < 0 || samples > MAX_SAMPLES) throw new RangeError(`a WAV of ${samples} samples`);
  const dataBytes = samples * SAMPLE_BYTES;
  const head = Buffer.alloc(WAV_HEADER_BYTES);
  head.write('RIFF', 0);
  head.writeUInt32LE(WAV_HEADER_BYTES - 8 + dataBytes, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(18, 16);
  head.writeUInt16LE(WAVE_FORMAT_ALAW, 20);
  head.writeUInt16LE(CHANNELS, 22);
  head.writeUInt32LE(SAMPLES_PER_SECOND, 24);
  head.writeUInt32LE(SAMPLES_PER_SECOND * SAMPLE_BYTES, 28);
  head.writeUInt16LE(SAMPLE_BYTES, 32);
  head.writeUInt16LE(8, 34); // bits per sample of one channel; 36: no extension follows
  head.write('fact', 38);
  head.writeUInt32LE(4, 42);
  head.writeUInt32LE(samples, 46); // per channel
  head.write('data', 50);
  head.writeUInt32LE(dataBytes, 54);
  return head;
}

/** Where a sample stands in the WAV, bytes. */
export function wavOffset(sample: number): number {
  return WAV_HEADER_BYTES + sample * SAMPLE_BYTES;
}

/** How many whole samples a WAV of this size holds. */
export function samplesIn(wavBytes: number): number {
  return Math.max(0, Math.floor((wavBytes - WAV_HEADER_BYTES) / SAMPLE_BYTES));
}

export function durationMs(samples: number): number {
  return Math.round((samples * 1000) / SAMPLES_PER_SECOND);
}

/** A recording opened for reading, as the bytes of its WAV. */
export interface WavSource {
  /** Length, samples of 125 µs. */
  readonly samples: number;
  /** Size of the WAV, bytes. */
  readonly size: number;
  chunks(): AsyncGenerator<Buffer>;
  /** Bytes `index` × 64 KiB and following, without reading any other part of the file. */
  chunk(index: number): Promise<Buffer>;
  close(): Promise<void>;
}
