/**
 * The site's JetStream stream as the relay sees it: where does it stand, and append after exactly that.
 *
 * Position is claimed twice. `Nats-Expected-Last-Msg-Id` chains event to event; it is left out of the first publish of a connection, because a
 * server restarted after its de-duplication window has forgotten the id of its last message (2.9.10) and would refuse for ever. That first
 * publish carries `Nats-Expected-Last-Sequence` alone, with the sequence just asked for; all later ones carry both.
 */
import { JetStreamApiCodes, JetStreamApiError, type JetStreamClient, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { CloudConnection } from './cloud-connection.ts';
import { PublishFailed, StreamMissing, WrongLast } from './errors.ts';

/** How long an acknowledgement may take before the connection counts as doubtful, ms. */
export const ACK_TIMEOUT_MS = 5000;
/** API codes of the server for a refused position: wrong last message id, wrong last sequence. */
const WRONG_LAST_CODES: readonly number[] = [10_070, 10_071, 10_164];
/** Our own header: id of the event sent before this one, so that a consumer can check the chain of the site. */
export const PREVIOUS_HEADER = 'Keepline-Previous';

export interface StreamEnd {
  /** Sequence of the last message ever stored; 0 in a new stream. */
  readonly seq: number;
  /** `Nats-Msg-Id` of that message; '' when there is none or it is not kept any more. */
  readonly msgId: string;
}

export interface Position {
  /** Sequence the stream must stand at. */
  readonly afterSeq: number;
  /** Event id the stream must end with; '' leaves it to the sequence. */
  readonly afterId: string;
  /** Id of the event sent before, for the chain header; '' at the beginning. */
  readonly previousId: string;
}

export class EventStream {
  readonly #name: string;
  readonly #connection: CloudConnection;
  readonly #client: JetStreamClient;

  constructor(connection: CloudConnection, name: string) {
    this.#name = name;
    this.#connection = connection;
    this.#client = jetstream(connection.nats, { timeout: ACK_TIMEOUT_MS });
  }

  /** @throws KeeplineError STREAM_MISSING */
  async end(): Promise<StreamEnd> {
    try {
      // checkAPI would ask for the account, which a site's user may not.
      const admin = await jetstreamManager(this.#connection.nats, { timeout: ACK_TIMEOUT_MS, checkAPI: false });
      const { state } = await admin.streams.info(this.#name);
      if (state.last_seq === 0) return { seq: 0, msgId: '' };
      const last = await admin.streams.getMessage(this.#name, { seq: state.last_seq });
      return { seq: state.last_seq, msgId: last?.header.get('Nats-Msg-Id') ?? '' };
    } catch (fault) {
      throw fault instanceof JetStreamApiError && fault.code === JetStreamApiCodes.StreamNotFound ? new StreamMissing(this.#name) : fault;
    }
  }

  /**
   * Appends one event; resolves with its stream sequence once the server has acknowledged it.
   * @throws KeeplineError STREAM_WRONG_LAST, EVENT_PUBLISH_FAILED
   */
  async append(subject: string, id: string, body: string, position: Position): Promise<number> {
    const chain = headers();
    chain.set(PREVIOUS_HEADER, position.previousId);
    const expect = {
      streamName: this.#name,
      lastSequence: position.afterSeq,
      ...(position.afterId === '' ? {} : { lastMsgID: position.afterId }),
    };
    try {
      const ack = await this.#client.publish(subject, body, { msgID: id, headers: chain, expect, timeout: ACK_TIMEOUT_MS });
      // A duplicate is acknowledged with its old place: only the place asked for is good news.
      if (ack.seq !== position.afterSeq + 1) throw new WrongLast(id, `it is there already, as message ${ack.seq}`);
      return ack.seq;
    } catch (fault) {
      if (fault instanceof WrongLast) throw fault;
      if (fault instanceof JetStreamApiError && WRONG_LAST_CODES.includes(fault.code)) throw new WrongLast(id, fault.message);
      throw new PublishFailed(id, fault);
    }
  }
}
