/** Reads the site's stream into experience: the newest events again at every start, then each new one. Answers nothing itself. */
import type { CloudEvent } from '@keepline/contracts/events';
import { messageOf } from '@keepline/contracts/errors';
import { type ConsumerMessages, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { delay } from '@nats-io/transport-node';
import type { CloudConnection } from '../../nats/cloud-connection.ts';
import { subjectsOf } from '../../nats/subjects.ts';
import { parseCloudEvent } from '../cloud-event.ts';
import { bodyText } from '../message-body.ts';
import type { WorkerLog } from '../worker-log.ts';

/** How many of the newest events are read again at a start; older experience has faded. */
const LOOK_BACK_EVENTS = 100_000;
const RETRY_MS = 1000;

export class Learner {
  readonly #connection: CloudConnection;
  readonly #site: string;
  readonly #pupil: { learn(event: CloudEvent): void };
  readonly #log: WorkerLog;
  #messages: ConsumerMessages | undefined;
  #learnedSeq = 0;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(connection: CloudConnection, site: string, pupil: { learn(event: CloudEvent): void }, log: WorkerLog) {
    this.#connection = connection;
    this.#site = site;
    this.#pupil = pupil;
    this.#log = log;
  }

  /** Begins to learn. @throws when the stream is missing */
  async start(): Promise<void> {
    const { stream } = subjectsOf(this.#site);
    const admin = await jetstreamManager(this.#connection.nats);
    const { state } = await admin.streams.info(stream);
    this.#learnedSeq = Math.max(0, state.last_seq - LOOK_BACK_EVENTS);
    this.#running = this.#learn(stream);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#messages?.stop();
    await this.#running;
  }

  async #learn(stream: string): Promise<void> {
    while (!this.#stopped && !this.#connection.nats.isClosed()) {
      try {
        const consumer = await jetstream(this.#connection.nats).consumers.get(stream, {
          deliver_policy: DeliverPolicy.StartSequence,
          opt_start_seq: this.#learnedSeq + 1,
        });
        this.#messages = await consumer.consume();
        if (this.#stopped) this.#messages.stop();
        for await (const message of this.#messages) {
          this.#learnedSeq = message.seq;
          const event = parseCloudEvent(bodyText(message), this.#site);
          if (event) this.#pupil.learn(event);
        }
      } catch (fault) {
        if (this.#stopped || this.#connection.nats.isClosed()) return;
        this.#log.warn({ why: messageOf(fault) }, 'advice goes on learning after what it has read');
        await delay(RETRY_MS);
      }
    }
  }
}
