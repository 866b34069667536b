/**
 * Reads WAV files at 8 kHz to listen to them: stereo A-law as recordings are exported (format 6), mono 16-bit as baresip keeps what it
 * heard (format 1).
 */
import { readFileSync } from 'node:fs';
import { decodeAlaw } from './tone.ts';

export interface StereoSound {
  readonly left: Int16Array;
  readonly right: Int16Array;
  readonly durationMs: number;
}

/** @throws Error when the file is not what a recording must be */
export function readStereoAlaw(path: string): StereoSound {
  return channels(soundOf(path, '6/2/8000'));
}

/** @throws Error when the file is something else */
export function readMono16(path: string): Int16Array {
  const sound = soundOf(path, '1/1/8000');
  return Int16Array.from({ length: Math.floor(sound.length / 2) }, (_, i) => sound.readInt16LE(2 * i));
}

/** @param wanted format tag, channels, rate */
function soundOf(path: string, wanted: string): Buffer {
  const bytes = readFileSync(path);
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') throw new Error(`${path} is not WAV`);
  let format = '';
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (name === 'fmt ') format = `${bytes.readUInt16LE(at + 8)}/${bytes.readUInt16LE(at + 10)}/${bytes.readUInt32LE(at + 12)}`;
    if (name === 'data') {
      if (format !== wanted) throw new Error(`${path} is ${format}, not ${wanted} (format/channels/rate)`);
      if (at + 8 + size > bytes.length) throw new Error(`${path} says ${size} bytes of sound and has ${bytes.length - at - 8}`);
      return bytes.subarray(at + 8, at + 8 + size);
    }
    at += 8 + size + (size % 2);
  }
  throw new Error(`${path} has no sound`);
}

function channels(sound: Uint8Array): StereoSound {
  const samples = Math.floor(sound.length / 2);
  const left = new Int16Array(samples);
  const right = new Int16Array(samples);
  for (let i = 0; i < samples; i++) {
    left[i] = decodeAlaw(sound[2 * i] ?? 0xd5);
    right[i] = decodeAlaw(sound[2 * i + 1] ?? 0xd5);
  }
  return { left, right, durationMs: samples / 8 };
}
