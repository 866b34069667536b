/**
 * Looks after the trunks we can call: OPTIONS at intervals, and the registration of the site where a carrier asks for one. Each trunk
 * has at most one OPTIONS and one REGISTER under way; both stop with `close`.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '@keepline/contracts/clock';
import type { TrunkState } from '@keepline/contracts/events';
import type { TrunkConfig } from '@keepline/contracts/site-config';
import type { LooseAnswer, LooseRequest } from '../sip/out-of-dialog.ts';
import type { Locator } from '../sip/locator.ts';
import type { SipSource } from '../sip/transport.ts';
import { type Candidate, isWorthAnother, orderTrunks } from './selection.ts';
import { NEW_TRUNK, speaksFor, stepHealth, type TrunkHealth } from './trunk-health.ts';
import { NOT_REGISTERED, type RegistrationState, stepRegistration } from './trunk-registration.ts';
import type { Trunk } from './trunk-table.ts';

/** What this file needs of the user agent. */
export interface Asks {
  request(asked: LooseRequest): Promise<LooseAnswer | 'timeout' | 'transport'>;
}

export interface TrunkWatchParts {
  readonly clock: Clock;
  readonly trunks: readonly Trunk[];
  readonly agent: Asks;
  /** Where the target of a trunk is (RFC 3263). */
  readonly places: Pick<Locator, 'locate' | 'failed' | 'worked'>;
  /** URI of this site, for From; `usernameOf` is put before its @ where the carrier gave us a name. */
  readonly siteHost: string;
  /** Our Contact towards a place of a trunk. */
  contactFor(to: SipSource): string;
  usernameOf(trunk: string): string | undefined;
  onChange(trunk: string, from: TrunkState, to: TrunkState, why: string): void;
  readonly onFault: (fault: unknown) => void;
}

interface Watched {
  readonly trunk: Trunk;
  health: TrunkHealth;
  registration: RegistrationState;
  stopRefresh: () => void;
}

export interface TrunkStatus {
  readonly name: string;
  readonly health: TrunkState;
  /** '' where none is asked for. */
  readonly registration: '' | 'registered' | 'failed';
  readonly calls: number;
}

export class TrunkWatch {
  readonly #parts: TrunkWatchParts;
  readonly #watched: readonly Watched[];
  readonly #stops: Array<() => void> = [];
  #isClosed = false;

