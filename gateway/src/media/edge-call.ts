/**
 * A call in its worker thread: its legs, which two of them hear each other, and what is recorded. The recording holds what was meant for
 * the other side: the left leg always, the right one while bridged to it and not behind a prompt or music.
 */
import type { MessagePort } from 'node:worker_threads';
import type { EdgeLeg } from './edge-leg.ts';
import { type RecordedAudio, RecordingTimeline, type RecordingMessage } from './recording-timeline.ts';
import type { RtpHeader } from './rtp-packet.ts';

interface Recording {
  readonly timeline: RecordingTimeline;
  readonly port: MessagePort;
  readonly left: EdgeLeg;
  right: EdgeLeg;
}

export class EdgeCall {
  readonly legs = new Map<string, EdgeLeg>();
  #bridge: readonly [EdgeLeg, EdgeLeg] | undefined;
  #recording: Recording | undefined;

  bridge(a: EdgeLeg, b: EdgeLeg): void {
    a.stopPlaying();
    b.stopPlaying();
    this.#bridge = [a, b];
  }

  unbridge(): void {
    this.#bridge = undefined;
  }

  /** Takes a packet of one of the legs: to the recording, then to the leg it is bridged with. */
  hear(from: EdgeLeg, header: RtpHeader, packet: Buffer, nowMs: number): void {
    const to = this.#otherSide(from);
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
