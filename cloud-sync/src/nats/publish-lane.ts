/**
 * Publishing to the stream without a promise, a timer and an error object for each event: one reply subject for all, one callback for what the
 * server answers. The client's own `publish` spends three quarters of its time preparing errors that never happen. Nothing is repeated and
 * nothing is timed here; whoever publishes watches the clock (`relay/window.ts`).
 */
import { createInbox, headers, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { PublishFailed, WrongLast } from './errors.ts';

/** API codes of the server for a refused position: wrong last message id, wrong last sequence. */
const WRONG_LAST_CODES: readonly number[] = [10_070, 10_071, 10_164];
/** Our own header: id of the event sent before this one, so that a consumer can check the chain of the site. */
export const PREVIOUS_HEADER = 'Keepline-Previous';

/** One event on its way. */
export interface Outgoing {
  readonly subject: string;
  readonly id: string;
  readonly body: string | Uint8Array;
  /** How `body` is compressed; absent when it is plain JSON. */
  readonly encoding?: 'zstd';
}

export interface Position {
  /** Sequence the stream must stand at. */
  readonly afterSeq: number;
  /** Event id the stream must end with; '' leaves it to the sequence. */
  readonly afterId: string;
  /** Id of the event sent before, for the chain header; '' at the beginning. */
  readonly previousId: string;
}

/** What became of an event, told by the sequence it was to get. Answers may come in any order, twice, or never. */
export interface LaneListener {
  acknowledged(streamSeq: number): void;
  refused(streamSeq: number, fault: Error): void;
}

export class PublishLane {
  readonly #nats: NatsConnection;
  readonly #stream: string;
  readonly #inbox: string;
  readonly #listener: LaneListener;
  readonly #answers: Subscription;

  /** @param inboxPrefix reply subjects this user may subscribe to */
  constructor(nats: NatsConnection, stream: string, inboxPrefix: string | undefined, listener: LaneListener) {
    this.#nats = nats;
    this.#stream = stream;
    this.#listener = listener;
    this.#inbox = createInbox(inboxPrefix ?? '_INBOX');
    this.#answers = nats.subscribe(`${this.#inbox}.*`, {
      callback: (fault, message) => {
        // A fault of the subscription itself ends the connection; its silence is noticed by who waits.
        if (!fault) this.#hear(message.subject, message.data, message.headers?.code ?? 0);
      },
    });
  }

  /** Hands one event to the connection. @throws Error when the connection is closed */
  publish(event: Outgoing, position: Position): void {
    const sent = headers();
    sent.append('Nats-Msg-Id', event.id);
    sent.append('Nats-Expected-Stream', this.#stream);
    sent.append('Nats-Expected-Last-Sequence', String(position.afterSeq));
    if (position.afterId !== '') sent.append('Nats-Expected-Last-Msg-Id', position.afterId);
    sent.append(PREVIOUS_HEADER, position.previousId);
    if (event.encoding !== undefined) sent.append('Content-Encoding', event.encoding);
    this.#nats.publish(event.subject, event.body, { headers: sent, reply: `${this.#inbox}.${position.afterSeq + 1}` });
  }

  /** No more answers are heard. What was sent is not taken back. */
  close(): void {
    this.#answers.unsubscribe();
  }

  #hear(subject: string, body: Uint8Array, status: number): void {
    const streamSeq = Number(subject.slice(this.#inbox.length + 1));
    const answer = status === 0 ? readAnswer(body) : { seq: 0, code: status, why: 'nobody serves JetStream' };
    // A duplicate is acknowledged with its old place: only the place asked for is good news.
    if (answer.code === 0 && answer.seq === streamSeq) return this.#listener.acknowledged(streamSeq);
    const wrongPlace = answer.code === 0 || WRONG_LAST_CODES.includes(answer.code);
    const why = answer.code === 0 ? `it is there already, as message ${answer.seq}` : answer.why;
    const name = `message ${streamSeq}`;
    this.#listener.refused(streamSeq, wrongPlace ? new WrongLast(name, why) : new PublishFailed(name, new Error(why)));
  }
}

interface Answer {
  readonly seq: number;
  /** API error code of the server; 0 for good news, -1 for an answer that cannot be read. */
  readonly code: number;
  readonly why: string;
}

/** JetStream's acknowledgement (`PubAck`): `{"stream","seq","duplicate"?}`, or `{"error":{"err_code","description"}}`. Pure. */
export function readAnswer(body: Uint8Array): Answer {
  try {
    const value: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString());
    const { seq, error } = value as { seq?: number; error?: { err_code?: number; code?: number; description?: string } };
    if (error) return { seq: 0, code: error.err_code ?? error.code ?? -1, why: error.description ?? 'no reason given' };
    return typeof seq === 'number' ? { seq, code: 0, why: '' } : { seq: 0, code: -1, why: 'no sequence in the answer' };
  } catch {
    return { seq: 0, code: -1, why: 'the answer is not JSON' };
  }
}
