/** A trunk named by its domain (RFC 3263): a call out finds the carrier's servers by DNS and goes to the next where one cannot take it. */
import { newId } from '@keepline/contracts/ids';
import { systemClock } from '@keepline/contracts/clock';
import { parseSite } from '@keepline/contracts/site-file';
import { DnsServer } from '@keepline/testkit/dns-server';
import { freeUdpPort } from '@keepline/testkit/free-port';
import { Softphone } from '@keepline/testkit/softphone';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EdgeRig } from '../../fixtures/rtp/edge-rig.ts';
import { Locator } from '../sip/locator.ts';
import { NameCache } from '../sip/name-cache.ts';
import { UserAgent } from '../sip/user-agent.ts';
import { TrunkTable } from '../trunks/trunk-table.ts';
import { outsideLine } from './trunk-call.ts';

let rig: EdgeRig;
let agent: UserAgent;
let dns: DnsServer;
let servers: [Softphone, Softphone];
let invited: string[];
let names: NameCache;
let line: ReturnType<typeof outsideLine>;
const callId = newId('call', 1);

beforeAll(async () => {
  rig = await EdgeRig.start();
  agent = await UserAgent.start({
    address: '127.0.0.1',
    port: 0,
    clock: systemClock,
    product: 'Keepline',
    limits: { maxMessageBytes: 16_384, maxTransactions: 100, maxTcpConnections: 10 },
    admit: () => 'accept',
    onInvite: (call) => call.reject(404),
  });
});
afterAll(async () => {
  await agent?.close();
  await rig?.close();
});
beforeEach(async () => {
  dns = await DnsServer.open();
  servers = [await Softphone.open(), await Softphone.open()];
  invited = [];
  for (const [i, server] of servers.entries())
    server.onRinging = (ringing) => {
      invited.push(`server ${i}`);
      void ringing.answer([440]);
    };
  dns.zone.set('sbc.carrier.example', [{ type: 'A', address: '127.0.0.1' }]);
  zone(servers[0].port, servers[1].port);
  names = new NameCache({ clock: systemClock, servers: [dns.place] });
  const table = new TrunkTable(parseSite({ sip: { trunks: [{ name: 'carrier', target: 'sip:carrier.example' }] } }).sip.trunks);
  line = outsideLine({
    userAgent: agent,
    watch: { order: () => table.all(), tried: () => {} },
    places: new Locator({ clock: systemClock, names, families: [4], canTls: false, random: () => 0 }),
    media: new Map([[callId, rig.newCall()]]),
    ...{
      clock: systemClock,
      siteUri: `sip:bank@127.0.0.1:${agent.port}`,
      allowed: ['1'],
      tellWish: () => {},
      ringMs: 20_000,
      random: () => 0,
    },
  });
});
afterEach(async () => {
  names.close();
  for (const server of servers) await server.close();
  await rig.endCall();
  await dns.close();
});

function zone(...ports: number[]): void {
  dns.zone.set(
    '_sip._udp.carrier.example',
    ports.map((port, i) => ({ type: 'SRV', priority: 10 + i, weight: 0, port, name: 'sbc.carrier.example' })),
  );
}
async function dial(): Promise<string> {
  const outcome = await line.dial('13800138000', callId).outcome;
  if (outcome.outcome === 'answered') outcome.leg.hangup();
  return outcome.outcome;
}

describe('a trunk named by its domain', () => {
  it('is called at the server of the lowest priority', async () => {
    expect(await dial()).toBe('answered');
    expect(invited).toEqual(['server 0']);
  });

  it('is called at the next server where the first says 503, and the next call does not ask the first again', async () => {
    servers[0].onRinging = (ringing) => {
      invited.push('server 0');
      ringing.reject(503);
    };
    expect(await dial()).toBe('answered');
    expect(invited).toEqual(['server 0', 'server 1']);
    expect(await dial()).toBe('answered');
    expect(invited).toEqual(['server 0', 'server 1', 'server 1']);
  });

  it('is called at the next server where nobody answers at the first', async () => {
    zone(await freeUdpPort(), servers[1].port);
    expect(await dial()).toBe('answered');
    expect(invited).toEqual(['server 1']);
  }, 60_000);

  it('keeps to the verdict of the far end: busy is busy at every server', async () => {
    servers[0].onRinging = (ringing) => {
      invited.push('server 0');
      ringing.reject(486);
    };
    expect(await dial()).toBe('busy');
    expect(invited).toEqual(['server 0']);
  });

  it('is unreachable where DNS knows no such name', async () => {
    dns.zone.clear();
    expect(await dial()).toBe('unreachable');
  });
});
