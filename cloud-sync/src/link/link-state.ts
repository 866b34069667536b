/**
 * Is the cloud reachable? Pure core of the link: `up → suspect → down → probing → up`. Times are monotonic ms.
 * Three laws, held by property tests: a lost connection is `down` at once, silence is `down` after `silenceMs`, and after any trouble `up` is
 * entered only when `stableMs` have passed without another, so a flapping line does not flap the mode of the agents.
 */
import type { LinkState } from '@keepline/contracts/link';

export interface LinkRules {
  /** Heartbeats missed in a row that make the link down. */
  readonly misses: number;
  readonly heartbeatMs: number;
  /** Quiet time before the link counts as up again. */
  readonly stableMs: number;
}

/** An acknowledgement slower than this is trouble, ms: an order of magnitude above a slow intercontinental line. */
export const SLOW_ACK_MS = 2000;
/** Advice timeouts in a row that are trouble; single ones are the cloud's, not the line's. */
export const ADVICE_TIMEOUTS = 3;

/** Silence after which one heartbeat was missed, ms: a whole interval and the half of one for its way. */
export const lateMs = (rules: LinkRules): number => rules.heartbeatMs * 1.5;
/**
 * Silence after which the line is dead, ms; 4.5 s by default. Counted from the last answer and not from a question, so that a line with 3 s of
 * round trip, whose answers also come once a heartbeat, is slow and not dead; and below the 5 s within which a black hole must be noticed.
 */
export const silenceMs = (rules: LinkRules): number => rules.heartbeatMs * (rules.misses + 1.5);

export type LinkInput =
  | { readonly on: 'connected' }
  /** A new connection has taken the place of a good one. */
  | { readonly on: 'exchanged' }
  | { readonly on: 'disconnected'; readonly why: string }
  | { readonly on: 'heartbeat_ok' }
  /** Time has passed: judge the silence. */
  | { readonly on: 'tick' }
  /** The line answers, but badly. */
  | { readonly on: 'poor_line'; readonly why: string }
  | { readonly on: 'acknowledged'; readonly tookMs: number }
  | { readonly on: 'publish_timeout' }
  | { readonly on: 'advice_answered' }
  | { readonly on: 'advice_timeout' };

export interface Link {
  readonly at: LinkState;
  /** Machine-readable cause of the last change. */
  readonly why: string;
  readonly connected: boolean;
  /** When the cloud was last heard; meaningful while connected. */
  readonly heardMs: number;
  readonly adviceTimeouts: number;
  /** Since when nothing has been wrong; meaningful while connected. */
  readonly quietSinceMs: number;
  /** Quiet time asked for before `up`: short at the very start, `stableMs` after any trouble. */
  readonly requiredMs: number;
}

/** `renew`: the connection looks open but is dead; replace it. */
export type LinkEffect =
  | { readonly do: 'announce'; readonly from: LinkState; readonly to: LinkState; readonly why: string }
  | { readonly do: 'renew' };

export interface LinkStep {
  readonly link: Link;
  readonly effects: readonly LinkEffect[];
}

/** A start is no outage: the first `up` needs only as many good heartbeats as a fault needs bad ones. */
export function beginLink(rules: LinkRules, why = 'not_connected_yet'): Link {
  const requiredMs = rules.misses * rules.heartbeatMs;
  return { at: 'down', why, connected: false, heardMs: 0, adviceTimeouts: 0, quietSinceMs: 0, requiredMs };
}

/** When to judge the silence next, if nothing is heard until then; undefined without a connection. */
export function nextTickMs(link: Link, nowMs: number, rules: LinkRules): number | undefined {
  if (!link.connected) return undefined;
  const late = link.heardMs + lateMs(rules);
  return nowMs < late ? late : Math.max(nowMs, link.heardMs + silenceMs(rules));
}

export function stepLink(link: Link, input: LinkInput, nowMs: number, rules: LinkRules): LinkStep {
  const trouble = (next: Partial<Link>): Link => ({ ...link, quietSinceMs: nowMs, requiredMs: rules.stableMs, ...next });
  const same = (next: Link): LinkStep => ({ link: next, effects: [] });
  const go = (next: Link, at: LinkState, why: string, ...more: LinkEffect[]): LinkStep =>
    next.at === at
      ? { link: next, effects: more }
      : { link: { ...next, at, why }, effects: [{ do: 'announce', from: next.at, to: at, why }, ...more] };
  /** Trouble on a living connection: takes `up` away, restarts the quiet time of the others. */
  const doubt = (next: Link, why: string): LinkStep => (next.at === 'up' ? go(next, 'suspect', why) : same(next));

  if (input.on === 'connected') {
    const fresh: Link = { ...link, connected: true, heardMs: nowMs, adviceTimeouts: 0, quietSinceMs: nowMs };
    return go(fresh, 'probing', 'connected');
  }
  if (input.on === 'disconnected') {
    // Before the first connection a failed dial is no outage, only its cause is worth telling.
    if (!link.connected) return same({ ...link, why: input.why });
    return go(trouble({ connected: false }), 'down', input.why);
  }
  if (!link.connected) return same(link); // late news of a connection already given up
  switch (input.on) {
    case 'exchanged':
      return same({ ...link, heardMs: nowMs, adviceTimeouts: 0 });
    case 'tick': {
      const silentMs = nowMs - link.heardMs;
      if (silentMs >= silenceMs(rules)) return go(trouble({ connected: false }), 'down', 'heartbeats_missed', { do: 'renew' });
      return silentMs >= lateMs(rules) ? doubt(trouble({}), 'heartbeat_missed') : same(link);
    }
    case 'poor_line':
      return doubt(trouble({}), input.why);
    case 'publish_timeout':
      return doubt(trouble({}), 'publish_timeout');
    // Whatever comes from the server is a sign of life, not only what was asked for that: right after a line has become slow, TCP holds new questions back.
    case 'acknowledged':
      return input.tookMs > SLOW_ACK_MS ? doubt(trouble({ heardMs: nowMs }), 'publish_slow') : same({ ...link, heardMs: nowMs });
    case 'advice_timeout': {
      const adviceTimeouts = link.adviceTimeouts + 1;
      return adviceTimeouts < ADVICE_TIMEOUTS
        ? same({ ...link, adviceTimeouts })
        : doubt(trouble({ adviceTimeouts: 0 }), 'advice_timeouts');
    }
    case 'advice_answered':
      return same({ ...link, heardMs: nowMs, adviceTimeouts: 0 });
    case 'heartbeat_ok': {
      const next: Link = { ...link, heardMs: nowMs };
      const quietMs = nowMs - link.quietSinceMs;
      return link.at === 'up' || quietMs < link.requiredMs ? same(next) : go(next, 'up', 'stable');
    }
  }
}
