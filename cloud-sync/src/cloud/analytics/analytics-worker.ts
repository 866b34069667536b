/** Reference analytics: a durable pull consumer of the site's stream keeps counters, and answers who asks for them. */
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
import { PREVIOUS_HEADER } from '../../nats/event-stream.ts';
import { subjectsOf } from '../../nats/subjects.ts';
import { parseCloudEvent } from '../cloud-event.ts';
import type { WorkerLog } from '../worker-log.ts';
import type { CounterStore } from './counter-store.ts';
import { answerOf } from './counters.ts';

const DURABLE = 'analytics';
const BATCH = 256;
/** Longer than any transaction of ours: a message that comes again has been lost, not delayed. */
const ACK_WAIT_MS = 60_000;
const RETRY_MS = 1000;

export class AnalyticsWorker {
  readonly #connection: CloudConnection;
  readonly #site: string;
  readonly #store: CounterStore;
  readonly #log: WorkerLog;
  #stopped = false;
  #messages: ConsumerMessages | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(connection: CloudConnection, site: string, store: CounterStore, log: WorkerLog) {
    this.#connection = connection;
    this.#site = site;
    this.#store = store;
    this.#log = log;
  }

  /** Begins to count and to answer. @throws when the stream is missing */
  async start(): Promise<void> {
    const consumer = await this.#consumer();
    this.#connection.nats.subscribe(subjectsOf(this.#site).analyticsCounters, {
      queue: 'analytics',
      callback: (fault, message) => {
        if (!fault) message.respond(JSON.stringify(answerOf(this.#site, this.#store.counters())));
      },
    });
    this.#running = this.#follow(consumer);
  }

  /** Ends after the batch in hand. The connection stays open. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#messages?.stop();
    await this.#running;
  }

  /**
   * The durable consumer, going on exactly after what the store has. Messages that were delivered but not counted would come again only later, out of
   * order; so where the consumer is ahead of the store (killed in a batch, file deleted or restored) it is made anew. The stream never is.
   */
  async #consumer(): Promise<Consumer> {
    const { stream } = subjectsOf(this.#site);
    const admin = await jetstreamManager(this.#connection.nats);
    const { state } = await admin.streams.info(stream);
    if (state.last_seq < this.#store.counters().streamSeq) {
      this.#log.warn({ streamSeq: state.last_seq }, 'the stream is younger than the counters; counting from its beginning');
      await this.#store.reset();
    }
    const counted = this.#store.counters().streamSeq;
    const wanted: Partial<ConsumerConfig> = {
      durable_name: DURABLE,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: BATCH * 4,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: counted + 1,
    };
    const known = await admin.consumers.info(stream, DURABLE).catch((fault: unknown) => {
      if (fault instanceof JetStreamApiError && fault.code === JetStreamApiCodes.ConsumerNotFound) return undefined;
      throw fault;
    });
    if (known && known.delivered.stream_seq !== counted) await admin.consumers.delete(stream, DURABLE);
    if (known?.delivered.stream_seq !== counted) await admin.consumers.add(stream, wanted);
    return await jetstream(this.#connection.nats).consumers.get(stream, DURABLE);
  }

  async #follow(first: Consumer): Promise<void> {
    let consumer: Consumer | undefined = first;
    while (!this.#stopped && !this.#connection.nats.isClosed()) {
      try {
        await this.#drain(consumer ?? (await this.#consumer()));
      } catch (fault) {
        if (this.#stopped || this.#connection.nats.isClosed()) return;
        this.#log.warn({ why: messageOf(fault) }, 'analytics starts again after what it has counted');
        await delay(RETRY_MS);
      }
      consumer = undefined;
    }
  }

  /** Counts whatever has arrived in one transaction, so that a burst costs one flush of the disk and a single event does not wait. */
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
        else await this.#count(batch);
      }
    } finally {
      messages.stop();
    }
    const fault = await closed;
    if (fault instanceof Error) throw fault;
  }

  async #count(batch: readonly JsMsg[]): Promise<void> {
    await this.#store.add(
      batch.map((message) => ({
        streamSeq: message.seq,
        event: parseCloudEvent(message.string(), this.#site),
        previousId: message.headers?.has(PREVIOUS_HEADER) ? message.headers.get(PREVIOUS_HEADER) : undefined,
      })),
    );
    // Acknowledged only now that the counts are on the disk.
    for (const message of batch) message.ack();
  }
}
