/**
 * Sums voices, pure: who hears whom is a list, and nobody is ever in his own sum. In: A-law packets as they arrive; out: one frame of
 * 20 ms per listener each time the ticker asks. Sums are 16-bit linear and saturate, because a wrap would be a crack at full volume.
 */
import { ALAW_SILENCE, alawToLinear, linearToAlaw } from './g711.ts';
import { PACKET_SAMPLES } from './player.ts';
import type { RtpHeader } from './rtp-packet.ts';
import { continues, type LastHeard, SAMPLES_PER_MS, timestampDistance } from './source-continuity.ts';

/** What a voice waits before it is summed: two frames, so that usual jitter leaves no hole. */
const DELAY_SAMPLES = 40 * SAMPLES_PER_MS;
/** Sound kept of one voice: 512 ms, a power of two; what lies further ahead is a source that has jumped. */
const RING_SAMPLES = 4096;
/** A voice ahead of its delay by more than this has a fast clock, or a network that delivered late; it is brought back, samples (120 ms). */
const AHEAD_MAX_SAMPLES = 160 * SAMPLES_PER_MS;
/** Packets too late in a row after which a voice is placed anew. */
const LATE_MAX = 3;

const LINEAR = Int16Array.from({ length: 256 }, (_, code) => alawToLinear(code));

/** One voice on its way into sums: placed by RTP timestamp, taken by the clock. Positions are samples since the mixer began. */
export class VoiceLine {
  readonly #ring = new Int16Array(RING_SAMPLES);
  readonly #last: LastHeard = { ssrc: 0, sequence: 0, timestamp: 0, atMs: 0 };
  #anchored = false;
  #position = 0;
  #read = 0;
  #late = 0;

  /** Lays an A-law packet on the line; the bytes are copied. */
  hear(header: RtpHeader, packet: Uint8Array, nowMs: number): void {
    const { ssrc, sequence, timestamp, payloadOffset, payloadLength } = header;
    const last = this.#last;
    const follows = this.#anchored && continues(last, ssrc, sequence, timestamp, nowMs);
    let position = follows ? this.#position + timestampDistance(last.timestamp, timestamp) : this.#read + DELAY_SAMPLES;
    if (follows) {
      this.#late = position < this.#read ? this.#late + 1 : 0;
      if (this.#late > LATE_MAX || position > this.#read + AHEAD_MAX_SAMPLES) position = this.#read + DELAY_SAMPLES;
    }
    if (!follows || this.#late > LATE_MAX) this.#late = 0;
    const isNewest = !follows || timestampDistance(last.timestamp, timestamp) > 0;
    if (isNewest) {
      Object.assign(last, { ssrc, sequence, timestamp, atMs: nowMs });
      this.#anchored = true;
      this.#position = position;
    }
    const end = Math.min(position + payloadLength, this.#read + RING_SAMPLES);
    for (let at = Math.max(position, this.#read); at < end; at++) {
      this.#ring[at & (RING_SAMPLES - 1)] = LINEAR[packet[payloadOffset + at - position] ?? ALAW_SILENCE] ?? 0;
    }
  }

  /** Gives the next 20 ms and forgets them. */
  take(into: Int16Array): void {
    for (let i = 0; i < PACKET_SAMPLES; i++) {
      const at = (this.#read + i) & (RING_SAMPLES - 1);
      into[i] = this.#ring[at] ?? 0;
      this.#ring[at] = 0;
    }
    this.#read += PACKET_SAMPLES;
  }
}

/** Whom each listener hears, by names of the caller's choice. */
export type Hears<Name> = ReadonlyMap<Name, readonly Name[]>;

export class Mixer<Name> {
  readonly #voices = new Map<Name, { readonly line: VoiceLine; readonly frame: Int16Array }>();
  #hears: Hears<Name> = new Map();

  /** Who hears whom from the next frame on. Voices that go on keep what is under way; the others are forgotten. */
  route(hears: Hears<Name>, alsoTaken: readonly Name[] = []): void {
    this.#hears = hears;
    const heard = new Set([...[...hears.values()].flat(), ...alsoTaken]);
    for (const name of this.#voices.keys()) if (!heard.has(name)) this.#voices.delete(name);
    for (const name of heard)
      if (!this.#voices.has(name)) this.#voices.set(name, { line: new VoiceLine(), frame: new Int16Array(PACKET_SAMPLES) });
  }

  /** Neither heard nor a listener any more. */
  forget(name: Name): void {
    this.#voices.delete(name);
    this.#hears = new Map([...this.#hears].filter(([to]) => to !== name));
  }

  hear(from: Name, header: RtpHeader, packet: Uint8Array, nowMs: number): void {
    this.#voices.get(from)?.line.hear(header, packet, nowMs);
  }

  /** Moves on by 20 ms: takes one frame of every voice and gives each listener its sum, A-law, in a buffer of its own. */
  turn(say: (to: Name, alaw: Uint8Array) => void): void {
    for (const { line, frame } of this.#voices.values()) line.take(frame);
    for (const [to, from] of this.#hears) say(to, this.sum(from.filter((name) => name !== to)));
  }

  /** The sum of these voices in the present frame, A-law. */
  sum(from: readonly Name[]): Uint8Array {
    const frames = from.flatMap((name) => this.#voices.get(name)?.frame ?? []);
    return sumFrames(frames);
  }
}

/** A-law of the saturated sum; nobody speaking is silence. */
export function sumFrames(frames: readonly Int16Array[]): Uint8Array {
  const alaw = new Uint8Array(PACKET_SAMPLES);
  for (let i = 0; i < PACKET_SAMPLES; i++) {
    let sum = 0;
    for (const frame of frames) sum += frame[i] ?? 0;
    alaw[i] = linearToAlaw(Math.max(-32_768, Math.min(32_767, sum)));
  }
  return alaw;
}
