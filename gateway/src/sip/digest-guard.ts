/**
 * Digest on our side of the door (RFC 3261 §22.1, RFC 8760): challenges, and whether an answer to one is good. A nonce is its time and a
 * MAC, so a challenge to a stranger costs no memory; only nonces that were used well are kept, for their count.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@keepline/contracts/clock';
import {
  DIGEST_ALGORITHMS,
  type DigestAlgorithm,
  type DigestCredentials,
  type DigestSecret,
  formatChallenge,
  ha1Of,
  parseCredentials,
  provesSecret,
} from './digest.ts';
import type { SipRequest } from './message.ts';
import type { HeaderPairs } from './respond.ts';

/** How long one nonce may be used, ms; a phone that refreshes every minute is challenged every fifth time. */
export const NONCE_MS = 300_000;
/** Nonces in use whose count is known; beyond it the oldest become stale and are asked for again. */
export const MAX_NONCES = 20_000;

export interface DigestGuardOptions {
  readonly realm: string;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Offered in this order. Default: all but SHA-512-256, which few phones know. */
  readonly algorithms?: readonly DigestAlgorithm[];
  /** Whether we speak as the registrar or end point (401) or as a proxy would (407). */
  readonly status: 401 | 407;
  /** Default `MAX_NONCES`. */
  readonly maxNonces?: number;
}

export type Proof =
  | { readonly ok: true; readonly username: string }
  /** `why` is for counters: `missing` is how every exchange begins, `wrong` is a guess. */
  | { readonly ok: false; readonly why: 'missing' | 'stale' | 'wrong'; readonly status: 401 | 407; readonly headers: HeaderPairs };

export class DigestGuard {
  readonly #options: DigestGuardOptions;
  readonly #key = randomBytes(32);
  readonly #nobody = randomBytes(16).toString('hex');
  /** Nonce to the highest count it was used with; oldest use first. */
  readonly #used = new Map<string, number>();
  /** Nonces made up to then may have been forgotten, so they are stale. */
  #forgottenMs = -1;

  constructor(options: DigestGuardOptions) {
    this.#options = options;
  }

  /**
   * @param secretOf what this user name must know; null for one that nobody has, which is answered alike and as late
   */
  check(request: SipRequest, secretOf: (username: string) => DigestSecret | null): Proof {
    const name = this.#options.status === 401 ? 'authorization' : 'proxy-authorization';
    const claims = request.headers.all(name).flatMap((value) => parseCredentials(value) ?? []);
    const claim = claims.find(({ realm }) => realm === this.#options.realm);
    if (claim === undefined) return this.#refuse('missing');
    const secret = secretOf(claim.username);
    const ha1 = secret === null ? null : ha1Of(secret, claim.algorithm, claim.realm);
    const isProved = provesSecret(claim, ha1 ?? ha1Of({ username: '', password: this.#nobody }, claim.algorithm, '') ?? '', request.method);
    // The URI in the answer must be the one of this request, or an answer seen elsewhere would serve here (RFC 7616 §3.4.6).
    if (ha1 === null || !isProved || claim.uri !== request.uri || !this.#algorithms.includes(claim.algorithm)) return this.#refuse('wrong');
    if (!this.#isFresh(claim)) return this.#refuse('stale');
    return { ok: true, username: claim.username };
  }

  get #algorithms(): readonly DigestAlgorithm[] {
    return this.#options.algorithms ?? DIGEST_ALGORITHMS.filter((name) => name !== 'SHA-512-256');
  }

  /** Ours, not too old, and counted upwards: an answer somebody else saw is of no use a second time. */
  #isFresh({ nonce, nc, qop }: DigestCredentials): boolean {
    const madeMs = this.#madeMs(nonce);
    const nowMs = this.#options.clock.monotonicMs();
    if (madeMs === null || nowMs - madeMs > NONCE_MS) return false;
    const last = this.#used.get(nonce);
    if (last === undefined && madeMs <= this.#forgottenMs) return false;
    const count = qop === '' ? 1 : Number.parseInt(nc, 16);
    if (count <= (last ?? 0)) return false;
    this.#used.delete(nonce);
    this.#used.set(nonce, count);
    this.#forget(nowMs);
    return true;
  }

  #forget(nowMs: number): void {
    for (const nonce of this.#used.keys()) {
      const madeMs = this.#madeMs(nonce) ?? 0;
      const isOld = nowMs - madeMs > NONCE_MS;
      if (!isOld && this.#used.size <= (this.#options.maxNonces ?? MAX_NONCES)) return;
      this.#used.delete(nonce);
      if (!isOld) this.#forgottenMs = Math.max(this.#forgottenMs, madeMs);
    }
  }

  #refuse(why: 'missing' | 'stale' | 'wrong'): Proof {
    const { realm, status, clock } = this.#options;
    const nonce = this.#nonce(Math.floor(clock.monotonicMs()));
    const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const headers = this.#algorithms.map(
      (algorithm) => [name, formatChallenge({ realm, nonce, opaque: '', algorithm, qop: 'auth', stale: why === 'stale' })] as const,
    );
    return { ok: false, why, status, headers };
  }

  #nonce(madeMs: number): string {
    const head = `${madeMs.toString(16)}.${randomBytes(8).toString('hex')}`;
    return `${head}.${this.#mac(head)}`;
  }

  /** When a nonce of ours was made; null for any other text. */
  #madeMs(nonce: string): number | null {
    const cut = nonce.lastIndexOf('.');
    const given = Buffer.from(nonce.slice(cut + 1));
    const mac = Buffer.from(this.#mac(nonce.slice(0, Math.max(cut, 0))));
    if (given.length !== mac.length || !timingSafeEqual(given, mac)) return null;
    return Number.parseInt(nonce, 16);
  }

  #mac(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex').slice(0, 32);
  }
}
