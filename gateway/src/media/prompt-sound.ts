/**
 * WAV files of prompts: RIFF/WAVE, 8 kHz, mono, A-law (format 6) or 16-bit PCM (format 1), and nothing else. Read into bare A-law, written
 * as A-law. Pure; the reasons for a refusal are for people.
 */
import { linearToAlaw } from './g711.ts';

export type PromptReading = { readonly ok: true; readonly alaw: Uint8Array } | { readonly ok: false; readonly why: string };

const PCM = 1;
const ALAW = 6;
const HEADER_BYTES = 46;
/** Ten minutes; a prompt is held in memory. */
const ALAW_MAX_BYTES = 8000 * 600;

export function readWav(file: Uint8Array): PromptReading {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || word(file, 0) !== 'RIFF' || word(file, 8) !== 'WAVE') return refuse('it is not a RIFF/WAVE file');
  let format = 0;
  for (let at = 12; at + 8 <= file.length; ) {
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (word(file, at) === 'fmt ') {
      if (size < 16 || body + 16 > file.length) return refuse('its format chunk is cut off');
      format = view.getUint16(body, true);
      const channels = view.getUint16(body + 2, true);
      const rate = view.getUint32(body + 4, true);
      const bits = view.getUint16(body + 14, true);
      if (channels !== 1 || rate !== 8000) return refuse(`it has ${channels} channel(s) at ${rate} Hz`);
      if (!(format === PCM && bits === 16) && !(format === ALAW && bits === 8)) return refuse(`its coding is ${format} with ${bits} bits`);
    } else if (word(file, at) === 'data') {
      if (format === 0) return refuse('its data come before its format');
      // A recorder that was streaming leaves a size larger than the file.
      return decode(file.subarray(body, Math.min(file.length, body + size)), format);
    }
    at = body + size + (size % 2);
  }
  return refuse('it has no data');
}

/** A whole file around A-law samples. */
export function writeWav(alaw: Uint8Array): Uint8Array {
  const file = new Uint8Array(HEADER_BYTES + alaw.length + (alaw.length % 2));
  const view = new DataView(file.buffer);
  const text = (at: number, value: string): void => file.set(new TextEncoder().encode(value), at);
  text(0, 'RIFF');
  view.setUint32(4, file.length - 8, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 18, true);
  view.setUint16(20, ALAW, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 8000, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  text(38, 'data');
  view.setUint32(42, alaw.length, true);
  file.set(alaw, HEADER_BYTES);
  return file;
}

function decode(samples: Uint8Array, format: number): PromptReading {
  const count = format === ALAW ? samples.length : Math.floor(samples.length / 2);
  if (count === 0) return refuse('it is empty');
  if (count > ALAW_MAX_BYTES) return refuse('it is longer than ten minutes');
  if (format === ALAW) return { ok: true, alaw: samples };
  const view = new DataView(samples.buffer, samples.byteOffset, samples.byteLength);
  return { ok: true, alaw: Uint8Array.from({ length: count }, (_, i) => linearToAlaw(view.getInt16(i * 2, true))) };
}

function refuse(why: string): PromptReading {
  return { ok: false, why };
}

function word(file: Uint8Array, at: number): string {
  return String.fromCharCode(...file.subarray(at, at + 4));
}
