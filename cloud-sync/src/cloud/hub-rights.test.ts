/**
 * A hostile cloud on a real server: with the credentials of the running workers, and of the downlink publisher, everything is tried that
 * would purge, forge or read what is the site's. Refused means refused by the server, not by our client.
 */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type NatsConnection, PermissionViolationError } from '@nats-io/transport-node';
import { eventually } from '@keepline/testkit/eventually';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CloudConnection } from '../nats/cloud-connection.ts';
import { readProof } from '../nats/credentials.ts';
import { CloudRefused } from '../nats/errors.ts';
import { EventStream } from '../nats/event-stream.ts';
import { eventSubject, subjectsOf } from '../nats/subjects.ts';
import { type HubRole, inboxOf, rightsOf } from './hub-rights.ts';
import { provision } from './provision.ts';

const { stream, siteInbox, downlinkStream, adviceRoute } = subjectsOf('demo');
const EVENT = eventSubject('demo', 'call.held');

let hub: Hub;
const open: CloudConnection[] = [];

async function as(role: HubRole): Promise<CloudConnection> {
  const file = {
    site: hub.siteCredentials,
    workers: hub.cloudCredentials,
    reader: hub.readerCredentials,
    publisher: hub.publisherCredentials,
    operator: hub.operatorCredentials,
  }[role].file;
  const inboxPrefix = role === 'site' ? siteInbox : inboxOf('demo', role);
  const connection = await CloudConnection.open({
    servers: [hub.url],
    name: role,
    timeoutMs: 20_000,
    inboxPrefix,
    proof: () => readProof(file),
  });
  open.push(connection);
  return connection;
}

/** Publishes and gives what the server said: the subject it refused, or '' when a round trip brought no refusal. */
async function refusedPublish(nats: NatsConnection, subject: string, reply?: string): Promise<string> {
  const refusals: string[] = [];
  const statuses = nats.status();
  const listening = (async () => {
    for await (const status of statuses) {
      if (status.type !== 'error' || !(status.error instanceof PermissionViolationError)) continue;
      refusals.push(status.error.subject);
      return;
    }
  })();
  nats.publish(subject, '{"forged":true}', reply === undefined ? {} : { reply });
  await nats.flush();
  await Promise.race([listening, nats.flush()]);
  return refusals[0] ?? '';
}

/** Subscribes; resolves with the fault the server ended it with, or undefined when it stands. */
async function refusedSubscription(nats: NatsConnection, subject: string): Promise<unknown> {
  const refused = Promise.withResolvers<unknown>();
  const subscription = nats.subscribe(subject, {
    callback(fault) {
      if (fault) refused.resolve(fault);
    },
  });
  void subscription.closed.then((fault) => refused.resolve(fault instanceof Error ? fault : undefined));
  await nats.flush();
  const result = await Promise.race([refused.promise, nats.flush().then(() => undefined)]);
  subscription.unsubscribe();
  return result;
}

const last = async (): Promise<number> => (await new EventStream(open[0] as CloudConnection, stream).end()).seq;

beforeAll(async () => {
  hub = await startHub({ site: 'demo' });
  const operator = await as('operator');
  await provision(operator, 'demo');
  await jetstream(operator.nats).publish(EVENT, '{"kept":1}', { msgID: 'evt-1' });
});
afterAll(async () => {
  for (const connection of open) connection.drop();
  await hub.close();
});

describe.for(['workers', 'reader', 'publisher', 'site'] as const)('with the credentials of the %s', (role) => {
  let nats: NatsConnection;
  beforeAll(async () => {
    ({ nats } = await as(role));
  });

  it('no stream can be purged, deleted, changed or made, and no message deleted', async () => {
    const admin = await jetstreamManager(nats, { checkAPI: false, timeout: 20_000 });
    for (const name of [stream, downlinkStream]) {
      await expect(admin.streams.purge(name)).rejects.toThrow(/Permissions Violation/);
      await expect(admin.streams.delete(name)).rejects.toThrow(/Permissions Violation/);
      await expect(admin.streams.deleteMessage(name, 1)).rejects.toThrow(/Permissions Violation/);
    }
    await expect(admin.streams.add({ name: 'MINE', subjects: ['keepline.v1.demo.events.mine'] })).rejects.toThrow(/Permissions Violation/);
    expect(await refusedPublish(nats, `$JS.API.STREAM.UPDATE.${stream}`)).toBe(`$JS.API.STREAM.UPDATE.${stream}`);
    expect(await last()).toBe(1);
  });

  it('nobody can be listened to', async () => {
    for (const subject of [
      '>',
      'keepline.>',
      'keepline.v1.demo.events.>',
      'keepline.v1.other.events.>',
      '$JS.API.>',
      '_INBOX_operator_demo.>',
    ])
      expect([subject, await refusedSubscription(nats, subject)]).toEqual([subject, expect.any(PermissionViolationError)]);
    if (role !== 'site') expect(await refusedSubscription(nats, `${siteInbox}.>`)).toBeInstanceOf(PermissionViolationError);
  });

  it('nothing can be said in the name of another site, nor by the cloud in the name of this one', async () => {
    const foreign = [eventSubject('other', 'call.held'), '$JS.API.STREAM.INFO.KEEPLINE_OTHER', '$SYS.REQ.SERVER.PING', 'free.subject'];
    const own = role === 'site' ? [] : [EVENT, `${siteInbox}.guess.1`];
    for (const subject of [...foreign, ...own]) expect(await refusedPublish(nats, subject)).toBe(subject);
    expect(await last()).toBe(1);
  });
});

