/**
 * Looks at the cloud from the cloud's side: reads the whole stream of a site and asks the analytics service, so that tests and the demo
 * count what really arrived instead of believing the sender.
 */
import { readFileSync } from 'node:fs';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';

export interface WitnessedEvent {
  readonly sequence: number;
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export class CloudWitness {
  readonly #connection: NatsConnection;
  readonly #site: string;

  private constructor(connection: NatsConnection, site: string) {
    this.#connection = connection;
    this.#site = site;
  }

  /** @param credentialsFile the .creds file of the hub's operator: a witness may read everything */
  static async connect(server: string, credentialsFile: string, site: string): Promise<CloudWitness> {
    const authenticator = credsAuthenticator(readFileSync(credentialsFile));
    return new CloudWitness(await connect({ servers: server, authenticator, maxReconnectAttempts: -1, reconnectTimeWait: 200 }), site);
  }

  /** Every event in the stream, in its order. */
  async events(): Promise<WitnessedEvent[]> {
    const stream = `KEEPLINE_${this.#site.toUpperCase()}`;
    const manager = await jetstreamManager(this.#connection);
    const { state } = await manager.streams.info(stream);
    const events: WitnessedEvent[] = [];
    if (state.messages === 0) return events;
    const consumer = await jetstream(this.#connection).consumers.get(stream); // ordered: no gaps, from the first message
    const messages = await consumer.consume();
    for await (const message of messages) {
      events.push({ sequence: message.seq, ...eventOf(message.json()) });
      if (message.seq >= state.last_seq) break;
    }
    return events;
  }

  /** The counters of the reference analytics, as JSON. */
  async counters(): Promise<Readonly<Record<string, unknown>>> {
    const reply = await this.#connection.request(`keepline.v1.${this.#site}.analytics.counters`, '', { timeout: 5000 });
    return recordOf(reply.json());
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}

function eventOf(value: unknown): Omit<WitnessedEvent, 'sequence'> {
  const { id, type, data } = recordOf(value);
  return { id: String(id), type: String(type), data: recordOf(data) };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
