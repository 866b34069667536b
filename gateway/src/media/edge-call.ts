/**
 * A call in its worker thread: its legs, which two of them hear each other or how more are mixed, and what is recorded. The recording holds
 * what was meant for the other side: the left leg always, the right one while bridged to it and not behind a prompt or music.
 */
import type { MessagePort } from 'node:worker_threads';
import type { EdgeLeg } from './edge-leg.ts';
import { type Hears, Mixer } from './mixer.ts';
import { PACKET_SAMPLES } from './player.ts';
import { type RecordedAudio, RecordingTimeline, type RecordingMessage } from './recording-timeline.ts';
import type { RtpHeader } from './rtp-packet.ts';

interface Recording {
  readonly timeline: RecordingTimeline;
  readonly port: MessagePort;
  readonly left: EdgeLeg;
  right: EdgeLeg;
}

/** Three or more who hear one another by a list, in place of a bridge. */
interface Mix {
  readonly mixer: Mixer<EdgeLeg>;
  /** Our side of the recording. */
  recorded: readonly EdgeLeg[];
  frames: number;
}
/** What mixed sound is called on the timeline of a recording; SSRCs of legs are random and never 0. */
const MIX_SSRC = 0;

export class EdgeCall {
  readonly legs = new Map<string, EdgeLeg>();
  #bridge: readonly [EdgeLeg, EdgeLeg] | undefined;
  #recording: Recording | undefined;
  #mix: Mix | undefined;

  bridge(a: EdgeLeg, b: EdgeLeg): void {
    this.#mix = undefined;
    a.stopPlaying();
    b.stopPlaying();
    this.#bridge = [a, b];
  }

  unbridge(): void {
    this.#bridge = undefined;
    this.#mix = undefined;
  }

  /** Each leg hears the sum of those named for it; the right side of a recording is the sum of `recorded`. */
  mix(hears: Hears<EdgeLeg>, recorded: readonly EdgeLeg[]): void {
    this.#bridge = undefined;
    this.#mix ??= { mixer: new Mixer(), recorded, frames: 0 };
    this.#mix.recorded = recorded;
    this.#mix.mixer.route(hears, recorded);
    for (const leg of hears.keys()) leg.stopPlaying();
  }

  /** Every 20 ms: the next frame of a mix, to its listeners and to the recording. */
  tick(nowMs: number): void {
    const mix = this.#mix;
    if (!mix) return;
    mix.mixer.turn((to, alaw) => to.say(alaw, nowMs));
    const timestamp = (mix.frames * PACKET_SAMPLES) >>> 0;
    const sequence = mix.frames++ & 0xffff;
    if (mix.recorded.length === 0) return;
    const sum = mix.mixer.sum(mix.recorded);
    this.#recording?.timeline.hear('right', MIX_SSRC, sequence, timestamp, sum, 0, PACKET_SAMPLES, nowMs);
  }

  /** Takes a packet of one of the legs: to the recording, then to the leg it is bridged with. */
  hear(from: EdgeLeg, header: RtpHeader, packet: Buffer, nowMs: number): void {
    const to = this.#otherSide(from);
    if (header.payloadLength > 0) this.#mix?.mixer.hear(from, header, packet, nowMs);
    if (header.payloadLength === 0) {
      to?.skip(from, header);
      return;
    }
    const recording = this.#recording;
    if (recording) {
      const left = from === recording.left;
      if (left || (from === recording.right && to === recording.left && !to.isPlaying)) {
        const { ssrc, sequence, timestamp, payloadOffset, payloadLength } = header;
        recording.timeline.hear(left ? 'left' : 'right', ssrc, sequence, timestamp, packet, payloadOffset, payloadLength, nowMs);
      }
    }
    to?.forward(from, header, packet, nowMs);
  }

  /** A recording that is running is finished first. */
  startRecording(left: EdgeLeg, right: EdgeLeg, port: MessagePort, reorderMs: number, nowMs: number): void {
    this.stopRecording(nowMs);
    this.#recording = { timeline: new RecordingTimeline(nowMs, reorderMs), port, left, right };
  }

  replaceRight(right: EdgeLeg): void {
    if (!this.#recording) return;
    this.#recording.right = right;
    this.#recording.timeline.replace('right');
  }

  /** Gives away what is due; called every 100 ms. */
  flushRecording(nowMs: number): void {
    const recording = this.#recording;
    if (!recording) return;
    for (let block = recording.timeline.take(nowMs); block; block = recording.timeline.take(nowMs)) post(recording.port, block);
  }

  stopRecording(nowMs: number): { samples: number } | null {
    const recording = this.#recording;
    if (!recording) return null;
    this.#recording = undefined;
    const { blocks, samples } = recording.timeline.finish(nowMs);
    for (const block of blocks) post(recording.port, block);
    recording.port.postMessage({ kind: 'end', samples } satisfies RecordingMessage);
    recording.port.close();
    return { samples };
  }

  /** Takes the leg out of the call; its sockets are the worker's to close. */
  drop(leg: EdgeLeg): void {
    this.legs.delete(leg.id);
    if (this.#bridge?.includes(leg)) this.#bridge = undefined;
    if (this.#mix) {
      this.#mix.recorded = this.#mix.recorded.filter((one) => one !== leg);
      this.#mix.mixer.forget(leg);
    }
  }

  #otherSide(leg: EdgeLeg): EdgeLeg | undefined {
    if (!this.#bridge) return undefined;
    const [a, b] = this.#bridge;
    return leg === a ? b : leg === b ? a : undefined;
  }
}

function post(port: MessagePort, block: RecordedAudio): void {
  port.postMessage(block satisfies RecordingMessage, [block.alaw.buffer]);
}
