/**
 * Reference advice: learns from the site's stream, answers `advice.route`. Several workers share the questions as one queue group, a plain subscription
 * rather than a micro-service: the service library brings a second copy of the client, and discovery is not needed here.
 */
import { AdviceAnswer, AdviceRequest } from '@keepline/contracts/advice';
import type { Clock } from '@keepline/contracts/clock';
import { messageOf } from '@keepline/contracts/errors';
import { type ConsumerMessages, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { delay, type Msg } from '@nats-io/transport-node';
import { Value } from 'typebox/value';
import type { CloudConnection } from '../../nats/cloud-connection.ts';
import { subjectsOf } from '../../nats/subjects.ts';
import { parseCloudEvent } from '../cloud-event.ts';
import type { WorkerLog } from '../worker-log.ts';
import { Experience } from './experience.ts';
import { type AdviceSettings, routeAdvice } from './route-advice.ts';

/** How many of the newest events are read again at a start; older experience has faded. */
const LOOK_BACK_EVENTS = 100_000;
const RETRY_MS = 1000;

export class AdviceWorker {
  readonly #connection: CloudConnection;
  readonly #site: string;
  readonly #settings: AdviceSettings;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #log: WorkerLog;
  readonly #known = new Experience();
  #messages: ConsumerMessages | undefined;
  #learnedSeq = 0;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(connection: CloudConnection, site: string, settings: AdviceSettings, clock: Pick<Clock, 'now'>, log: WorkerLog) {
    this.#connection = connection;
    this.#site = site;
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
  }

  /** Begins to answer at once, and to learn from the newest events on. @throws when the stream is missing */
  async start(): Promise<void> {
    const { stream, adviceRoute } = subjectsOf(this.#site);
    const admin = await jetstreamManager(this.#connection.nats);
    const { state } = await admin.streams.info(stream);
    this.#learnedSeq = Math.max(0, state.last_seq - LOOK_BACK_EVENTS);
    this.#connection.nats.subscribe(adviceRoute, {
      queue: 'advice',
      callback: (fault, message) => {
        if (!fault) this.#answer(message);
      },
    });
    this.#running = this.#learn(stream);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#messages?.stop();
    await this.#running;
  }

  /** An empty reply means no advice: the site decides at once instead of waiting for its deadline. */
  #answer(message: Msg): void {
    const request = parsed(message.string());
    if (!Value.Check(AdviceRequest, request) || request.site !== this.#site) {
      this.#log.warn({}, 'an advice request of the wrong shape');
      message.respond('');
      return;
    }
    const utcHour = Math.floor(this.#clock.now() / 3_600_000) % 24;
    const answer = routeAdvice(request, this.#known, this.#settings, utcHour);
    message.respond(answer !== undefined && Value.Check(AdviceAnswer, answer) ? JSON.stringify(answer) : '');
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
          const event = parseCloudEvent(message.string(), this.#site);
          if (event) this.#known.learn(event);
        }
      } catch (fault) {
        if (this.#stopped || this.#connection.nats.isClosed()) return;
        this.#log.warn({ why: messageOf(fault) }, 'advice goes on learning after what it has read');
        await delay(RETRY_MS);
      }
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