  constructor(parts: TrunkWatchParts) {
    this.#parts = parts;
    this.#watched = parts.trunks.map((trunk) => ({ trunk, health: NEW_TRUNK, registration: NOT_REGISTERED, stopRefresh: () => {} }));
    for (const watched of this.#watched) this.#begin(watched);
  }

  /** Trunks a call out may take, in the order they are to be tried. */
  order(random: () => number): readonly Trunk[] {
    const candidates = this.#watched
      .filter(({ trunk }) => trunk.config.target !== '')
      .map(({ trunk, health }): Candidate & { readonly trunk: Trunk } => ({
        ...{ trunk, name: trunk.name, priority: trunk.config.priority, weight: trunk.config.weight },
        ...{ isUp: health.at !== 'down', hasRoom: trunk.calls < trunk.config.maxCalls },
      }));
    return orderTrunks(candidates, random).map(({ trunk }) => trunk);
  }

  /** What a call out came to speaks for or against its trunk as well. */
  tried(trunk: string, outcome: { readonly status: number } | 'timeout' | 'transport'): void {
    const watched = this.#watched.find((one) => one.trunk.name === trunk);
    if (watched !== undefined) this.#heard(watched, outcome);
  }

  status(): TrunkStatus[] {
    return this.#watched.map(({ trunk, health, registration }) => ({
      name: trunk.name,
      health: health.at,
      registration: trunk.config.register ? (registration.at === 'registered' ? 'registered' : 'failed') : '',
      calls: trunk.calls,
    }));
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    for (const { stopRefresh } of this.#watched) stopRefresh();
  }

  #begin(watched: Watched): void {
    const { target, healthSeconds, register } = watched.trunk.config;
    if (target === '') return;
    if (healthSeconds > 0) {
      let isAsking = false;
      const ask = (): void => {
        if (isAsking) return; // the one before still waits: its time-out will count
        isAsking = true;
        void this.#options(watched).finally(() => (isAsking = false));
      };
      ask();
      this.#stops.push(this.#parts.clock.every(healthSeconds * 1000, ask));
    }
    if (register) void this.#register(watched, randomUUID(), 1).catch(this.#parts.onFault);
  }

  async #options({ trunk }: Watched): Promise<void> {
    const { config } = trunk;
    const uri = this.#identity(config);
    try {
      const answer = await this.#ask(config.target, () => ({ method: 'OPTIONS', target: config.target, from: uri, to: config.target }));
      const watched = this.#watched.find((one) => one.trunk === trunk);
      if (watched !== undefined && !this.#isClosed) this.#heard(watched, typeof answer === 'string' ? answer : answer.response);
    } catch (fault) {
      this.#parts.onFault(fault);
    }
  }

  #heard(watched: Watched, outcome: { readonly status: number } | 'timeout' | 'transport'): void {
    const before = watched.health;
    watched.health = stepHealth(before, speaksFor(outcome));
    if (watched.health.at === before.at) return;
    const why = typeof outcome === 'string' ? outcome : speaksFor(outcome) ? 'answered' : 'refused';
    this.#parts.onChange(watched.trunk.name, before.at, watched.health.at, why);
  }

  /** One REGISTER after the other, each at the time the one before asks for. */
  async #register(watched: Watched, callId: string, cseq: number): Promise<void> {
    if (this.#isClosed) return;
    const { config } = watched.trunk;
    const uri = this.#identity(config);
    const seconds = watched.registration.seconds || config.registerSeconds;
    const answer = await this.#ask(config.target, (hop) => ({
      method: 'REGISTER',
      target: config.target.replace(/^(sips?:)[^@;]*@/, '$1'), // the domain, not a user in it (RFC 3261 §10.2)
      ...{ from: uri, to: uri, callId, cseq },
      headers: [
        ['Contact', `<${this.#parts.contactFor(hop)}>`],
        ['Expires', `${seconds}`],
      ],
    }));
    const { state, nextMs } = stepRegistration(watched.registration, readAnswer(answer), config.registerSeconds);
    watched.registration = state;
    const next = typeof answer === 'string' ? cseq + 1 : answer.cseq + 1;
    if (this.#isClosed) return;
    watched.stopRefresh = this.#parts.clock.after(nextMs, () => void this.#register(watched, callId, next).catch(this.#parts.onFault));
  }

  /** One place of the trunk after the other until one takes it (RFC 3263 §4.3): the trunk lives when one of them does. */
  async #ask(target: string, askedOf: (hop: SipSource) => LooseRequest): Promise<LooseAnswer | 'timeout' | 'transport'> {
    const { places, agent } = this.#parts;
    let answer: LooseAnswer | 'timeout' | 'transport' = 'transport'; // a name that leads nowhere
    let used = 0;
    for (const hop of await places.locate(target)) {
      if (this.#isClosed) break;
      const asked = askedOf(hop);
      answer = await agent.request({ ...asked, cseq: (asked.cseq ?? 1) + used, hop });
      if (!isFaultOf(answer)) {
        places.worked(hop);
        break;
      }
      places.failed(hop);
      used += typeof answer === 'string' ? 1 : 2; // a challenged request went twice
    }
    return answer;
  }

  #identity({ name }: TrunkConfig): string {
    const user = this.#parts.usernameOf(name);
    return `sip:${user === undefined ? '' : `${encodeURIComponent(user)}@`}${this.#parts.siteHost}`;
  }
}

const isFaultOf = (answer: LooseAnswer | 'timeout' | 'transport'): boolean =>
  isWorthAnother(typeof answer === 'string' ? answer : answer.response);
/** What an answer to REGISTER means, as `trunk-registration.ts` takes it. */
function readAnswer(answer: LooseAnswer | 'timeout' | 'transport'): Parameters<typeof stepRegistration>[1] {
  if (typeof answer === 'string') return { status: 0, grantedSeconds: null, minSeconds: null };
  const { status, headers } = answer.response;
  const seconds = (text: string | undefined): number | null =>
    text !== undefined && /^[0-9]{1,9}$/.test(text.trim()) ? Number(text) : null;
  const granted = /;\s*expires\s*=\s*"?([0-9]+)/i.exec(headers.get('contact') ?? '')?.[1] ?? headers.get('expires');
  return { status, grantedSeconds: seconds(granted), minSeconds: seconds(headers.get('min-expires')) };
}
