/**
 * The waveform of a recording, pure: the loudest sample of each channel per bucket, 8 bits. A bucket is 50 ms at first; a recording with
 * more than 36,000 of them (half an hour) gets buckets twice as long, and so on: what is kept never exceeds 72 kB. docs/adr/0012.
 */
import { alawToLinear } from '../media/g711.ts';
import { SAMPLE_BYTES } from './wav.ts';

/** Samples of 125 µs. */
const FIRST_BUCKET = 400;
export const BUCKETS_MAX = 36_000;
const FIRST_ROOM = 1200; // a minute
/** Loudness of each A-law code, 0 to 255: the largest of G.711 is 32,256. */
const LOUDNESS = Uint8Array.from({ length: 256 }, (_, code) => Math.min(255, Math.abs(alawToLinear(code)) >> 7));

export interface Peaks {
  /** Length of a bucket, samples of 125 µs. */
  readonly bucketSamples: number;
  /** The caller's and the agent's channel: the largest magnitude per bucket, 0 to 255. */
  readonly left: Uint8Array;
  readonly right: Uint8Array;
}

export class PeakMeter {
  #bucketSamples = FIRST_BUCKET;
  #left = new Uint8Array(FIRST_ROOM);
  #right = new Uint8Array(FIRST_ROOM);

  /** Audio of any length from any place; what is never heard is silence. */
  hear(startSample: number, alaw: Uint8Array): void {
    const samples = Math.floor(alaw.length / SAMPLE_BYTES);
    this.#makeRoom(startSample + samples);
    for (let i = 0; i < samples; ) {
      const bucket = Math.floor((startSample + i) / this.#bucketSamples);
      const until = Math.min(samples, (bucket + 1) * this.#bucketSamples - startSample);
      let left = this.#left[bucket] ?? 0;
      let right = this.#right[bucket] ?? 0;
      for (; i < until; i++) {
        left = Math.max(left, LOUDNESS[alaw[2 * i] ?? 0] ?? 0);
        right = Math.max(right, LOUDNESS[alaw[2 * i + 1] ?? 0] ?? 0);
      }
      this.#left[bucket] = left;
      this.#right[bucket] = right;
    }
  }

  /** @param samples length of the recording */
  finish(samples: number): Peaks {
    this.#makeRoom(samples);
    const buckets = Math.ceil(samples / this.#bucketSamples);
    return { bucketSamples: this.#bucketSamples, left: this.#left.slice(0, buckets), right: this.#right.slice(0, buckets) };
  }

  #makeRoom(samples: number): void {
    while (samples > BUCKETS_MAX * this.#bucketSamples) this.#halve();
    const wanted = Math.ceil(samples / this.#bucketSamples);
    if (wanted <= this.#left.length) return;
    const room = Math.min(BUCKETS_MAX, Math.max(wanted, 2 * this.#left.length));
    [this.#left, this.#right] = [grown(this.#left, room), grown(this.#right, room)];
  }

  #halve(): void {
    for (const channel of [this.#left, this.#right]) {
      const half = Math.ceil(channel.length / 2);
      for (let i = 0; i < half; i++) channel[i] = Math.max(channel[2 * i] ?? 0, channel[2 * i + 1] ?? 0);
      channel.fill(0, half);
    }
    this.#bucketSamples *= 2;
  }
}

function grown(channel: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(channel);
  return larger;
}

const HEAD_BYTES = 8;

/** Bucket length and number of buckets (32 bits each, big-endian), then the left channel, then the right. */
export function peaksToBytes({ bucketSamples, left, right }: Peaks): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(bucketSamples, 0);
  head.writeUInt32BE(left.length, 4);
  return Buffer.concat([head, left, right]);
}

/** Undefined when these bytes are no waveform. */
export function peaksFromBytes(bytes: Buffer): Peaks | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const [bucketSamples, buckets] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
  if (bucketSamples === 0 || buckets > BUCKETS_MAX || bytes.length !== HEAD_BYTES + 2 * buckets) return undefined;
  const right = HEAD_BYTES + buckets;
  return { bucketSamples, left: bytes.subarray(HEAD_BYTES, right), right: bytes.subarray(right) };
}
