/** One event as a row of the outbox, and which events a full outbox gives up first. */
import type { Anonymised } from '@keepline/contracts/anonymised';
import { CLOUD_EVENT_MAX_BYTES, CLOUD_EVENT_PREFIX, type CloudEvent, type EventType } from '@keepline/contracts/events';
import { EventTooLarge } from './errors.ts';

export interface Entry {
  /** Position in the outbox, from 1, never used twice; holes are expired or quarantined events. */
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  /** The CloudEvent as it will be sent, JSON. */
  readonly body: string;
}

/** Lower goes first. Samples can be taken again; what a call was and how it ended cannot. */
const EXPIRY_RANK: Readonly<Record<EventType, number>> = {
  'quality.sampled': 0,
  'agent.state_changed': 1,
  'link.changed': 1,
  'trunk.changed': 1,
  'ivr.chosen': 2,
  'alarm.cleared': 3,
  'call.offered_to_agent': 2,
  'call.not_taken': 2,
  'call.held': 2,
  'call.dialled': 2,
  'call.consulted': 2,
  'call.conferenced': 2,
  'call.transferred': 3,
  'call.supervised': 2,
  'call.picked_up': 2,
  'call.parked': 2,
  'call.unparked': 2,
  'call.resumed': 2,
  'call.queued': 3,
  'ivr.secret': 3,
  'routing.decided': 3,
  'callback.booked': 3,
  'callback.called': 3,
  'callback.closed': 5,
  'recording.opened': 4,
  'recording.paused': 4,
  'recording.resumed': 4,
  'recording.party_changed': 2,
  'recording.closed': 4,
  'recording.excused': 4,
  'call.offered': 5,
  'call.refused': 5,
  'call.answered': 5,
  'call.connected': 5,
  'call.disposed': 5,
  'anonymisation.refused': 5,
  'audit.checkpointed': 5,
  'alarm.raised': 5,
  'call.ended': 6,
};
/** A type this version does not know is kept as long as an ordinary step of a call. */
const UNKNOWN_RANK = 2;
const RANKS = new Map<string, number>(Object.entries(EXPIRY_RANK));

/** `cn.keepline.call.ended.v1` → `call.ended`; other texts stay as they are. */
export function shortType(cloudType: string): string {
  const inner = cloudType.startsWith(CLOUD_EVENT_PREFIX) ? cloudType.slice(CLOUD_EVENT_PREFIX.length) : cloudType;
  return inner.replace(/\.v\d+$/, '');
}

export function expiryRank(cloudType: string): number {
  return RANKS.get(shortType(cloudType)) ?? UNKNOWN_RANK;
}

/** The type as the ledger and the log may name it: one this version does not know is `unknown`, for its text may be anything. */
export function ledgerType(cloudType: string): string {
  return RANKS.has(shortType(cloudType)) ? cloudType : 'unknown';
}

/** @throws KeeplineError EVENT_TOO_LARGE above `CLOUD_EVENT_MAX_BYTES` */
export function bodyOf(event: Anonymised<CloudEvent>): string {
  const body = JSON.stringify(event);
  const bytes = Buffer.byteLength(body);
  if (bytes > CLOUD_EVENT_MAX_BYTES) throw new EventTooLarge(event.id, bytes, CLOUD_EVENT_MAX_BYTES);
  return body;
}
