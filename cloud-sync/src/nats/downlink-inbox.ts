/** The site's end of the downlink stream: one message at a time through the durable consumer made for it, and receipts on the way back. */
import { type Consumer, type ConsumerMessages, jetstream } from '@nats-io/jetstream';
import { delay } from '@nats-io/transport-node';
import type { DownlinkReceipt } from '@keepline/contracts/downlink';
import { messageOf } from '@keepline/contracts/errors';
import type { CloudConnection } from './cloud-connection.ts';
import { subjectsOf } from './subjects.ts';

/** Messages asked for at once: with the largest envelope, what a flood may take of memory (4 MiB). */
const AHEAD = 8;
const RETRY_MS = 5000;

/** What becomes of one message: the receipt that is sent before it counts as received. */
export type TakeDownlink = (body: Uint8Array, kind: string) => Promise<DownlinkReceipt>;

/**
 * Hands each waiting message to `take` until the connection ends; a message whose `take` failed comes again after the server's wait.
 * @param complain hears why the stream cannot be read, once each RETRY_MS at most
 */
export async function followDownlink(
  connection: CloudConnection,
  site: string,
  take: TakeDownlink,
  complain: (why: string) => void,
): Promise<void> {
  const { downlinkStream, downlinkConsumer } = subjectsOf(site);
  const { nats } = connection;
  while (!nats.isClosed()) {
    try {
      const consumer = await jetstream(nats).consumers.get(downlinkStream, downlinkConsumer);
      await drain(connection, await messagesOf(consumer), site, take);
    } catch (fault) {
      if (nats.isClosed()) return;
      complain(messageOf(fault));
    }
    if (!nats.isClosed()) await delay(RETRY_MS);
  }
}

const messagesOf = (consumer: Consumer): Promise<ConsumerMessages> => consumer.consume({ max_messages: AHEAD });

async function drain(connection: CloudConnection, messages: ConsumerMessages, site: string, take: TakeDownlink): Promise<void> {
  const root = `keepline.v1.${site}`;
  for await (const message of messages) {
    const kind = message.subject.slice(`${root}.downlink.`.length);
    const receipt = await take(message.data, kind);
    // Without waiting: a receipt lost with the connection is made good by the message that then comes again.
    connection.nats.publish(`${root}.receipts.${receipt.outcome}`, JSON.stringify(receipt));
    message.ack();
  }
}
