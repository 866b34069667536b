/** SRTP with a phone that is not ours: baresip (libsrtp) calls over TLS, its sound encrypted by keys in SDP (RFC 4568, RFC 3711). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@keepline/contracts/clock';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { Baresip } from '@keepline/testkit/baresip';
import { eventually } from '@keepline/testkit/eventually';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EdgeRig } from '../../fixtures/rtp/edge-rig.ts';
import { share } from '../../fixtures/rtp/goertzel.ts';
import type { Leg } from '../calls/leg.ts';
import { siteCertificate } from '../certificate/site-certificate.ts';
import { requireWayForKeys } from '../house/trunks.ts';
import { UserAgent } from '../sip/user-agent.ts';
import { TrunkTable } from '../trunks/trunk-table.ts';
import { type ArrivalRefused, receive } from './arrival.ts';
import { placeOf } from './audio-leg.ts';

const SAYS_HZ = 700;
const HEARS_HZ = 500; // the hold music of the rig
type Policy = SiteConfig['sip']['trunks'][number]['srtp'];

const scratch = tempDir();
let rig: EdgeRig;
let agent: UserAgent;
let policy: Policy = 'preferred';
let legs: Leg[] = [];
let refused: ArrivalRefused[] = [];
const phones: Baresip[] = [];

beforeAll(async () => {
  rig = await EdgeRig.start();
  const { certificate, privateKey } = await siteCertificate(scratch.path, '127.0.0.1', Date.now());
  writeFileSync(join(scratch.path, 'site-for-phone.pem'), certificate);
  agent = await UserAgent.start({
    address: '127.0.0.1',
    port: 0,
    tls: { port: 0, certificate, key: privateKey, requireCertificate: false },
    clock: systemClock,
    product: 'Keepline',
    limits: { maxMessageBytes: 16_384, maxTransactions: 100, maxTcpConnections: 10 },
    admit: () => 'accept',
    onInvite(invite) {
      const [trunk] = new TrunkTable([{ ...TRUNK, srtp: policy }]).all();
      const door = { trunkOf: () => trunk, edge: rig.edge, clock: systemClock, media: new Map() };
      void receive(invite, door, (call) => refused.push(call)).then((arrival) => {
        if (!arrival) return;
        const leg = arrival.answer();
        legs.push(leg);
        void leg.audio.play(['hold-music'], { loop: true });
        void leg.ended.then(() => arrival.audio.close());
      });
    },
  });
});
afterAll(async () => {
  await agent?.close();
  await rig?.close();
  scratch.remove();
});
afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
  legs = [];
  refused = [];
});

const TRUNK: SiteConfig['sip']['trunks'][number] = {
  name: 'carrier',
  sources: ['127.0.0.1/32'],
  maxCalls: 10,
  maxCallsPerSecond: 10,
  tlsNames: [],
  digest: false,
  redirects: 'refuse',
  siprec: false,
  replaces: false,
  target: '',
  priority: 1,
  weight: 1,
  healthSeconds: 0,
  register: false,
  registerSeconds: 600,
  trustIdentity: false,
  areaCode: '',
  outbound: 'national',
  callerId: '',
  prefix: '',
  srtp: 'preferred',
};

async function phone(name: string, transport: 'tls' | 'udp', encryption?: 'srtp' | 'srtp-mand'): Promise<Baresip> {
  const folder = join(scratch.path, name);
  mkdirSync(folder);
  const made = await Baresip.start({
    folder,
    transport,
    codec: 'PCMA',
    hz: SAYS_HZ,
    number: '2000',
    caFile: join(scratch.path, 'site-for-phone.pem'),
    ...(encryption ? { encryption } : {}),
  });
  phones.push(made);
  return made;
}
const site = (transport: 'tls' | 'udp') => ({ address: '127.0.0.1', port: transport === 'tls' ? agent.tlsPort : agent.port });

describe('baresip over TLS', () => {
  it.each<[Policy, 'srtp' | 'srtp-mand' | undefined, boolean]>([
    ['required', 'srtp-mand', true],
    ['required', 'srtp', true],
    ['preferred', 'srtp-mand', true],
    ['preferred', undefined, false],
    ['off', 'srtp', false],
  ])(
    'on a trunk with srtp %s, itself %s: encrypted %s, both hear',
    async (wanted, encryption, encrypted) => {
      policy = wanted;
      const caller = await phone(`${wanted}-${encryption ?? 'plain'}`, 'tls', encryption);
      await caller.call(site('tls'), '95000');
      const leg = await eventually('a leg', () => legs[0] ?? false);
      // baresip speaks for two seconds, then hangs up.
      const quality = await eventually('sound', async () => {
        const now = await placeOf(leg).quality();
        return now.packets > 30 && now;
      });
      expect(quality).toMatchObject({ encrypted, unauthentic: 0, replayed: 0 });
      await caller.hangup();
      expect(share(caller.heard().slice(2000, 6000), HEARS_HZ)).toBeGreaterThan(0.8);
    },
    60_000,
  );
});

describe('a call that does not fit the policy', () => {
  it.each<[Policy, 'tls' | 'udp', 'srtp' | 'srtp-mand' | undefined, string]>([
    ['required', 'tls', undefined, 'srtp_required'],
    ['off', 'tls', 'srtp-mand', 'srtp_off'],
    ['preferred', 'udp', 'srtp-mand', 'srtp_needs_tls'],
  ])(
    '(%s over %s by %s) is refused 488 as %s',
    async (wanted, transport, encryption, why) => {
      policy = wanted;
      const caller = await phone(`refused-${why}`, transport, encryption);
      void caller.call(site(transport), '95000').catch(() => {}); // it is never answered
      const call = await eventually('a refusal', () => refused[0] ?? false);
      expect(call).toMatchObject({ status: 488, why });
    },
    60_000,
  );
});

describe('a site that requires encryption', () => {
  const siteOf = (srtp: Policy, enabled: boolean, srtpKeysWithoutTls: boolean, phoneSrtp: Policy = 'preferred') =>
    ({
      sip: { tls: { enabled }, trunks: [{ ...TRUNK, srtp }] },
      media: { srtpKeysWithoutTls, phoneSrtp },
      agents: [{ phone: 'registered' }],
    }) as unknown as SiteConfig; // only what is read

  it('does not open without a way to name its keys', () => {
    expect(() => requireWayForKeys(siteOf('required', false, false))).toThrow(/carrier requires encrypted sound/);
    expect(() => requireWayForKeys(siteOf('off', false, false, 'required'))).toThrow(/media.phoneSrtp requires/);
    for (const fine of [siteOf('required', true, false), siteOf('required', false, true), siteOf('preferred', false, false)])
      expect(() => requireWayForKeys(fine)).not.toThrow();
  });
});
