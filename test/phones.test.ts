/** Phones of agents that register here, with a phone that is not ours: who may, over what, and what calls make of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Baresip } from '@keepline/testkit/baresip';
import { callAndChoose, hears, hearsMusic } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { freeTcpPort } from '@keepline/testkit/free-port';
import { writeShortFlow } from '@keepline/testkit/short-flow';
import { OwnSite } from '@keepline/testkit/site';
import { eventsOf, query } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const AGENT_HZ = 700;

describe('phones that register', () => {
  const dir = tempDir();
  const scratch = tempDir();
  const phones: Baresip[] = [];
  let site: OwnSite;
  let tlsPort: number;

  beforeAll(async () => {
    tlsPort = await freeTcpPort();
    writeShortFlow(dir.path, { '3': 'desks' });
    const secrets = 'phones: {desk: {password: correct-horse}, branch: {password: battery-staple}}';
    writeFileSync(join(dir.path, 'sip-secrets.yaml'), secrets, { mode: 0o600 });
    site = await OwnSite.start(dir.path, {
      // The baresip of this distribution knows no SHA-256 and gives up where it is offered.
      sip: { tls: { enabled: true, port: tlsPort }, digestAlgorithms: ['MD5'] },
      queues: [{ name: 'service' }, { name: 'desks' }],
      agents: [
        { id: 'desk', name: 'Desk', queues: ['service'], skills: ['cards'], phone: 'registered' },
        { id: 'branch', name: 'Branch', queues: ['desks'], phone: 'registered' },
      ],
    });
  }, 120_000);
  afterAll(async () => {
    await Promise.all(phones.map((phone) => phone.close()));
    await site?.close();
    dir.remove();
    scratch.remove();
  }, 120_000);

  const phone = async (name: string, number: string, password: string, transport: 'udp' | 'tls'): Promise<Baresip> => {
    const made = await Baresip.start({
      folder: join(scratch.path, name),
      transport,
      codec: 'PCMA',
      hz: AGENT_HZ,
      number,
      registers: { ...site.place.sip, ...(transport === 'tls' ? { port: tlsPort } : {}), password },
      ...(transport === 'tls' ? { caFile: join(dir.path, 'keys/site.pem') } : {}),
    });
    phones.push(made);
    return made;
  };
  const bindings = async (agent: string): Promise<number> =>
    (await query(site.place.data, `SELECT contact FROM registrations WHERE agent_id = '${agent}'`)).length;
  const registered = (agent: string, count: number): Promise<true> =>
    eventually(`${count} phones of ${agent}`, async () => (await bindings(agent)) === count);
  const talksWithAgent = async (key: string): Promise<boolean> => {
    const caller = await Softphone.open();
    try {
      const call = await callAndChoose(caller, site, { key });
      const heard = await hears(call, AGENT_HZ);
      await call.hangup();
      return heard;
    } finally {
      await caller.close();
    }
  };

  it('answers a call of its queue after registering by UDP', async () => {
    await phone('desk', 'desk', 'correct-horse', 'udp');
    await registered('desk', 1);
    expect(await talksWithAgent('1')).toBe(true);
  }, 120_000);

  it('is rung beside its twin, and the one that answers second is let go', async () => {
    await phone('twin', 'desk', 'correct-horse', 'udp');
    await registered('desk', 2);
    expect(await talksWithAgent('1')).toBe(true);
  }, 120_000);

  it('is reached over TLS on the connection it opened', async () => {
    await phone('branch', 'branch', 'battery-staple', 'tls');
    await registered('branch', 1);
    expect(await talksWithAgent('3')).toBe(true);
  }, 120_000);

  it('holds, takes the caller back, and passes the caller on to another queue with its own keys', async () => {
    const branch = phones.at(-1);
    const caller = await Softphone.open();
    try {
      const call = await callAndChoose(caller, site, { key: '3' });
      await hears(call, AGENT_HZ);
      branch?.hold();
      await hearsMusic(call, AGENT_HZ);
      branch?.resume();
      await hears(call, AGENT_HZ);
      await branch?.transfer(`sip:service@${site.place.sip.address}:${site.place.sip.port}`);
      call.line.forget();
      await hears(call, AGENT_HZ);
      await call.hangup();
      const told = async (): Promise<unknown[]> =>
        (await eventsOf(site.place.data))
          .filter(({ data }) => data['callId'] !== undefined)
          .flatMap(({ type, data }) =>
            type === 'call.connected' ? [data['agentId']] : type === 'call.held' || type === 'call.resumed' ? [type] : [],
          )
          .slice(-4);
      await expect.poll(told, { timeout: 30_000 }).toEqual(['branch', 'call.held', 'call.resumed', 'desk']);
    } finally {
      await caller.close();
    }
  }, 180_000);

  it('is still known after the gateway was killed, without registering again', async () => {
    const before = await bindings('desk');
    await site.restartGateway();
    expect(await talksWithAgent('1')).toBe(true);
    expect(await bindings('desk')).toBe(before);
  }, 180_000);
});