describe('what a hostile worker could try with the rights it needs', () => {
  it('a consumer of the event stream cannot be pointed at the stream, nor at an order to purge it', async () => {
    const { nats } = await as('reader');
    const admin = await jetstreamManager(nats, { timeout: 20_000 });
    const push = (deliver_subject: string) => admin.consumers.add(stream, { name: crypto.randomUUID(), deliver_subject });
    await expect(push(EVENT)).rejects.toThrow(/cycle/);
    for (const verb of ['PURGE', 'DELETE', 'UPDATE']) await push(`$JS.API.STREAM.${verb}.${stream}`).catch(() => undefined);
    await nats.flush();
    const { state, config } = await admin.streams.info(stream);
    expect(state).toMatchObject({ messages: 1, last_seq: 1 });
    expect(config).toMatchObject({ deny_purge: true, deny_delete: true });
  });

  it('a consumer of the downlink stream, which could carry its words anywhere, is not its to make', async () => {
    const { nats } = await as('reader');
    const admin = await jetstreamManager(nats, { timeout: 20_000 });
    await expect(admin.consumers.add(downlinkStream, { name: 'x', deliver_subject: EVENT })).rejects.toThrow(/Permissions Violation/);
    await expect(admin.consumers.delete(downlinkStream, 'site')).rejects.toThrow(/Permissions Violation/);
  });

  it('who answers questions has no consumer, and who reads answers nothing: no message of a stream is kept as a question (nats-server#6058)', async () => {
    const { nats } = await as('workers');
    const info = `$JS.API.STREAM.INFO.${stream}`;
    expect(await refusedPublish(nats, info, '_INBOX.x')).toBe(info);
    for (const verb of ['CREATE', 'DURABLE.CREATE', 'MSG.NEXT']) {
      const subject = `$JS.API.CONSUMER.${verb}.${stream}.x`;
      expect(await refusedPublish(nats, subject, '_INBOX.x')).toBe(subject);
    }
    const reader = await as('reader');
    expect(await refusedSubscription(reader.nats, adviceRoute)).toBeInstanceOf(PermissionViolationError);
    const { reader: rights, workers } = rightsOf('demo');
    expect([rights.respond, workers.publish]).toEqual([undefined, []]);
  });

  it('answers what it was asked, and nothing it was not', async () => {
    const worker = await as('workers');
    const site = await as('site');
    worker.nats.subscribe(adviceRoute, { callback: (_fault, message) => void message.respond('{"advice":1}') });
    await worker.nats.flush();
    expect(await site.ask(adviceRoute, '{}', 20_000)).toEqual({ ok: true, text: '{"advice":1}' });
    expect(await refusedPublish(worker.nats, `${siteInbox}.never.asked`)).toBe(`${siteInbox}.never.asked`);
  });
});

describe('credentials', () => {
  it('that expired are named before the dial, and at the moment they expire on an open connection', async () => {
    const { writeFileSync } = await import('node:fs');
    const file = `${hub.siteCredentials.file}.short`;
    const nowSeconds = Math.floor(Date.now() / 1000);
    const dial = () => CloudConnection.open({ servers: [hub.url], name: 'x', timeoutMs: 20_000, proof: () => readProof(file) });
    writeFileSync(file, (await hub.issue('site', nowSeconds - 1)).creds);
    await expect(dial()).rejects.toMatchObject({ code: 'CREDENTIALS_EXPIRED' });
    writeFileSync(file, (await hub.issue('site', Math.floor(Date.now() / 1000) + 6)).creds);
    expect(await (await dial()).closed).toBe('credentials_expired'); // told by the server
  });

  it('that were revoked are cut at once and refused from then on', async () => {
    const { writeFileSync } = await import('node:fs');
    const file = `${hub.siteCredentials.file}.old`;
    const { creds, publicKey } = await hub.issue('site', Math.floor(Date.now() / 1000) + 600);
    writeFileSync(file, creds);
    const dial = () => CloudConnection.open({ servers: [hub.url], name: 'x', timeoutMs: 20_000, proof: () => readProof(file, 'jwt') });
    const connection = await dial();
    expect(connection.identity).toBe(publicKey);
    await hub.revoke(publicKey);
    expect(await connection.closed).toBe('credentials_revoked');
    // While the hub takes up the new list it may be slow to answer a dial at all.
    await eventually('a dial is refused', async () => (await dial().catch((fault: unknown) => fault)) instanceof CloudRefused);
  });

  it('of another operator are refused', async () => {
    const other = await startHub({ site: 'demo' });
    try {
      const proof = () => readProof(other.operatorCredentials.file);
      await expect(CloudConnection.open({ servers: [hub.url], name: 'x', timeoutMs: 20_000, proof })).rejects.toMatchObject({
        code: 'CLOUD_REFUSED',
      });
    } finally {
      await other.close();
    }
  });
});
