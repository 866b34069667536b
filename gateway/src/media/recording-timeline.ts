/**
 * Two voices on one timeline, pure: left the caller, right the agent, interleaved A-law at 8 kHz. A packet lies where its RTP timestamp
 * says, counted from an anchor set by arrival; what never came is silence. The length follows the monotonic clock, not the packets.
 * Positions are samples since the start; one sample is 0.125 ms.
 */
import { ALAW_SILENCE } from './g711.ts';
import { continues, type LastHeard, SAMPLES_PER_MS, sequenceDistance, timestampDistance } from './source-continuity.ts';

export type Side = 'left' | 'right';
export interface RecordedAudio {
  readonly kind: 'audio';
  readonly startSample: number;
  /** Left, right, left, right … */
  readonly alaw: Uint8Array<ArrayBuffer>;
}
/** What a recorder gets over its port: audio without gaps, then the end. */
export type RecordingMessage = RecordedAudio | { readonly kind: 'end'; readonly samples: number };

/** Length of a block: 500 ms. With `reorderMs` it bounds what a killed process loses. */
export const BLOCK_SAMPLES = 500 * SAMPLES_PER_MS;
/** How far ahead of the clock a packet may lie, 1 s; beyond it the source has jumped. */
const AHEAD_SAMPLES = 1000 * SAMPLES_PER_MS;
/** A source that has been too late for this long is anchored anew, ms. */
const LATE_MAX_MS = 500;
/** How often a side is compared with the clock, ms, and what difference is mended, in samples (20 ms). */
const DRIFT_WINDOW_MS = 5000;
const DRIFT_SAMPLES = 20 * SAMPLES_PER_MS;
/** Sound that reaches this far over the end is kept: the packet under way when the recording stops. */
const OVERHANG_SAMPLES = 20 * SAMPLES_PER_MS;

interface Channel {
  readonly offset: 0 | 1;
  readonly last: LastHeard;
  anchored: boolean;
  /** Position of the first sample of the packet in `last`. */
  position: number;
  lateSinceMs: number;
  driftSinceMs: number;
  /** Largest distance of a packet ahead of its arrival in this drift window: that of the least delayed one. */
  leastDelayed: number;
}

export class RecordingTimeline {
  readonly #startMs: number;
  readonly #reorderSamples: number;
  readonly #channels: Record<Side, Channel>;
  readonly #ring: Uint8Array;
  readonly #ringSamples: number;
  #emitted = 0;
  #furthest = 0;
  #late = 0;

  /** @param reorderMs how long a block waits for late packets after its time has passed */
  constructor(startMs: number, reorderMs: number) {
    this.#startMs = startMs;
    this.#reorderSamples = reorderMs * SAMPLES_PER_MS;
    this.#channels = { left: silent(0), right: silent(1) };
    // Room for a block being waited for, one that fills meanwhile, ticks that come late, and the look ahead.
    this.#ringSamples = this.#reorderSamples + 4 * BLOCK_SAMPLES + AHEAD_SAMPLES;
    this.#ring = new Uint8Array(this.#ringSamples * 2).fill(ALAW_SILENCE);
  }

  /** Packets, or parts of them, that came after their block had been given away. */
  get late(): number {
    return this.#late;
  }

  /** Lays the payload of a packet on the timeline; the bytes are copied. */
  hear(
    side: Side,
    ssrc: number,
    sequence: number,
    timestamp: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    nowMs: number,
  ): void {
    const channel = this.#channels[side];
    const last = channel.last;
    const arrival = this.#sampleAt(nowMs);
    let position = arrival;
    let newest = true;
    if (channel.anchored && continues(last, ssrc, sequence, timestamp, nowMs)) {
      position = channel.position + timestampDistance(last.timestamp, timestamp);
      newest = sequenceDistance(last.sequence, sequence) > 0;
      if (position > arrival + AHEAD_SAMPLES || this.#lateTooLong(channel, position, length, nowMs)) {
        position = arrival;
        this.#anchor(channel, nowMs);
      } else if (newest) {
        position -= drift(channel, position - arrival, nowMs);
      }
    } else {
      this.#anchor(channel, nowMs);
    }
    if (newest) {
      channel.position = position;
      last.ssrc = ssrc;
      last.sequence = sequence;
      last.timestamp = timestamp;
      last.atMs = nowMs;
    }
    this.#write(channel, position, bytes, offset, length);
  }

