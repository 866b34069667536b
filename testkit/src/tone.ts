/**
 * Test tones at 8 kHz: making them, coding them as A-law (ITU-T G.711, written from the segment table), and telling which one is heard.
 * Independent of `gateway/src/media` on purpose: a second opinion, not an echo.
 */
import { writeFileSync } from 'node:fs';

export const SAMPLE_RATE = 8000;

/** A sine, or the sum of two (dual tone), 16-bit. @param ms length @param amplitude 0 to 1 of full scale */
export function tone(hz: readonly number[], ms: number, amplitude = 0.3, rateHz = SAMPLE_RATE): Int16Array {
  const samples = new Int16Array(Math.round((ms * rateHz) / 1000));
  for (let i = 0; i < samples.length; i++) {
    const sum = hz.reduce((total, one) => total + Math.sin((2 * Math.PI * one * i) / rateHz), 0);
    samples[i] = Math.round((sum / hz.length) * amplitude * 32_767);
  }
  return samples;
}

/** Energy of one frequency as a share of all energy, 0 to 1 (Goertzel over the whole stretch). */
export function toneShare(samples: Int16Array, hz: number, rateHz = SAMPLE_RATE): number {
  if (samples.length === 0) return 0;
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / rateHz);
  let [a, b, energy] = [0, 0, 0];
  for (const sample of samples) {
    [a, b] = [sample + coefficient * a - b, a];
    energy += sample * sample;
  }
  if (energy === 0) return 0;
  const power = a * a + b * b - coefficient * a * b;
  return Math.min(1, (2 * power) / (samples.length * energy));
}

/** The same for the half second of a long stretch that has most of it: a talk has silence and music around the tone. */
export function bestToneShare(samples: Int16Array, hz: number): number {
  const half = SAMPLE_RATE / 2;
  let best = 0;
  for (let at = 0; at + half <= samples.length; at += half) best = Math.max(best, toneShare(samples.subarray(at, at + half), hz));
  return best;
}

/** Root mean square of the samples, 0 to 32767. */
export function loudness(samples: Int16Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(energy / samples.length);
}

export function encodeAlaw(sample: number): number {
  const positive = sample >= 0;
  let magnitude = Math.min(positive ? sample : -sample - 1, 32_767) >> 3; // 13-bit scale
  let segment = 0;
  if (magnitude > 31) {
    for (magnitude >>= 1, segment = 1; magnitude > 31 && segment < 7; segment++) magnitude >>= 1;
  }
  const mantissa = segment === 0 ? magnitude >> 1 : magnitude & 0x0f;
  return ((positive ? 0x80 : 0) | (segment << 4) | (mantissa & 0x0f)) ^ 0x55;
}

export function decodeAlaw(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const mantissa = bits & 0x0f;
  const magnitude = segment === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

/** Writes 16-bit mono WAV, for fake microphones. */
export function writeWav(path: string, samples: Int16Array, rateHz = SAMPLE_RATE): void {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + bytes.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rateHz, 24);
  head.writeUInt32LE(rateHz * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(bytes.length, 40);
  writeFileSync(path, Buffer.concat([head, bytes]));
}
