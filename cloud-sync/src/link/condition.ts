/**
 * Names what is wrong with the link, pure: from the cause of a failed dial or of a lost connection, from faults of stream and outbox, and from the
 * quality of the line. Several may hold at once; the first in this order is shown, because only it can be acted on then.
 */
import { KeeplineError } from '@keepline/contracts/errors';
import type { LinkCondition, LinkState } from '@keepline/contracts/link';
import type { LineCondition } from './line-quality.ts';

/** Error codes of the system (getaddrinfo(3), connect(2)) → cause. */
const SYSTEM_CAUSE: Readonly<Record<string, LinkCondition>> = {
  ENOTFOUND: 'name_unresolved',
  EAI_AGAIN: 'name_unresolved',
  EAI_NONAME: 'name_unresolved',
  EAI_FAIL: 'name_unresolved',
  ECONNREFUSED: 'server_away',
  ETIMEDOUT: 'no_answer',
  EHOSTUNREACH: 'no_answer',
  ENETUNREACH: 'no_answer',
  CERT_HAS_EXPIRED: 'tls_failed',
  CERT_NOT_YET_VALID: 'tls_failed',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_failed',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_failed',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_failed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_failed',
  EPROTO: 'tls_failed',
};
/** Numbers of JetStream's API errors for "no room": messages, bytes, per subject; storage of account or server (nats-server errors.json). */
const NO_ROOM: readonly number[] = [10_077, 10_047, 10_023, 10_028];
/** Error codes of ours that say why the cloud does not take us. */
const REFUSALS: Readonly<Record<string, LinkCondition>> = {
  CLOUD_REFUSED: 'credentials_refused',
  CREDENTIALS_INVALID: 'credentials_refused',
  CREDENTIALS_EXPIRED: 'credentials_expired',
};
/** An error's causes are followed this deep; a circle would have no end. */
const DEEPEST = 8;

/** The machine-readable cause of a failed dial: a condition where one fits, else the error's own code. */
export function dialCause(fault: unknown): string {
  const refusal = fault instanceof KeeplineError ? REFUSALS[fault.code] : undefined;
  if (refusal) return refusal;
  for (const each of causes(fault)) {
    const code = codeOf(each);
    if (typeof code !== 'string') continue;
    const known = SYSTEM_CAUSE[code];
    if (known) return known;
    if (code.startsWith('ERR_TLS_') || code.startsWith('ERR_SSL_')) return 'tls_failed';
  }
  return fault instanceof KeeplineError ? fault.code.toLowerCase() : 'dial_failed';
}

/** Whether an event was refused because the stream, or the disk below it, has no room: by number, or by the server's own words (2.9 to 2.11). */
export function isStreamFull(fault: unknown): boolean {
  return causes(fault).some((each) => {
    const code = codeOf(each);
    if (typeof code === 'number' && NO_ROOM.includes(code)) return true;
    return each instanceof Error && /maximum (bytes|messages)|insufficient (storage |memory )?resources|no space left/i.test(each.message);
  });
}

/**
 * Why a connection was lost. The peer that ends one on which it had gone silent is one that no longer knew it (RFC 9293 §3.5.1); a reset is
 * either, by the client's reading of it.
 */
export function lossCause(why: string, silentMs: number, lateAfterMs: number): string {
  const ended = why === 'connection_lost' || why === 'connection_closed';
  return ended && silentMs >= lateAfterMs ? 'half_open' : why;
}

/** What each cause of a link that is down is called. */
const DOWN_CAUSE: Readonly<Record<string, LinkCondition>> = {
  drill: 'drill',
  connection_lost: 'connection_lost',
  connection_closed: 'connection_lost',
  heartbeats_missed: 'no_answer',
  cloud_unreachable: 'no_answer',
  no_answer: 'no_answer',
  half_open: 'half_open',
  server_away: 'server_away',
  name_unresolved: 'name_unresolved',
  credentials_refused: 'credentials_refused',
  credentials_expired: 'credentials_expired',
  credentials_revoked: 'credentials_refused',
  tls_failed: 'tls_failed',
};

export interface Signs {
  readonly state: LinkState;
  readonly why: string;
  readonly line: LineCondition | undefined;
  readonly streamFull: boolean;
  readonly outboxDiskFull: boolean;
  readonly clockJumped: boolean;
}

export function conditionOf(signs: Signs): LinkCondition | undefined {
  const down = signs.state === 'down' ? DOWN_CAUSE[signs.why] : undefined;
  if (down === 'drill') return down;
  if (signs.outboxDiskFull) return 'outbox_disk_full';
  if (down) return down;
  if (signs.state !== 'down' && signs.streamFull) return 'stream_full';
  if (signs.state !== 'down' && signs.line) return signs.line;
  return signs.clockJumped ? 'clock_jump' : undefined;
}

function causes(fault: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let each = fault; each !== undefined && each !== null && chain.length < DEEPEST; ) {
    chain.push(each);
    if (each instanceof AggregateError) chain.push(...each.errors);
    each = each instanceof Error ? each.cause : undefined;
  }
  return chain;
}

const codeOf = (fault: unknown): unknown => (typeof fault === 'object' && fault !== null && 'code' in fault ? fault.code : undefined);
