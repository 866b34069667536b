/**
 * A NATS micro service (ADR-32) with schemas, deadlines and a bound on what is in progress; the only file that knows the service library. Discovery
 * (PING, INFO, STATS) is answered by the library; several instances of one name share the requests as a queue group.
 */
import { type Service, type ServiceMsg, Svcm } from '@nats-io/services';
import { DEADLINE_DEFAULT_MS, DEADLINE_HEADER, DEADLINE_MAX_MS, type ServiceFault } from '@keepline/contracts/ai-service';
import type { Clock } from '@keepline/contracts/clock';
import { messageOf } from '@keepline/contracts/errors';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { CloudConnection } from '../../nats/cloud-connection.ts';
import type { WorkerLog } from '../worker-log.ts';
import { ServiceRefusal } from './errors.ts';
import type { ServiceFigures } from './service-figures.ts';

export interface Endpoint {
  /** A plain token; the name in INFO, STATS and the metrics. */
  readonly name: string;
  readonly subject: string;
  readonly request: TSchema;
  readonly answer: TSchema;
  /**
   * undefined is an empty reply: the service knows no better. The signal fires at the deadline and when the service stops.
   * @throws ServiceRefusal, with its code; anything else becomes `internal`
   */
  work(request: unknown, until: AbortSignal): Promise<unknown>;
}

export interface MicroServiceOptions {
  readonly connection: CloudConnection;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly endpoints: readonly Endpoint[];
  readonly clock: Clock;
  readonly figures: ServiceFigures;
  readonly log: WorkerLog;
  /** Requests worked on at once; above it the asker hears `overloaded` and another instance may take the next one. */
  readonly atOnce?: number;
}

const AT_ONCE = 64;
/** Below this a request is not begun, ms. */
const TOO_SHORT_MS = 2;
/** How long requests in progress may take to end when the service stops, ms. */
const DRAIN_MS = 5000;

export class MicroService {
  readonly #o: MicroServiceOptions;
  readonly #stopping = new AbortController();
  readonly #inProgress = new Set<Promise<void>>();
  #service: Service | undefined;

  constructor(options: MicroServiceOptions) {
    this.#o = options;
  }

  /** Resolves when the endpoints are subscribed. */
  async start(): Promise<void> {
    const { connection, name, version, description, endpoints, figures } = this.#o;
    const service = await new Svcm(connection.nats).add({
      name,
      version,
      description,
      queue: name,
      statsHandler: (endpoint) => Promise.resolve(figures.of(endpointName(endpoints, endpoint.subject))),
    });
    for (const endpoint of endpoints) {
      service.addEndpoint(endpoint.name, {
        subject: endpoint.subject,
        metadata: { request_schema: JSON.stringify(endpoint.request), response_schema: JSON.stringify(endpoint.answer) },
        handler: (fault, message) => {
          if (!fault) this.#take(endpoint, message);
        },
      });
    }
    this.#service = service;
    await connection.nats.flush();
  }

  /** Takes no more requests, lets those in progress end for a while, then tells their askers that it stops. */
  async stop(): Promise<void> {
    if (!this.#o.connection.nats.isClosed()) await this.#service?.stop();
    let disarm = (): void => {};
    const late = new Promise<void>((resolve) => (disarm = this.#o.clock.after(DRAIN_MS, resolve)));
    await Promise.race([Promise.all(this.#inProgress), late]);
    disarm();
    this.#stopping.abort(new ServiceRefusal('overloaded', 'the service stops'));
    await Promise.all(this.#inProgress);
  }

  #take(endpoint: Endpoint, message: ServiceMsg): void {
    const working = this.#answer(endpoint, message).finally(() => this.#inProgress.delete(working));
    this.#inProgress.add(working);
  }

  async #answer(endpoint: Endpoint, message: ServiceMsg): Promise<void> {
    const { clock, figures, log } = this.#o;
    const startedMs = clock.monotonicMs();
    let outcome: ServiceFault | 'answered' = 'answered';
    try {
      const text = await this.#work(endpoint, message);
      message.respond(text);
    } catch (fault) {
      const refusal = fault instanceof ServiceRefusal ? fault : new ServiceRefusal('internal', 'the service failed', fault);
      outcome = refusal.fault;
      if (refusal.fault === 'internal') log.warn({ endpoint: endpoint.name, why: messageOf(refusal.cause) }, 'a request failed');
      if (!this.#o.connection.nats.isClosed()) message.respondError(refusal.code, `${refusal.fault}: ${refusal.message}`);
    } finally {
      figures.note(endpoint.name, outcome, clock.monotonicMs() - startedMs);
    }
  }

  async #work(endpoint: Endpoint, message: ServiceMsg): Promise<string> {
    const { clock, atOnce = AT_ONCE } = this.#o;
    if (this.#inProgress.size >= atOnce) throw new ServiceRefusal('overloaded', `${atOnce} requests are in progress`);
    const leftMs = deadlineOf(message.headers?.get(DEADLINE_HEADER) ?? '');
    if (leftMs === undefined) throw new ServiceRefusal('bad_request', `${DEADLINE_HEADER} is not a whole number of ms`);
    if (leftMs < TOO_SHORT_MS) throw new ServiceRefusal('deadline', 'too little time is left to begin');
    const request = parsed(message.string());
    if (!Value.Check(endpoint.request, request)) throw new ServiceRefusal('bad_request', 'the request is not of its schema');
    const deadline = new AbortController();
    const late = new ServiceRefusal('deadline', `no answer within ${leftMs} ms`);
    const disarm = clock.after(leftMs, () => deadline.abort(late));
    const until = AbortSignal.any([deadline.signal, this.#stopping.signal]);
    try {
      const answer = await Promise.race([endpoint.work(request, until), aborted(until)]);
      if (answer === undefined) return '';
      if (!Value.Check(endpoint.answer, answer)) throw new ServiceRefusal('provider', 'the answer is not of its schema');
      return JSON.stringify(answer);
    } finally {
      disarm();
    }
  }
}

/** Pure: ms left by the header, bounded; undefined when it is no number. */
export function deadlineOf(header: string): number | undefined {
  if (header === '') return DEADLINE_DEFAULT_MS;
  return /^\d{1,9}$/.test(header) ? Math.min(Number(header), DEADLINE_MAX_MS) : undefined;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

function endpointName(endpoints: readonly Endpoint[], subject: string): string {
  return endpoints.find((endpoint) => endpoint.subject === subject)?.name ?? '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
