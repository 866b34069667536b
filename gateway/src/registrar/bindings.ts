/**
 * Where the phones of one agent are, and what a REGISTER does to that (RFC 3261 §10.3), pure. Times are wall ms: bindings outlive a
 * restart.
 */
import type { TransportName } from '../sip/transport.ts';

export interface Binding {
  readonly agentId: string;
  /** The URI of the phone as it wrote it. */
  readonly contact: string;
  /** Proxies on the way to the phone, nearest to us first (RFC 3327). */
  readonly path: readonly string[];
  readonly callId: string;
  readonly cseq: number;
  readonly expiresAtMs: number;
  readonly refreshedAtMs: number;
  /** Where the REGISTER was seen to come from: the way back through NAT. */
  readonly address: string;
  readonly port: number;
  readonly transport: TransportName;
}

export interface Registration {
  readonly agentId: string;
  /** `*` stands for all; an empty list only asks. */
  readonly contacts: '*' | ReadonlyArray<{ readonly uri: string; readonly expiresSeconds: number | null }>;
  /** Of the Expires header; null without one. */
  readonly expiresSeconds: number | null;
  readonly path: readonly string[];
  readonly callId: string;
  readonly cseq: number;
  readonly source: { readonly address: string; readonly port: number; readonly transport: TransportName };
}

export interface BindingRules {
  readonly minSeconds: number;
  readonly maxSeconds: number;
  readonly defaultSeconds: number;
  /** Phones of one agent; a further one takes the place of the one refreshed longest ago, as a phone that lost its memory leaves its old self behind. */
  readonly maxContacts: number;
}

export type Registered =
  | { readonly ok: true; readonly bindings: readonly Binding[] }
  /** 400 malformed, 423 too brief, 500 out of order. */
  | { readonly ok: false; readonly status: 400 | 423 | 500 };

/** All or nothing: a request that is refused changes no binding (§10.3, step 7). */
export function register(current: readonly Binding[], asked: Registration, rules: BindingRules, nowMs: number): Registered {
  const live = current.filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  const isLate = (binding: Binding): boolean => binding.callId === asked.callId && asked.cseq <= binding.cseq;
  if (asked.contacts === '*') {
    if (asked.expiresSeconds !== 0) return { ok: false, status: 400 };
    return live.some(isLate) ? { ok: false, status: 500 } : { ok: true, bindings: [] };
  }
  let bindings = live;
  for (const { uri, expiresSeconds } of asked.contacts) {
    const seconds = expiresSeconds ?? asked.expiresSeconds ?? rules.defaultSeconds;
    if (seconds > 0 && seconds < rules.minSeconds) return { ok: false, status: 423 };
    const known = bindings.find(({ contact }) => contact === uri);
    if (known !== undefined && isLate(known)) return { ok: false, status: 500 };
    bindings = bindings.filter((binding) => binding !== known);
    if (seconds === 0) continue;
    const expiresAtMs = nowMs + Math.min(seconds, rules.maxSeconds) * 1000;
    const { agentId, path, callId, cseq, source } = asked;
    bindings = [...bindings, { agentId, contact: uri, path, callId, cseq, expiresAtMs, refreshedAtMs: nowMs, ...source }];
  }
  return { ok: true, bindings: bindings.slice(-rules.maxContacts) }; // a refreshed one moves to the end
}
