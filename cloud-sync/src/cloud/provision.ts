/** Creates the stream of a site if it is missing. It is never recreated and never changed: a new stream under an old name hides a loss. */
import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { CloudConnection } from '../nats/cloud-connection.ts';
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

/** @returns whether the stream was created just now */
export async function provision(connection: CloudConnection, site: string, options: ProvisionOptions = {}): Promise<boolean> {
  const admin = await jetstreamManager(connection.nats);
  const { stream, events } = subjectsOf(site);
  if (await exists(admin, stream)) return false;
  await admin.streams.add({
    name: stream,
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

async function exists(admin: JetStreamManager, stream: string): Promise<boolean> {
  try {
    await admin.streams.info(stream);
    return true;
  } catch (fault) {
    if (fault instanceof JetStreamApiError && fault.code === JetStreamApiCodes.StreamNotFound) return false;
    throw fault;
  }
}
