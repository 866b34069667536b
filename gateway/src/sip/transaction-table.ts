/** All transactions in progress, found by the keys of RFC 3261 §17.1.3 and §17.2.3, and their number kept within bounds. */
import type { Clock } from '@keepline/contracts/clock';
import { authorized, ClientRequest, firstHop, type SecretFor } from './client-request.ts';
import { type ClientEvents, ClientTransaction, sameHopRequest } from './client-transaction.ts';
import { type Chance, newBranch } from './identifiers.ts';
import type { Inbound } from './inbound.ts';
import { IN_DIALOG_HEADROOM, LINGERING_SHARE, MAX_AUTHORIZATIONS } from './limits.ts';
import { Headers, type SipRequest, type SipResponse } from './message.ts';
import { parseCseq, parseVia } from './parse-header.ts';
import { ServerTransaction } from './server-transaction.ts';
import type { SipSource, Wire } from './transport.ts';

export interface TableParts {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly maxTransactions: number;
  /** Our `address:port` towards a place, for Via. */
  readonly sentBy: (to: SipSource) => string;
  readonly secretFor?: SecretFor | undefined;
}

export class TransactionTable {
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #max: number;
  readonly #sentBy: (to: SipSource) => string;
  readonly #secretFor: SecretFor;
  readonly #servers = new Map<string, ServerTransaction>();
  /** Merge key to transaction key, for requests outside dialogs. */
  readonly #merged = new Map<string, string>();
  readonly #clients = new Map<string, ClientTransaction>();
  /** Those that have their final response and wait for retransmissions. */
  #lingering = 0;

  constructor({ wire, clock, chance, maxTransactions, sentBy, secretFor }: TableParts) {
    this.#secretFor = secretFor ?? (() => null);
    this.#chance = chance;
    this.#wire = wire;
    this.#clock = clock;
    this.#max = maxTransactions;
    this.#sentBy = sentBy;
  }

  get size(): number {
    return this.#servers.size + this.#clients.size;
  }

  /** Requests inside a dialog have headroom, so that calls can be ended when new ones are refused. */
  isFull(inDialog: boolean): boolean {
    const max = this.#max * (inDialog ? IN_DIALOG_HEADROOM : 1);
    return this.size - this.#lingering >= max || this.#lingering >= max * LINGERING_SHARE;
  }

  server(key: string): ServerTransaction | undefined {
    return this.#servers.get(key);
  }

  /** Whether the same request is being worked on already, having come another way: 482 (RFC 3261 §8.2.2.2). */
  isMerged(inbound: Inbound): boolean {
    const key = this.#merged.get(inbound.mergeKey);
    return inbound.toTag === '' && key !== undefined && key !== inbound.key;
  }

  openServer(inbound: Inbound): ServerTransaction {
    const { key, mergeKey } = inbound;
    const onEnd = (): void => {
      this.#servers.delete(key);
      if (this.#merged.get(mergeKey) === key) this.#merged.delete(mergeKey);
      if (transaction.finalStatus !== 0) this.#lingering--;
    };
    const transaction = new ServerTransaction(inbound, this.#wire, this.#clock, onEnd, () => this.#lingering++);
    this.#servers.set(key, transaction);
    if (inbound.toTag === '') this.#merged.set(mergeKey, key);
    transaction.start();
    return transaction;
  }

  /** Sends a request that has no Via yet, again with an answer where it is challenged, and over TCP where it is too large for UDP. */
  openClient(request: SipRequest, to: SipSource, events: ClientEvents): ClientRequest {
    const made = new ClientRequest();
    this.#try(made, request, { to: firstHop(request, to), asked: to, challenges: 0 }, events);
    return made;
  }

  /** Asks to end an INVITE that has a provisional response (RFC 3261 §9.1). */
  cancel(invite: ClientRequest, headers: Headers, events: ClientEvents): void {
    const cancel = sameHopRequest(invite.request, 'CANCEL');
    this.#open({ ...cancel, headers: new Headers([...cancel.headers.entries, ...headers.entries]) }, invite.to, events);
  }

  receive(response: SipResponse, source: SipSource): boolean {
    const via = parseVia(response.headers.list('via')?.[0] ?? '');
    const cseq = parseCseq(response.headers.get('cseq') ?? '');
    const transaction = via === null || cseq === null ? undefined : this.#clients.get(`${via.branch} ${cseq.method}`);
    transaction?.receive(response, source);
    return transaction !== undefined;
  }

  withVia(request: SipRequest, to: SipSource): SipRequest {
    const via = `SIP/2.0/${to.transport.toUpperCase()} ${this.#sentBy(to)};branch=${newBranch(this.#chance)};rport`;
    return { ...request, headers: new Headers([...Headers.of([['Via', via]]).entries, ...request.headers.entries]) };
  }

  /** Requests of ours without a final response. */
  get pending(): number {
    let pending = 0;
    for (const transaction of this.#clients.values()) if (transaction.isPending) pending++;
    return pending;
  }

  /** Drops everything without a word to anyone. */
  stop(): void {
    for (const transaction of [...this.#servers.values(), ...this.#clients.values()]) transaction.stop();
  }

  #try(made: ClientRequest, request: SipRequest, hop: { to: SipSource; asked: SipSource; challenges: number }, events: ClientEvents): void {
    const { to, asked, challenges } = hop;
    let heard = false;
    const transaction = this.#open(this.withVia(request, to), to, {
      response: (response, source) => {
        heard = true;
        const isChallenge = (response.status === 401 || response.status === 407) && challenges < MAX_AUTHORIZATIONS && !made.isStopped;
        const nextCseq = (): number => events.nextCseq?.() ?? made.cseq + 1;
        const again = isChallenge
          ? authorized(made.request, response, (realm) => this.#secretFor(asked, realm), nextCseq, newBranch(this.#chance).slice(-16))
          : null;
        if (again === null) events.response(response, source);
        else this.#try(made, again, { to, asked, challenges: challenges + 1 }, events);
      },
      failed: (why) => {
        // Nobody on TCP: as if the rule had never been made (RFC 3261 §18.1.1).
        const isRefused = why === 'transport' && !heard && to.transport !== asked.transport && !made.isStopped;
        if (isRefused) this.#try(made, request, { to: asked, asked, challenges }, events);
        else events.failed(why);
      },
    });
    made.follow(transaction);
  }

  #open(request: SipRequest, to: SipSource, events: ClientEvents): ClientTransaction {
    const branch = parseVia(request.headers.get('via') ?? '')?.branch ?? '';
    const key = `${branch} ${request.method}`;
    let isFinal = false;
    const watched: ClientEvents = {
      response: (response, source) => {
        if (response.status >= 200 && !isFinal) {
          isFinal = true;
          this.#lingering++;
        }
        events.response(response, source);
      },
      failed: (why) => events.failed(why),
    };
    const transaction = new ClientTransaction(request, to, this.#wire, this.#clock, watched, () => {
      this.#clients.delete(key);
      if (isFinal) this.#lingering--;
    });
    this.#clients.set(key, transaction);
    transaction.start();
    return transaction;
  }
}
