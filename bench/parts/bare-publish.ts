/** The floor of `bench relay`: asynchronous JetStream publishing with the client's own function, nothing claimed, nothing looked at. */
import { jetstream } from '@nats-io/jetstream';
import type { Hub } from '@keepline/testkit/nats-server';
import { provision } from '../../cloud-sync/src/cloud/provision.ts';
import { eventSubject } from '../../cloud-sync/src/nats/subjects.ts';
import { cloudSide } from '../../cloud-sync/src/testing/running-sync.ts';

/** Publishes in flight at once; more changed nothing. */
const WINDOW = 1024;

/** Publishes `count` messages to a stream of its own on the server, all acknowledged when it resolves. */
export async function barePublish(hub: Hub, payloads: readonly string[], count: number): Promise<void> {
  const connection = await cloudSide(hub);
  await provision(connection, 'bare', { maxBytes: 1_073_741_824 });
  const client = jetstream(connection.nats, { timeout: 30_000 });
  const subject = eventSubject('bare', 'call.held');
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await client.publish(subject, payloads[next++ % payloads.length] ?? '');
  };
  await Promise.all(Array.from({ length: WINDOW }, lane));
  connection.drop();
}
