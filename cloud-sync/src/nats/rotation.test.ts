/** Credentials are renewed under traffic, three times over: no event is lost, none comes twice, and the old ones are refused afterwards. */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, renameSync, writeFileSync } from 'node:fs';
import { eventually } from '@keepline/testkit/eventually';
import { freeTcpPort } from '@keepline/testkit/free-port';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hubConfig } from '../cloud/hub-config.ts';
import { rightsOf } from '../cloud/hub-rights.ts';
import { provision } from '../cloud/provision.ts';
import { Outbox } from '../outbox/outbox.ts';
import { madeEvent } from '../testing/made-event.ts';
import type { LinkChange } from '@keepline/contracts/link';
import { CALM, cloudSide, idsInStream, runSync } from '../testing/running-sync.ts';
import { CloudConnection } from './cloud-connection.ts';
import { readProof } from './credentials.ts';
import { subjectsOf } from './subjects.ts';

const EVENTS = 1500;
/** Long enough for a busy machine to start a process and dial. */
const LIFE_S = 10;
let dir: TempDir;
beforeEach(() => {
  dir = tempDir();
});
afterEach(() => dir.remove());

describe('a rotation of user JWTs', () => {
  let hub: Hub;
  beforeEach(async () => {
    hub = await startHub({ site: 'demo' });
  });
  afterEach(() => hub.close());

  it('loses and doubles nothing while events flow, and the link stays up', async () => {
    const first = await cloudSide(hub);
    await provision(first, 'demo');
    first.drop();
    const outbox = await Outbox.open(`${dir.path}/outbox.db`, { maxEvents: 100_000 });
    const sync = await runSync({ folder: dir.path, hub, cloud: CALM });
    const { file } = hub.siteCredentials;
    const dialling = { servers: [hub.url], name: 'of the old ones', timeoutMs: 20_000, inboxPrefix: subjectsOf('demo').siteInbox };
    const ids: string[] = [];
    let identity = hub.siteCredentials.publicKey;
    try {
      await eventually('the link is up', async () => (await sync.get<{ state: string }>('/link')).state === 'up');
      const bystander = await cloudSide(hub);
      const produce = (async () => {
        for (let n = 0; n < EVENTS; n += 10) {
          const batch = Array.from({ length: 10 }, (_, i) => madeEvent(n + i));
          await outbox.append(batch, n + 10);
          ids.push(...batch.map(({ id }) => id));
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      for (let round = 0; round < 3; round++) {
        copyFileSync(file, `${dir.path}/${round}.creds`);
        const next = await hub.issue('site', Math.floor(Date.now() / 1000) + 600);
        writeFileSync(`${file}.draft`, next.creds);
        renameSync(`${file}.draft`, file);
        await eventually(
          'the new ones are in use',
          async () => (await sync.get<{ identity: string }>('/credentials')).identity === next.publicKey,
        );
        const revoked = await CloudConnection.open({ ...dialling, proof: () => readProof(`${dir.path}/${round}.creds`) });
        await hub.revoke(identity);
        expect(await revoked.closed).toBe('credentials_revoked');
        identity = next.publicKey;
      }
      await produce;
      await eventually('all are delivered', async () => (await sync.get<{ waiting: number }>('/counts')).waiting === 0);
      expect(await idsInStream(bystander)).toEqual(ids);
      expect(bystander.nats.isClosed()).toBe(false); // only whom it was meant for was cut
      bystander.drop();
      // From its start on: never in doubt, so no desk changed its mode and no decision went without being asked.
      expect((await sync.get<LinkChange[]>('/link/timeline')).map(({ to }) => to)).toEqual(['probing', 'up']);
      expect(await sync.get<{ verdict: string }>('/reconcile')).toMatchObject({ verdict: 'balanced' });
    } finally {
      sync.process.kill('SIGTERM');
      await sync.exited;
      await outbox.close();
    }
  });

  it('to credentials nobody knows costs nothing: the present connection stays, and good ones are taken later', async () => {
    const cloud = await cloudSide(hub);
    await provision(cloud, 'demo');
    cloud.drop();
    const other = await startHub({ site: 'demo' });
    const sync = await runSync({ folder: dir.path, hub, cloud: CALM });
    const { file } = hub.siteCredentials;
    try {
      await eventually('the link is up', async () => (await sync.get<{ state: string }>('/link')).state === 'up');
      copyFileSync(other.siteCredentials.file, file);
      await eventually('it was tried', () => /no new connection could be had/.test(sync.log()));
      const next = await hub.issue('site', Math.floor(Date.now() / 1000) + 600);
      writeFileSync(file, next.creds);
      await eventually('they are in use', async () => (await sync.get<{ identity: string }>('/credentials')).identity === next.publicKey);
      expect((await sync.get<LinkChange[]>('/link/timeline')).map(({ to }) => to)).toEqual(['probing', 'up']);
    } finally {
      sync.process.kill('SIGTERM');
      await sync.exited;
      await other.close();
    }
  });

  it('that is forgotten is a condition with a name, not a silent retry, and ends with new ones', async () => {
    const { file } = hub.siteCredentials;
    const cloud = await cloudSide(hub);
    await provision(cloud, 'demo');
    cloud.drop();
    writeFileSync(file, (await hub.issue('site', Math.floor(Date.now() / 1000) + LIFE_S)).creds);
    const sync = await runSync({ folder: dir.path, hub });
    try {
      await eventually(
        'the link says so',
        async () => (await sync.get<{ condition?: string }>('/link')).condition === 'credentials_expired',
      );
      // Told by the server on the open connection, then known by ourselves before each dial.
      expect(await sync.get<LinkChange[]>('/link/timeline')).toContainEqual(
        expect.objectContaining({ to: 'down', why: 'credentials_expired', condition: 'credentials_expired' }),
      );
      await eventually('the log says until when', () => /expired at/.test(sync.log()));
      writeFileSync(file, (await hub.issue('site', Math.floor(Date.now() / 1000) + 600)).creds);
      await eventually('the link is there', async () => (await sync.get<{ state: string }>('/link')).state !== 'down');
    } finally {
      sync.process.kill('SIGTERM');
      await sync.exited;
    }
  });
});

describe('mutual TLS', () => {
  it('proves the site by its certificate, gives it the same least rights, and refuses a stranger', async () => {
    const at = (name: string): string => `${dir.path}/${name}`;
    certificates(dir.path);
    const port = await freeTcpPort();
    const users = [{ subject: 'CN=site,O=keepline', rights: rightsOf('demo').site }];
    const trust = { caFile: at('ca.pem'), certFile: at('server.pem'), keyFile: at('server.key'), users };
    writeFileSync(at('hub.conf'), hubConfig({ port, storeDir: at('store'), trust }));
    const server = spawn('nats-server', ['-c', at('hub.conf')], { stdio: 'ignore' });
    const dial = (proof: string): Promise<CloudConnection> =>
      CloudConnection.open({
        ...{ servers: [`tls://localhost:${port}`], name: 'site', timeoutMs: 20_000, inboxPrefix: subjectsOf('demo').siteInbox },
        ...{ caFile: at('ca.pem'), proof: () => readProof(at(proof), 'mtls') },
      });
    try {
      const site = await eventually('the server answers', () => dial('site-both.pem'));
      expect(site.identity).toMatch(/^[0-9a-f]{64}$/);
      await site.ping();
      const refused = site.nats.subscribe('keepline.v1.demo.events.>');
      await expect(refused[Symbol.asyncIterator]().next()).rejects.toThrow(/permissions violation/i);
      site.drop();
      await expect(dial('stranger-both.pem')).rejects.toMatchObject({ code: 'CLOUD_REFUSED' });
    } finally {
      server.kill();
    }
  });
});

/** A certificate authority, a server, the site, and a stranger with a good certificate but no place in the table of users. */
function certificates(folder: string): void {
  const openssl = (...given: string[]): void => void execFileSync('openssl', given, { cwd: folder, stdio: 'pipe' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...ec, '-subj', '/CN=test-ca', '-keyout', 'ca.key', '-out', 'ca.pem');
  for (const name of ['server', 'site', 'stranger']) {
    const extra = name === 'server' ? ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'] : [];
    openssl(
      'req',
      '-x509',
      ...ec,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-subj',
      `/O=keepline/CN=${name}`,
      ...extra,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
    );
    execFileSync('sh', ['-c', `cat ${name}.pem ${name}.key > ${name}-both.pem`], { cwd: folder });
  }
}
