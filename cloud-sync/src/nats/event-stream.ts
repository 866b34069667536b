/**
 * The site's JetStream stream as the relay sees it: where does it stand, and append after exactly that.
 *
 * Position is claimed twice. `Nats-Expected-Last-Msg-Id` chains event to event; it is left out of the first publish of a connection, because a
 * server restarted after its de-duplication window has forgotten the id of its last message (2.9.10) and would refuse for ever. That first
 * publish carries `Nats-Expected-Last-Sequence` alone, with the sequence just asked for; all later ones carry both.
 */
import { JetStreamApiCodes, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import type { CloudConnection } from './cloud-connection.ts';
import { StreamMissing } from './errors.ts';
import { type LaneListener, PublishLane } from './publish-lane.ts';

/** How long an acknowledgement may take before the connection counts as doubtful, ms. */
export const ACK_TIMEOUT_MS = 5000;

/**
 * Words in the description of a stream by which its consumers say that they unpack `Content-Encoding: zstd`; without them nothing is compressed.
 * The description is part of a stream in every version of the server; its metadata is not (2.10 and later).
 */
export const ACCEPTS_ZSTD = 'accepts zstd';

export interface StreamEnd {
  /** Sequence of the last message ever stored; 0 in a new stream. */
  readonly seq: number;
  /** `Nats-Msg-Id` of that message; '' when there is none or it is not kept any more. */
  readonly msgId: string;
  /** Whether events may come compressed. */
  readonly zstd: boolean;
}

export class EventStream {
  readonly #name: string;
  readonly #connection: CloudConnection;
  readonly #inboxPrefix: string | undefined;

  /** @param inboxPrefix reply subjects this user may subscribe to; any when absent */
  constructor(connection: CloudConnection, name: string, inboxPrefix?: string) {
    this.#name = name;
    this.#connection = connection;
    this.#inboxPrefix = inboxPrefix;
  }

  /** @throws KeeplineError STREAM_MISSING */
  async end(): Promise<StreamEnd> {
    try {
      // checkAPI would ask for the account, which a site's user may not.
      const admin = await jetstreamManager(this.#connection.nats, { timeout: ACK_TIMEOUT_MS, checkAPI: false });
      const { state, config } = await admin.streams.info(this.#name);
      const zstd = config.description?.includes(ACCEPTS_ZSTD) ?? false;
      if (state.last_seq === 0) return { seq: 0, msgId: '', zstd };
      const last = await admin.streams.getMessage(this.#name, { seq: state.last_seq });
      return { seq: state.last_seq, msgId: last?.header.get('Nats-Msg-Id') ?? '', zstd };
    } catch (fault) {
      throw fault instanceof JetStreamApiError && fault.code === JetStreamApiCodes.StreamNotFound ? new StreamMissing(this.#name) : fault;
    }
  }

  /** A way to publish many events without waiting for each; `listener` hears what became of them. */
  lane(listener: LaneListener): PublishLane {
    return new PublishLane(this.#connection.nats, this.#name, this.#inboxPrefix, listener);
  }
}
