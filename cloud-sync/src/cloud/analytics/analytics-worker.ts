/**
 * Analytics of one site: a durable pull consumer that puts the stream into the fact store, and answers for its counters. Several instances share the
 * questions as a queue group; each has a store and a durable consumer of its own, so each can answer everything.
 */
import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  type ConsumerMessages,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { delay, nanos } from '@nats-io/transport-node';
import { messageOf } from '@keepline/contracts/errors';
import type { CloudConnection } from '../../nats/cloud-connection.ts';
import { PREVIOUS_HEADER } from '../../nats/publish-lane.ts';
import { subjectsOf } from '../../nats/subjects.ts';
import { parseCloudEvent } from '../cloud-event.ts';
import { bodyText } from '../message-body.ts';
import type { WorkerLog } from '../worker-log.ts';
import type { FactStore } from './fact-store.ts';
import { answerOf } from './tally.ts';

/** Messages of one transaction and, four times that, in flight: a backlog goes in large bites, a single event does not wait. */
const BATCH = 2048;
/** Longer than any transaction of ours: a message that comes again has been lost, not delayed. */
const ACK_WAIT_MS = 60_000;
const RETRY_MS = 1000;

export interface AnalyticsOptions {
  /** Where the stream is read. */
  readonly connection: CloudConnection;
  /** Where the counters are asked for. */
  readonly answering: CloudConnection;
  readonly site: string;
  /** Name of this instance: letters, digits, dash, underscore. */
  readonly instance: string;
  readonly store: FactStore;
  readonly log: WorkerLog;
}

export class AnalyticsWorker {
  readonly #connection: CloudConnection;
  readonly #answering: CloudConnection;
  readonly #site: string;
  readonly #durable: string;
  readonly #store: FactStore;
  readonly #log: WorkerLog;
  #stopped = false;
  #messages: ConsumerMessages | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor({ connection, answering, site, instance, store, log }: AnalyticsOptions) {
    this.#connection = connection;
    this.#answering = answering;
    this.#site = site;
    this.#durable = instance === '' ? 'analytics' : `analytics-${instance}`;
    this.#store = store;
    this.#log = log;
  }

  /** Begins to read and to answer. @throws when the stream is missing */
  async start(): Promise<void> {
    const consumer = await this.#consumer();
    this.#answering.nats.subscribe(subjectsOf(this.#site).analyticsCounters, {
      queue: 'analytics',
      callback: (fault, message) => {
        if (fault) return;
        this.#store.tally(this.#site).then(
          (tally) => message.respond(JSON.stringify(answerOf(this.#site, tally))),
          (why: unknown) => this.#log.warn({ why: messageOf(why) }, 'the counters cannot be read'),
        );
      },
    });
    this.#running = this.#follow(consumer);
  }

  /** Ends after the batch in hand. The connections stay open. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#messages?.stop();
    await this.#running;
  }

  /** Drops what is stored of the site and reads the stream again from its beginning; resolves when it has begun to. */
  async rebuild(): Promise<void> {
    this.#log.info({ site: this.#site }, 'the facts are dropped and read again from the stream');
    this.#stopped = true;
    this.#messages?.stop();
    await this.#running;
    await this.#store.forget(this.#site);
    this.#stopped = false;
    this.#running = this.#follow(await this.#consumer());
  }

  /** Messages of the stream that are not stored yet. */
  async lag(): Promise<number> {
    const admin = await jetstreamManager(this.#connection.nats);
    const { state } = await admin.streams.info(subjectsOf(this.#site).stream);
    return Math.max(0, state.last_seq - (await this.#store.tally(this.#site)).streamSeq);
  }

  /**
   * The durable consumer, going on exactly after what the store has. Messages that were delivered but not stored would come again only after the
   * wait for their acknowledgement; so where the consumer is ahead of the store (killed in a batch, file deleted or restored) it is made anew. The
   * stream never is.
   */
  async #consumer(): Promise<Consumer> {
    const { stream } = subjectsOf(this.#site);
    const admin = await jetstreamManager(this.#connection.nats);
    const { state } = await admin.streams.info(stream);
    if (state.last_seq < (await this.#store.tally(this.#site)).streamSeq) {
      this.#log.warn({ streamSeq: state.last_seq }, 'the stream is younger than the store; reading it from its beginning');
      await this.#store.forget(this.#site);
    }
    const stored = (await this.#store.tally(this.#site)).streamSeq;
    const wanted: Partial<ConsumerConfig> = {
      durable_name: this.#durable,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: BATCH * 4,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: stored + 1,
    };
    const known = await admin.consumers.info(stream, this.#durable).catch((fault: unknown) => {
      if (fault instanceof JetStreamApiError && fault.code === JetStreamApiCodes.ConsumerNotFound) return undefined;
      throw fault;
    });
    if (known && known.delivered.stream_seq !== stored) await admin.consumers.delete(stream, this.#durable);
    if (known?.delivered.stream_seq !== stored) await admin.consumers.add(stream, wanted);
    return await jetstream(this.#connection.nats).consumers.get(stream, this.#durable);
  }

  async #follow(first: Consumer): Promise<void> {
    let consumer: Consumer | undefined = first;
    while (!this.#stopped && !this.#connection.nats.isClosed()) {
      try {
        await this.#drain(consumer ?? (await this.#consumer()));
      } catch (fault) {
        if (this.#stopped || this.#connection.nats.isClosed()) return;
        this.#log.warn({ why: messageOf(fault) }, 'analytics starts again after what it has stored');
        await delay(RETRY_MS);
      }
      consumer = undefined;
    }
  }

  /** Stores whatever has arrived in one transaction, so that a burst costs one flush of the disk and a single event does not wait. */
  async #drain(consumer: Consumer): Promise<void> {
    const arrived: JsMsg[] = [];
    let ring = (): void => {};
    let over = false;
    const messages = await consumer.consume({
      max_messages: BATCH,
      callback: (message) => {
        arrived.push(message);
        ring();
      },
    });
    this.#messages = messages;
    const closed = messages.closed().then((fault) => {
      over = true;
      ring();
      return fault;
    });
    if (this.#stopped) messages.stop();
    try {
      while (!over) {
        const batch = arrived.splice(0, BATCH);
        if (batch.length === 0) await new Promise<void>((resolve) => (ring = resolve));
        else await this.#keep(batch);
      }
    } finally {
      messages.stop();
    }
    const fault = await closed;
    if (fault instanceof Error) throw fault;
  }

  async #keep(batch: readonly JsMsg[]): Promise<void> {
    await this.#store.add(
      this.#site,
      batch.map((message) => ({
        streamSeq: message.seq,
        event: parseCloudEvent(bodyText(message), this.#site),
        previousId: message.headers?.has(PREVIOUS_HEADER) ? message.headers.get(PREVIOUS_HEADER) : undefined,
      })),
    );
    // Acknowledged only now that the facts are on the disk.
    for (const message of batch) message.ack();
  }
}
