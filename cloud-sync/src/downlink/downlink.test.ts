/** The downlink against a real server: a cloud that proposes, one that floods, and an outage in between. The process is the real one. */
import { generateKeyPairSync } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { type DownlinkReceipt, DOWNLINK_MAX_BYTES, pinOf, signDownlink } from '@keepline/contracts/downlink';
import type { ProposalList } from '@keepline/contracts/downlink-proposal';
import { newId } from '@keepline/contracts/ids';
import { eventually } from '@keepline/testkit/eventually';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { provision } from '../cloud/provision.ts';
import { CloudConnection } from '../nats/cloud-connection.ts';
import { readProof } from '../nats/credentials.ts';
import { subjectsOf } from '../nats/subjects.ts';
import { cloudSide, type RunningSync, runSync } from '../testing/running-sync.ts';

const signer = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const DOWNLINK = `downlink:\n  keepPerKind: 4\n  keys: ["${pinOf('ops', signer.publicKey)}"]\n`;
const TABLE = { agents: [{ id: 'agent1', skills: ['cards'] }], reason: '' };
const SUBJECT = 'keepline.v1.demo.downlink.skills.table';

let hub: Hub;
let dir: TempDir;
let sync: RunningSync;
let cloud: CloudConnection;
let operator: CloudConnection;

beforeEach(async () => {
  hub = await startHub({ site: 'demo' });
  operator = await cloudSide(hub);
  await provision(operator, 'demo');
  dir = tempDir();
  // The site file takes further groups after those of the cloud.
  sync = await runSync({ folder: dir.path, hub, cloud: `  heartbeatMs: 100\n  stableSeconds: 1\n${DOWNLINK}` });
  cloud = await publisher();
});
afterEach(async () => {
  sync.process.kill('SIGTERM');
  await sync.exited;
  cloud.drop();
  operator.drop();
  await hub.close();
  dir.remove();
});

const publisher = (): Promise<CloudConnection> =>
  CloudConnection.open({
    servers: [hub.url],
    name: 'publisher',
    timeoutMs: 20_000,
    inboxPrefix: '_INBOX_publisher_demo',
    proof: () => readProof(hub.publisherCredentials.file),
  });

function signed(version: number, changes: object = {}, key = signer.privateKey): string {
  const times = { notBeforeMs: 0, notAfterMs: Date.now() + 600_000 };
  const unsigned = { v: 1 as const, id: newId('dl', Date.now()), site: 'demo', kind: 'skills.table' as const, version, ...times };
  return JSON.stringify(signDownlink({ ...unsigned, payload: TABLE, key: 'ops', ...changes }, key));
}
const send = (body: string | Uint8Array, to = cloud): Promise<unknown> => jetstream(to.nats).publish(SUBJECT, body);
const list = (): Promise<ProposalList> => sync.get<ProposalList>('/downlink');

describe('a proposal of the cloud', () => {
  it('is kept with its signature whole, and the cloud gets a receipt', async () => {
    const body = signed(7);
    await send(body);
    const { proposals } = await eventually('the proposal is there', async () => {
      const found = await list();
      return found.proposals.length === 1 && found;
    });
    expect(proposals).toMatchObject([{ kind: 'skills.table', version: 7, key: 'ops' }]);
    expect(await sync.get(`/downlink/${proposals[0]?.id}`)).toEqual(JSON.parse(body));
    const consumer = await jetstream(operator.nats).consumers.get(subjectsOf('demo').receiptsStream);
    const receipt = (await consumer.next())?.json<DownlinkReceipt>();
    expect(receipt).toMatchObject({ id: proposals[0]?.id, version: 7, outcome: 'stored', why: '' });
  });

  it('that came during an outage is there after it, once', async () => {
    sync.process.kill('SIGKILL');
    await sync.exited;
    await send(signed(1));
    await send(signed(2));
    sync = await runSync({ folder: dir.path, hub, cloud: `  heartbeatMs: 100\n  stableSeconds: 1\n${DOWNLINK}` });
    await eventually('both are there', async () => (await list()).proposals.length === 2);
    await hub.kill();
    await hub.start();
    const again = await publisher();
    await send(signed(3), again);
    again.drop();
    await eventually('the third is there', async () => (await list()).proposals.length === 3);
    expect((await list()).refused).toEqual({});
  });
});

describe('a hostile cloud', () => {
  it('floods with huge, malformed, unsigned, forged, foreign, expired and old messages: each is refused and counted, the rest goes on', async () => {
    const beganMs = performance.now();
    await send(signed(100));
    await eventually('the good one is there', async () => (await list()).proposals.length === 1);
    const bad: Record<string, Array<string | Uint8Array>> = {
      malformed: ['', '{}', 'null', '['.repeat(100_000), new Uint8Array([0xff, 0xfe]), 'x'.repeat(DOWNLINK_MAX_BYTES - 1024)],
      signature_wrong: [signed(101, {}, stranger.privateKey), signed(101).replace('"cards"', '"loans"')],
      key_unknown: [signed(101, { key: 'evil' }, stranger.privateKey)],
      other_site: [signed(101, { site: 'north' })],
      payload_invalid: [signed(101, { payload: { agents: [{ id: 'agent1', queues: ['vip'], skills: [] }], reason: '' } })],
      expired: [signed(101, { notAfterMs: 1 })],
      not_yet_valid: [signed(101, { notBeforeMs: Date.now() + 500_000 })],
      version_old: [signed(99), signed(100)],
    };
    const expected = Object.fromEntries(Object.entries(bad).map(([why, bodies]) => [why, bodies.length]));
    for (const body of Object.values(bad).flat()) await send(body);
    await eventually('each is counted', async () => (await list()).refused['version_old'] === expected['version_old']);
    expect((await list()).refused).toEqual(expected);
    for (let i = 0; i < 300; i++) cloud.nats.publish(SUBJECT, `{"flood":${i}}`);
    await cloud.nats.flush();
    await send(signed(200));
    await eventually('what follows the flood is there', async () => (await list()).proposals.some(({ version }) => version === 200));
    const { proposals, refused } = await list();
    expect(proposals.map(({ version }) => version)).toEqual([200, 100]);
    // The stream keeps the newest 64 of a kind, so part of a fast flood never gets as far as the site.
    expect(refused['malformed']).toBeGreaterThan(expected['malformed'] ?? 0);
    expect({ ...refused, malformed: expected['malformed'] }).toEqual(expected);
    // One line per reason and minute, whatever comes; and nothing of what was sent is in it.
    const lines = (): number => sync.log().match(/DOWNLINK_REFUSED/g)?.length ?? 0;
    const reasons = Object.keys(bad).length;
    await eventually('a line for each reason', () => lines() >= reasons); // the pipe may lag behind
    expect(lines()).toBeLessThanOrEqual(reasons * (1 + Math.ceil((performance.now() - beganMs) / 60_000)));
    expect(sync.log()).not.toContain('flood');
  });

  it('cannot fill the disk: what is kept per kind is bounded', async () => {
    for (let version = 1; version <= 12; version++) await send(signed(version));
    await eventually('the last is there', async () => (await list()).proposals.some(({ version }) => version === 12));
    expect((await list()).proposals.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual([9, 10, 11, 12]);
  });

  it('is refused by the server above the largest envelope', async () => {
    await expect(send('x'.repeat(DOWNLINK_MAX_BYTES + 1))).rejects.toThrow(/exceeds maximum/);
  });
});
