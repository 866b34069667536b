/**
 * The sound of a call as others use it: a leg's place on the edge and what is done between legs. `call-on-edge.ts` and `leg-on-edge.ts`
 * make both.
 */
import type { MessagePort } from 'node:worker_threads';
import type { KeeplineError } from '@keepline/contracts/errors';
import type { FarReport, LegRole, PlayEnd, RtpRemote } from './edge-messages.ts';
import type { LegQuality, LegSample } from './leg-quality.ts';

export interface EdgeOptions {
  /** IPv4 address RTP is sent and received at. */
  readonly address: string;
  readonly rtpPortMin: number;
  readonly rtpPortMax: number;
  /** Worker threads; calls are spread over them. */
  readonly workers: number;
  /** Silence on the wire, outside hold, after which a leg is lost, ms. */
  readonly rtpTimeoutMs: number;
  /** How long the recording waits for a late packet, ms. */
  readonly reorderMs: number;
  /** Holds `<language>/<name>.wav`. */
  readonly promptDir: string;
  readonly language: 'zh' | 'en';
  /** Estimated score below which a leg raises VOICE_QUALITY_LOW; 0, the default, never. */
  readonly mosAlarm?: number;
  onFault(fault: KeeplineError): void;
}

export interface LegOptions {
  /** Address to listen on; default is that of the edge, `127.0.0.1` is for the browser side. */
  readonly address?: string;
  /** Whether silence on the wire is reported by `onLost`; default true. */
  readonly silenceWatch?: boolean;
}

/** One party's place on the edge: a pair of ports, one far end, one outgoing stream. */
export interface MediaLeg {
  readonly id: `leg-${string}`;
  readonly address: string;
  /** UDP port for RTP; RTCP is one above. */
  readonly port: number;
  /** Of everything sent to this leg, for its whole life. */
  readonly ssrc: number;
  /** Names the far end; again after every re-INVITE. Before the first time nothing is heard and nothing sent. Keys in it are wiped. */
  setRemote(remote: RtpRemote): void;
  /**
   * Plays prompts one after the other; a new `play` stops the one before. What a bridge would send to this leg is left out meanwhile.
   * Rejects with PromptUnknown.
   */
  play(names: readonly string[], how?: { readonly loop?: boolean }): Promise<PlayEnd>;
  stopPlaying(): void;
  /** What this leg sends becomes silence, in the bridge and in the recording; it is still counted. */
  mute(muted: boolean): void;
  /** The far end is a relay of this machine: how whom it relays to hears us. */
  hearBehind(told: FarReport): void;
  /** Each key press (RFC 4733) once, at key down. The result stops listening. */
  onDigit(listener: (digit: string) => void): () => void;
  /** The far end has fallen silent though it should send, or the worker thread died. */
  onLost(listener: () => void): () => void;
  onFirstPacket(listener: () => void): () => void;
  /** Every 10 s in which the far end was to be heard. */
  onSample(listener: (sample: LegSample) => void): () => void;
  /** Rejects with LegClosed or EdgeWorkerDied. */
  quality(): Promise<LegQuality>;
  /** Closing again changes nothing. */
  close(): void;
}

/** The sound of one call; all its legs live in one worker thread. */
export interface CallMedia {
  /** Rejects with NoFreeRtpPort, RtpAddressRefused, LegClosed, EdgeWorkerDied. */
  openLeg(role: LegRole, options?: LegOptions): Promise<MediaLeg>;
  /** The two hear each other from now on, and whatever plays to them stops. A bridge there was is replaced. */
  bridge(a: MediaLeg, b: MediaLeg): void;
  unbridge(): void;
  /**
   * From now on each leg of the list hears the sum of those named for it, never itself; whatever plays to it stops. Takes the place of a
   * bridge, and a bridge of it. While the call is recorded, the right side is the sum of `recorded`.
   */
  mix(hears: ReadonlyMap<MediaLeg, readonly MediaLeg[]>, recorded: readonly MediaLeg[]): void;
  /**
   * Sends `RecordingMessage`s over `port`, which is transferred, until `stopRecording` or `close`; the last one is the end. A port that closes
   * without an end means that the worker thread died.
   */
  startRecording(left: MediaLeg, right: MediaLeg, port: MessagePort): void;
  /** Another leg is the right side from now on (transfer). */
  replaceRight(right: MediaLeg): void;
  /** Length of the recording in samples at 8 kHz; 0 when nothing was being recorded. */
  stopRecording(): Promise<{ readonly samples: number }>;
  /** Ends recording and legs, in this order. Never rejects; what a dead worker thread knew is missing. */
  close(): Promise<Readonly<Record<string, LegQuality>>>;
}
