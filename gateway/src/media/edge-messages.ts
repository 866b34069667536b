/**
 * What the main thread and an RTP worker thread say to each other. Commands are cheap and unanswered unless they carry `ask`, the number
 * their reply comes back with. Messages arrive in order, so a command after `openLeg` finds the leg.
 */
import type { MessagePort } from 'node:worker_threads';
import type { SrtpKeys } from '../sdp/offer-answer.ts';
import type { Beat } from './heartbeat.ts';
import type { LegQuality, LegSample } from './leg-quality.ts';

/** The far end of a leg as its SDP names it. `gateway/src/sdp` makes one for a SIP party, `browser-endpoint` for mediasoup. */
export interface RtpRemote {
  /** IPv4; 0.0.0.0 is a hold of the old kind (RFC 3264 §8.4). */
  readonly address: string;
  readonly port: number;
  readonly codec: 'PCMA' | 'PCMU';
  readonly payloadType: number;
  readonly dtmfPayloadType: number | null;
  /** The far end holds us: its silence is no loss. */
  readonly held: boolean;
  /** What the far end does: it sends unless `recvonly` or `inactive`, it listens unless `sendonly` or `inactive`. */
  readonly direction: string;
  /** The far end takes comfort noise for silence (RFC 3389). */
  readonly comfortNoise?: boolean;
  /** Keys of both directions; absent for sound in the clear. They are copied to the worker thread, which wipes its copy. */
  readonly srtp?: SrtpKeys;
  /** The far end is a process of this machine: it sends from exactly this port and takes RTCP there too (RFC 5761). */
  readonly local?: boolean;
}

/** What a relay knows of whom it relays our sound to (RFC 3550 §6.4.1), over the whole leg. */
export interface FarReport {
  readonly roundTripMs: number;
  readonly lost: number;
  readonly jitterMs: number;
}

export type LegRole = 'caller' | 'agent';
export type PlayEnd = 'finished' | 'stopped';

export interface LegPlace {
  readonly legId: string;
  readonly address: string;
  /** Even; RTCP is one above. */
  readonly port: number;
  readonly ssrc: number;
  readonly firstSequence: number;
  readonly firstTimestamp: number;
  /** Whether silence on the wire is reported. */
  readonly silenceWatch: boolean;
}

/** One leg and those it hears, by id. */
export interface MixRoute {
  readonly to: string;
  readonly from: readonly string[];
}

export type Command =
  | { readonly do: 'openLeg'; readonly ask: number; readonly callId: string; readonly place: LegPlace }
  | { readonly do: 'setRemote'; readonly legId: string; readonly remote: RtpRemote }
  | { readonly do: 'play'; readonly legId: string; readonly play: number; readonly names: readonly string[]; readonly loop: boolean }
  | { readonly do: 'stopPlaying'; readonly legId: string }
  | { readonly do: 'mute'; readonly legId: string; readonly muted: boolean }
  | { readonly do: 'hearBehind'; readonly legId: string; readonly told: FarReport }
  | { readonly do: 'bridge'; readonly callId: string; readonly a: string; readonly b: string }
  | { readonly do: 'unbridge'; readonly callId: string }
  | { readonly do: 'mix'; readonly callId: string; readonly hears: readonly MixRoute[]; readonly recorded: readonly string[] }
  | { readonly do: 'startRecording'; readonly callId: string; readonly left: string; readonly right: string; readonly port: MessagePort }
  | { readonly do: 'replaceRight'; readonly callId: string; readonly right: string }
  | { readonly do: 'stopRecording'; readonly ask: number; readonly callId: string }
  | { readonly do: 'quality'; readonly ask: number; readonly legId: string }
  | { readonly do: 'closeLeg'; readonly ask: number; readonly legId: string }
  | { readonly do: 'closeCall'; readonly ask: number; readonly callId: string }
  | { readonly do: 'counters'; readonly ask: number };

/** Why a leg could not open: the port is somebody else's, or the address is not ours. */
export type OpenLegReply = { readonly opened: true } | { readonly opened: false; readonly busy: boolean; readonly why: string };

export interface EdgeCounters {
  readonly calls: number;
  readonly legs: number;
  readonly received: number;
  readonly sent: number;
  /** Datagrams dropped: from an address or port that is not the leg's far end, or late from a source it has replaced. */
  readonly foreign: number;
  /** Dropped: neither RTP nor RTCP. */
  readonly malformed: number;
  /** Dropped: a payload type that was not negotiated. */
  readonly unexpectedType: number;
  /** SRTP whose tag did not fit, and SRTP that came again. */
  readonly unauthentic: number;
  readonly replayed: number;
  /** Packets the socket refused to send. */
  readonly sendFailed: number;
}

/** What a reply carries, by the command that asked. */
export interface Replies {
  readonly openLeg: OpenLegReply;
  /** null when nothing was being recorded. */
  readonly stopRecording: { readonly samples: number } | null;
  /** null when the leg is gone. */
  readonly quality: LegQuality | null;
  readonly closeLeg: LegQuality | null;
  readonly closeCall: Readonly<Record<string, LegQuality>>;
  readonly counters: EdgeCounters;
}

export type Report =
  | { readonly re: number; readonly reply: Replies[keyof Replies] }
  | { readonly on: 'digit'; readonly legId: string; readonly digit: string }
  | { readonly on: 'lost'; readonly legId: string }
  | { readonly on: 'firstPacket'; readonly legId: string }
  | { readonly on: 'sample'; readonly legId: string; readonly sample: LegSample }
  | { readonly on: 'playEnd'; readonly legId: string; readonly play: number; readonly end: PlayEnd };

/** Given to a worker thread at its start. */
export interface WorkerSettings {
  readonly prompts: ReadonlyMap<string, Uint8Array>;
  readonly rtpTimeoutMs: number;
  readonly reorderMs: number;
  /** Counted up at every turn of the ticker. */
  readonly beat?: Beat;
}