  /** Another leg speaks on this side from now on (transfer): it gets an anchor of its own. */
  replace(side: Side): void {
    this.#channels[side].anchored = false;
  }

  /** The next whole block whose time and waiting time have passed, if there is one; call until undefined. */
  take(nowMs: number): RecordedAudio | undefined {
    if (this.#emitted + BLOCK_SAMPLES > this.#sampleAt(nowMs) - this.#reorderSamples) return undefined;
    return this.#emit(BLOCK_SAMPLES);
  }

  /** Everything up to now, in blocks, and the length of the whole in samples. The timeline is over then. */
  finish(nowMs: number): { readonly blocks: RecordedAudio[]; readonly samples: number } {
    const elapsed = this.#sampleAt(nowMs);
    const samples = Math.max(elapsed, Math.min(this.#furthest, elapsed + OVERHANG_SAMPLES), this.#emitted);
    const blocks: RecordedAudio[] = [];
    while (this.#emitted < samples) blocks.push(this.#emit(Math.min(BLOCK_SAMPLES, samples - this.#emitted)));
    return { blocks, samples };
  }

  #sampleAt(nowMs: number): number {
    return Math.max(0, Math.round((nowMs - this.#startMs) * SAMPLES_PER_MS));
  }

  #anchor(channel: Channel, nowMs: number): void {
    channel.anchored = true;
    channel.lateSinceMs = -1;
    channel.driftSinceMs = nowMs;
    channel.leastDelayed = Number.NEGATIVE_INFINITY;
  }

  #lateTooLong(channel: Channel, position: number, length: number, nowMs: number): boolean {
    if (position + length > this.#emitted) {
      channel.lateSinceMs = -1;
      return false;
    }
    if (channel.lateSinceMs < 0) channel.lateSinceMs = nowMs;
    return nowMs - channel.lateSinceMs > LATE_MAX_MS;
  }

  #write(channel: Channel, position: number, bytes: Uint8Array, offset: number, length: number): void {
    const skip = Math.max(0, this.#emitted - position);
    if (skip > 0) this.#late++;
    const end = Math.min(position + length, this.#emitted + this.#ringSamples);
    const ring = this.#ring;
    const ringBytes = ring.length;
    // One step for each sample and no division: this runs 16,000 times a second and call.
    let to = ((position + skip) % this.#ringSamples) * 2 + channel.offset;
    for (let at = position + skip, from = offset + skip; at < end; at++, from++) {
      ring[to] = bytes[from] ?? ALAW_SILENCE;
      to += 2;
      if (to >= ringBytes) to -= ringBytes;
    }
    this.#furthest = Math.max(this.#furthest, end);
  }

  #emit(samples: number): RecordedAudio {
    const startSample = this.#emitted;
    const alaw = new Uint8Array(samples * 2);
    const from = startSample % this.#ringSamples;
    const first = Math.min(samples, this.#ringSamples - from);
    for (const [at, count, to] of [
      [from, first, 0],
      [0, samples - first, first],
    ] as const) {
      alaw.set(this.#ring.subarray(at * 2, (at + count) * 2), to * 2);
      this.#ring.fill(ALAW_SILENCE, at * 2, (at + count) * 2);
    }
    this.#emitted += samples;
    return { kind: 'audio', startSample, alaw };
  }
}

function silent(offset: 0 | 1): Channel {
  return {
    offset,
    last: { ssrc: 0, sequence: 0, timestamp: 0, atMs: 0 },
    anchored: false,
    position: 0,
    lateSinceMs: -1,
    driftSinceMs: 0,
    leastDelayed: Number.NEGATIVE_INFINITY,
  };
}

/**
 * The clock of a far end is some 10 to 100 ppm off ours: 20 ms after some minutes. Once per window, the least delayed packet tells how
 * far the side has drifted; what is beyond 20 ms is taken back. Returns the samples to pull the packet towards its arrival.
 */
function drift(channel: Channel, ahead: number, nowMs: number): number {
  channel.leastDelayed = Math.max(channel.leastDelayed, ahead);
  if (nowMs - channel.driftSinceMs < DRIFT_WINDOW_MS) return 0;
  const seen = channel.leastDelayed;
  channel.driftSinceMs = nowMs;
  channel.leastDelayed = Number.NEGATIVE_INFINITY;
  return Math.abs(seen) > DRIFT_SAMPLES ? seen : 0;
}
