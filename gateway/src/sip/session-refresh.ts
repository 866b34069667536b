/**
 * Keeps one call known to be alive (RFC 4028): refreshes it when that is our part, ends it when nobody did. A far end without session
 * timers gets OPTIONS instead. Arms the timers; what is sent is the dialog's.
 */
import type { Clock } from '@keepline/contracts/clock';
import { KEEP_ALIVE_MS, REFRESH_AGAIN_MS } from './limits.ts';
import type { Headers } from './message.ts';
import type { HeaderPairs } from './respond.ts';
import {
  expiresAfterMs,
  MIN_SESSION_SECONDS,
  minSeOf,
  refreshAfterMs,
  SESSION_SECONDS,
  sessionRequest,
  type SessionTerms,
  termsAsUac,
  termsAsUas,
} from './session-timer.ts';

export interface RefreshDeeds {
  /** UPDATE or re-INVITE, by what the far end allows. */
  refresh(): void;
  /** OPTIONS inside the dialog. */
  ask(): void;
  expired(): void;
}

export class SessionRefresh {
  readonly #clock: Clock;
  readonly #deeds: RefreshDeeds;
  #terms: SessionTerms | null = null;
  #minSe = MIN_SESSION_SECONDS;
  #stopRefresh: (() => void) | null = null;
  #stopExpiry: (() => void) | null = null;

  constructor(clock: Clock, deeds: RefreshDeeds) {
    this.#clock = clock;
    this.#deeds = deeds;
  }

  /** What a 2xx of ours to INVITE or UPDATE says about the session; it counts from now. */
  answered(request: Headers): HeaderPairs {
    const { terms, headers } = termsAsUas(request);
    this.#begin(terms);
    return headers;
  }

  /** A 2xx to our INVITE or UPDATE. */
  accepted(response: Headers): void {
    const terms = termsAsUac(response);
    if (terms !== null) return this.#begin(terms);
    this.stop();
    this.#stopRefresh = this.#clock.every(KEEP_ALIVE_MS, () => this.#deeds.ask());
  }

  /** For each INVITE and UPDATE of ours (§7.4): the one that refreshes says so. */
  headers(): HeaderPairs {
    const terms = this.#terms;
    return sessionRequest(terms?.seconds ?? SESSION_SECONDS, this.#minSe, terms === null ? null : terms.weRefresh ? 'uac' : 'uas');
  }

  /** A 422: it wants a longer session, which the next try asks for. */
  lengthen(response: Headers): void {
    this.#minSe = Math.max(this.#minSe, minSeOf(response));
  }

  /** The far end could not take the refresh just now. */
  again(): void {
    this.#stopRefresh?.();
    this.#stopRefresh = this.#clock.after(REFRESH_AGAIN_MS, () => this.#deeds.refresh());
  }

  stop(): void {
    this.#stopRefresh?.();
    this.#stopExpiry?.();
    this.#stopRefresh = this.#stopExpiry = null;
  }

  #begin(terms: SessionTerms): void {
    this.stop();
    this.#terms = terms;
    if (terms.weRefresh) this.#stopRefresh = this.#clock.after(refreshAfterMs(terms.seconds), () => this.#deeds.refresh());
    this.#stopExpiry = this.#clock.after(expiresAfterMs(terms.seconds), () => this.#deeds.expired());
  }
}
