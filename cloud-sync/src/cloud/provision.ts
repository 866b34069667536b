/**
 * Creates the streams of a site where they are missing: its events, what the cloud proposes to it, and its receipts. Needs the operator's
 * credentials. A stream is never recreated and never changed: a new one under an old name hides a loss.
 */
import {
  AckPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { DOWNLINK_MAX_BYTES } from '@keepline/contracts/downlink';
import { nanos } from '@nats-io/transport-node';
import type { CloudConnection } from '../nats/cloud-connection.ts';
import { ACCEPTS_ZSTD } from '../nats/event-stream.ts';
import { subjectsOf } from '../nats/subjects.ts';

export interface ProvisionOptions {
  /** De-duplication window of the server, ms. Delivery does not lean on it; it only spares the stream a late repeat. */
  readonly duplicateWindowMs?: number;
  /** Copies of the stream; 1 on a single node, 3 in production. */
  readonly replicas?: number;
  /** Bytes of one stream; then publishing is refused and events wait on the site, rather than old ones being thrown away. */
  readonly maxBytes?: number;
}

const DUPLICATE_WINDOW_MS = 120_000;
const MAX_BYTES = 8_589_934_592;
/** What waits for a site: the newest of each kind; a flood of the cloud displaces only the cloud's own. */
const DOWNLINK_PER_KIND = 64;
const DOWNLINK_BYTES = 67_108_864;
const RECEIPTS_MAX = 10_000;
const RECEIPT_BYTES = 4096;
/** Longer than a site needs to verify and store one; then it is sent again. */
const DOWNLINK_ACK_WAIT_MS = 30_000;

/** @returns whether the event stream was created just now. @throws when these credentials may not create what is missing */
export async function provision(connection: CloudConnection, site: string, options: ProvisionOptions = {}): Promise<boolean> {
  const admin = await jetstreamManager(connection.nats);
  const { stream, events } = subjectsOf(site);
  if (await exists(admin, stream)) return false;
  await provisionDownlink(admin, site, options.replicas ?? 1);
  await admin.streams.add({
    name: stream,
    description: `events of the site; ${ACCEPTS_ZSTD}`, // the workers unpack it: message-body.ts
    subjects: [events],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: 'new',
    max_bytes: options.maxBytes ?? MAX_BYTES,
    num_replicas: options.replicas ?? 1,
    duplicate_window: nanos(options.duplicateWindowMs ?? DUPLICATE_WINDOW_MS),
    deny_delete: true,
    deny_purge: true,
  });
  return true;
}

/** Before the event stream, so that a site that finds its stream finds these too. */
async function provisionDownlink(admin: JetStreamManager, site: string, replicas: number): Promise<void> {
  const { downlinkStream, downlink, downlinkConsumer, receiptsStream, receipts } = subjectsOf(site);
  const bounded = {
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    num_replicas: replicas,
    deny_delete: true,
    deny_purge: true,
  };
  if (!(await exists(admin, downlinkStream)))
    await admin.streams.add({
      ...bounded,
      name: downlinkStream,
      subjects: [downlink],
      max_msgs_per_subject: DOWNLINK_PER_KIND,
      max_bytes: DOWNLINK_BYTES,
      max_msg_size: DOWNLINK_MAX_BYTES,
    });
  await admin.consumers.add(downlinkStream, {
    durable_name: downlinkConsumer,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(DOWNLINK_ACK_WAIT_MS),
  });
  if (await exists(admin, receiptsStream)) return;
  await admin.streams.add({ ...bounded, name: receiptsStream, subjects: [receipts], max_msgs: RECEIPTS_MAX, max_msg_size: RECEIPT_BYTES });
}

async function exists(admin: JetStreamManager, stream: string): Promise<boolean> {
  try {
    await admin.streams.info(stream);
    return true;
  } catch (fault) {
    if (fault instanceof JetStreamApiError && fault.code === JetStreamApiCodes.StreamNotFound) return false;
    throw fault;
  }
}
