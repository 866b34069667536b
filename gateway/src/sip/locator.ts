/**
 * Finds the places a SIP URI stands for, in the order they are to be tried (RFC 3263 §4), and remembers which of them failed, so that the
 * next call does not wait for a dead one again (§4.3).
 */
import type { Clock } from '@keepline/contracts/clock';
import { orderSrv, portOf, preferredService, questionOf, type Service, usualServices } from './locate.ts';
import type { NameCache } from './name-cache.ts';
import type { SipSource, TransportName } from './transport.ts';

export interface LocatorParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly names: Pick<NameCache, 'naptr' | 'srv' | 'addresses'>;
  /** Kinds of addresses this machine can send from, the preferred first. */
  readonly families: ReadonlyArray<4 | 6>;
  /** Whether TLS is on here: else no domain is asked for it. */
  readonly canTls: boolean;
  readonly random: () => number;
}

/** Places of one URI; more are not tried for one call. */
const MAX_PLACES = 16;
/** How long a place that failed comes last, ms. */
const AVOID_MS = 300_000;
/** Places that failed and are remembered; the oldest gives way. */
const MAX_FAILED = 1000;
/** URIs whose places are remembered for `isPlaceOf`; a site asks for those of its trunks. */
const MAX_URIS = 256;

export class Locator {
  readonly #parts: LocatorParts;
  readonly #failed = new Map<string, number>();
  readonly #found = new Map<string, readonly SipSource[]>();

  constructor(parts: LocatorParts) {
    this.#parts = parts;
  }

  /** Places in order; none when the name leads nowhere, or nobody can tell. Never rejects. */
  async locate(uri: string): Promise<readonly SipSource[]> {
    const question = questionOf(uri);
    if (question === null) return [];
    if (question.ask === 'nothing') return [question.place];
    const places = await this.#ask(question).catch((): SipSource[] => []);
    const nowMs = this.#parts.clock.monotonicMs();
    const isAvoided = (place: SipSource): boolean => (this.#failed.get(keyOf(place)) ?? 0) > nowMs;
    const order = [...places.filter((place) => !isAvoided(place)), ...places.filter(isAvoided)].slice(0, MAX_PLACES);
    if (order.length > 0) this.#remember(uri, order);
    return order;
  }

  /** Whether that place is one this URI was found to stand for, or names itself. */
  isPlaceOf(uri: string, { address, port }: SipSource): boolean {
    const question = questionOf(uri);
    const places = question?.ask === 'nothing' ? [question.place] : (this.#found.get(uri) ?? []);
    return places.some((place) => place.address === address && place.port === port);
  }

  /** It did not answer, or could not take a call now (503). */
  failed(place: SipSource): void {
    const key = keyOf(place);
    this.#failed.delete(key);
    this.#failed.set(key, this.#parts.clock.monotonicMs() + AVOID_MS);
    const oldest = this.#failed.size > MAX_FAILED ? this.#failed.keys().next().value : undefined;
    if (oldest !== undefined) this.#failed.delete(oldest);
  }

  worked(place: SipSource): void {
    this.#failed.delete(keyOf(place));
  }

  async #ask(question: Exclude<NonNullable<ReturnType<typeof questionOf>>, { ask: 'nothing' }>): Promise<SipSource[]> {
    if (question.ask === 'addresses') return await this.#placesOf(question.host, question.port, question.transport, question.host);
    const { names, canTls, random } = this.#parts;
    const { domain, transport } = question;
    // A URI that says its transport needs no NAPTR (§4.1).
    const preferred = transport === null ? preferredService(await names.naptr(domain), question) : null;
    const usable = preferred !== null && (preferred.transport !== 'tls' || canTls) ? [preferred] : usualServices(domain, transport, canTls);
    for (const service of usable) {
      const places = await this.#served(service, domain, random);
      if (places.length > 0) return places;
    }
    const kept = transport ?? 'udp';
    return await this.#placesOf(domain, portOf(kept), kept, domain); // no SRV: the domain is a host (§4.2)
  }

  async #served({ transport, name }: Service, domain: string, random: () => number): Promise<SipSource[]> {
    const records = orderSrv(await this.#parts.names.srv(name), random);
    const places: SipSource[] = [];
    for (const record of records.slice(0, MAX_PLACES)) {
      try {
        places.push(...(await this.#placesOf(record.name, record.port, transport, domain)));
      } catch {
        // nobody knows where this one is; the next may do
      }
    }
    return places;
  }

  /** @param domain what was asked for: on TLS the certificate must be for it, wherever DNS led (RFC 5922 §7.3) */
  async #placesOf(host: string, port: number, transport: TransportName, domain: string): Promise<SipSource[]> {
    const found: SipSource[] = [];
    let fault: unknown;
    for (const family of this.#parts.families) {
      try {
        const addresses = await this.#parts.names.addresses(host, family);
        found.push(...addresses.map((address) => ({ address, port, transport, ...(transport === 'tls' ? { domain } : {}) })));
      } catch (thrown) {
        fault = thrown;
      }
    }
    if (found.length === 0 && fault !== undefined) throw fault;
    return found;
  }

  #remember(uri: string, places: readonly SipSource[]): void {
    this.#found.delete(uri);
    this.#found.set(uri, places);
    const oldest = this.#found.size > MAX_URIS ? this.#found.keys().next().value : undefined;
    if (oldest !== undefined) this.#found.delete(oldest);
  }
}

const keyOf = ({ address, port, transport }: SipSource): string => `${transport} ${address} ${port}`;
