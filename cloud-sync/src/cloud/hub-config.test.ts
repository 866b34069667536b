/** What the site's user may and may not do on a real server with our configuration. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jetstreamManager } from '@nats-io/jetstream';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { CloudConnection } from '../nats/cloud-connection.ts';
import { readCredentials } from '../nats/credentials.ts';
import { EventStream } from '../nats/event-stream.ts';
import { eventSubject, subjectsOf } from '../nats/subjects.ts';
import { cloudSide } from '../testing/running-sync.ts';
import { hubConfig } from './hub-config.ts';
import { provision } from './provision.ts';

const { stream, siteInbox } = subjectsOf('demo');

describe('the hub', () => {
  let hub: Hub;
  let site: CloudConnection;
  let cloud: CloudConnection;

  beforeAll(async () => {
    hub = await startHub({ site: 'demo' });
    cloud = await cloudSide(hub);
    site = await CloudConnection.open({
      servers: [hub.url],
      name: 'site',
      timeoutMs: 3000,
      inboxPrefix: siteInbox,
      credentials: readCredentials(hub.siteCredentials.file),
    });
    await provision(cloud, 'demo');
    const first = new EventStream(site, stream);
    await first.append(eventSubject('demo', 'call.held'), 'evt-1', '{}', { afterSeq: 0, afterId: '', previousId: '' });
  });
  afterAll(async () => {
    site.drop();
    cloud.drop();
    await hub.close();
  });

  it('lets the site ask where its stream stands and append to it', async () => {
    const events = new EventStream(site, stream);
    expect(await events.end()).toEqual({ seq: 1, msgId: 'evt-1' });
    await expect(
      events.append(eventSubject('demo', 'call.held'), 'evt-2', '{}', { afterSeq: 0, afterId: '', previousId: '' }),
    ).rejects.toMatchObject({
      code: 'STREAM_WRONG_LAST',
    });
  });

  it('does not let the site purge, delete or change the stream, nor delete a message', async () => {
    const admin = await jetstreamManager(site.nats, { checkAPI: false, timeout: 500 });
    await expect(admin.streams.purge(stream)).rejects.toThrow(/Permissions Violation/);
    await expect(admin.streams.delete(stream)).rejects.toThrow(/Permissions Violation/);
    await expect(admin.streams.deleteMessage(stream, 1)).rejects.toThrow(/Permissions Violation/);
    await expect(admin.streams.update(stream, { max_msgs: 1 })).rejects.toThrow(/Permissions Violation/);
    expect(await new EventStream(site, stream).end()).toEqual({ seq: 1, msgId: 'evt-1' });
  });

  it('does not let even the cloud workers purge, delete or change it', async () => {
    const admin = await jetstreamManager(cloud.nats, { timeout: 500 });
    await expect(admin.streams.purge(stream)).rejects.toThrow(/Permissions Violation/);
    await expect(admin.streams.delete(stream)).rejects.toThrow(/Permissions Violation/);
    await expect(admin.streams.deleteMessage(stream, 1)).rejects.toThrow(/Permissions Violation/);
    await expect(admin.streams.update(stream, { max_msgs: 1 })).rejects.toThrow(/Permissions Violation/);
    expect(await provision(cloud, 'demo')).toBe(false);
    expect((await admin.streams.info(stream)).state.messages).toBe(1);
  });

  it('does not let the site speak for another site or listen to anyone else', async () => {
    expect(await site.ask(eventSubject('other', 'call.held'), '{}', 300)).toMatchObject({ ok: false });
    const other = site.nats.subscribe('keepline.v1.demo.events.>');
    const heard: string[] = [];
    const listening = (async () => {
      for await (const message of other) heard.push(message.subject);
    })();
    await expect(listening).rejects.toThrow(/permissions violation/i);
    expect(heard).toEqual([]);
  });

  it('refuses wrong credentials by name, without repeating them', async () => {
    const { usernamePasswordAuthenticator } = await import('@nats-io/transport-node');
    const wrong = CloudConnection.open({
      servers: [hub.url],
      name: 'x',
      timeoutMs: 3000,
      credentials: usernamePasswordAuthenticator('site', 'guessed-secret'),
    });
    const fault: unknown = await wrong.catch((thrown: unknown) => thrown);
    expect(fault).toMatchObject({ code: 'CLOUD_REFUSED' });
    expect(String(fault)).not.toContain('guessed-secret');
  });
});

describe('hub configuration', () => {
  const options = {
    port: 4222,
    storeDir: '/var/store',
    site: 'demo',
    siteUser: 's',
    sitePassword: 'p',
    cloudUser: 'c',
    cloudPassword: 'q',
  };

  it('refuses texts that could change the file and never shows a password', () => {
    expect(() => hubConfig({ ...options, sitePassword: 'a" }' })).toThrow(
      expect.objectContaining({ code: 'HUB_OPTION_INVALID', offending: 'hidden' }),
    );
    for (const storeDir of ['', '/a"b', '/a\nb', '/a\\b', '$HOME']) {
      expect(() => hubConfig({ ...options, storeDir })).toThrow(expect.objectContaining({ code: 'HUB_OPTION_INVALID' }));
    }
    for (const port of [0, 65_536, 1.5])
      expect(() => hubConfig({ ...options, port })).toThrow(expect.objectContaining({ code: 'HUB_OPTION_INVALID' }));
  });

  it('a site name with a dot or wildcard cannot become a subject', () => {
    for (const site of ['a.b', '*', '>', 'A', ''])
      expect(() => hubConfig({ ...options, site })).toThrow(expect.objectContaining({ code: 'SITE_NAME_INVALID' }));
  });
});
