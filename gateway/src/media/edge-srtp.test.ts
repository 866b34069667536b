/** SRTP on the RTP edge with its real worker threads and sockets: a far end that seals and opens by itself, and those who try to get in. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { EdgeRig } from '../../fixtures/rtp/edge-rig.ts';
import { share } from '../../fixtures/rtp/goertzel.ts';
import { SealedPeer } from '../../fixtures/rtp/sealed-peer.ts';
import { type CryptoSuite, KEY_BYTES } from '../sdp/crypto-attribute.ts';
import { LegSecurity } from './leg-security.ts';
import { SrtpSender } from './srtp.ts';

const wait = { timeout: 30_000, interval: 10 };
const SUITES = Object.keys(KEY_BYTES) as CryptoSuite[];

let rig: EdgeRig;
beforeAll(async () => {
  rig = await EdgeRig.start();
});
afterAll(() => rig.close());
afterEach(() => rig.endCall());

async function sealed(suite: CryptoSuite) {
  const call = rig.newCall();
  const leg = await call.openLeg('caller');
  const peer = await SealedPeer.open(suite);
  leg.setRemote(peer.remote());
  const agent = await rig.party('agent');
  call.bridge(leg, agent.leg);
  return { call, leg, peer, agent };
}

describe('a bridge between SRTP and RTP', () => {
  it.each(SUITES)('carries both voices under %s, and reports both ways', async (suite) => {
    const { leg, peer, agent } = await sealed(suite);
    peer.speak(leg.port, 440);
    agent.peer.speak(agent.leg.port, 1000);
    await vi.waitFor(() => expect(peer.heard.length).toBeGreaterThan(50), wait);
    await vi.waitFor(() => expect(agent.peer.heard.length).toBeGreaterThan(50), wait);
    expect(share(agent.peer.samples(), 440)).toBeGreaterThan(0.95);
    expect(share(peer.samples(), 1000)).toBeGreaterThan(0.95);
    peer.sendReport(leg.port + 1);
    await vi.waitFor(async () => expect((await leg.quality()).lostByRemote).toBe(5), wait);
    expect(await leg.quality()).toMatchObject({ encrypted: true, unauthentic: 0, replayed: 0, lost: 0 });
    expect(peer.unauthentic).toBe(0);
    peer.close();
  });

  it('drops and counts sound in the clear, a wrong key and a replay, and learns no port from them', async () => {
    const { leg, peer, agent } = await sealed('AES_CM_128_HMAC_SHA1_80');
    const [plain, stranger] = [await rig.peer(), await SealedPeer.open('AES_CM_128_HMAC_SHA1_80')];
    for (let i = 0; i < 5; i++) {
      plain.send(leg.port, plain.tone(440, 160));
      stranger.send(leg.port, stranger.tone(440, 160));
    }
    await vi.waitFor(async () => expect((await leg.quality()).unauthentic).toBe(10), wait);
    const packet = peer.seal(peer.tone(440, 160));
    for (let i = 0; i < 4; i++) peer.sendRaw(packet, leg.port);
    await vi.waitFor(async () => expect(await leg.quality()).toMatchObject({ packets: 1, replayed: 3 }), wait);
    await vi.waitFor(() => expect(agent.peer.heard).toHaveLength(1), wait);
    peer.sendRaw(peer.seal(peer.tone(440, 160)).subarray(0, -4), leg.port);
    await vi.waitFor(async () => expect((await leg.quality()).unauthentic).toBe(11), wait);
    stranger.close();
    peer.close();
  });

  it('follows a far end to a new key, address and SSRC by re-INVITE, and takes late packets of the old key for a moment', async () => {
    const { leg, peer, agent } = await sealed('AES_CM_128_HMAC_SHA1_80');
    peer.speak(leg.port, 440);
    await vi.waitFor(() => expect(agent.peer.heard.length).toBeGreaterThan(10), wait);
    peer.quiet();
    const late = peer.seal(peer.tone(440, 160));
    peer.rekey(randomBytes(30));
    leg.setRemote(peer.remote());
    const before = (await leg.quality()).packets;
    peer.sendRaw(late, leg.port);
    await vi.waitFor(async () => expect((await leg.quality()).packets).toBe(before + 1), wait);
    peer.ssrc = 77;
    peer.speak(leg.port, 440);
    const heard = agent.peer.heard.length;
    await vi.waitFor(() => expect(agent.peer.heard.length).toBeGreaterThan(heard + 10), wait);
    expect(await leg.quality()).toMatchObject({ unauthentic: 0, encrypted: true });
    expect(new Set(agent.peer.heard.map((packet) => packet.ssrc)).size).toBe(1);
    peer.close();
  });
});

describe('the keys of a leg', () => {
  const keys = () => ({ suite: 'AEAD_AES_128_GCM' as const, send: new Uint8Array(28).fill(1), receive: new Uint8Array(28).fill(2) });

  it('are zeros when they are replaced and when it ends, and nothing is opened any more', () => {
    const security = new LegSecurity();
    const [first, second] = [keys(), keys()];
    security.agree(first, 0);
    security.agree(second, 0);
    expect([...first.send, ...first.receive].every((byte) => byte === 0)).toBe(true);
    expect(security.isOn).toBe(true);
    security.wipe();
    expect([...second.send, ...second.receive].every((byte) => byte === 0)).toBe(true);
    expect(security.isOn).toBe(false);
  });

  it('go on with their counters when an SDP repeats them', () => {
    const security = new LegSecurity();
    security.agree(keys(), 0);
    const far = new SrtpSender('AEAD_AES_128_GCM', keys().receive);
    const packet = Buffer.alloc(172, 0x80);
    const once = far.seal(packet, 0, 172) ?? Buffer.alloc(0);
    expect(security.open(Buffer.from(once), 0)).toEqual(packet);
    security.agree(keys(), 0);
    expect(security.open(Buffer.from(once), 0)).toBeUndefined();
    expect(security.replayed).toBe(1);
  });

  it('of the time before are dropped two seconds after a change', () => {
    const security = new LegSecurity();
    security.agree(keys(), 0);
    const far = new SrtpSender('AEAD_AES_128_GCM', keys().receive);
    security.agree({ ...keys(), receive: new Uint8Array(28).fill(9) }, 1000);
    const at = (sequence: number): Buffer => {
      const packet = Buffer.alloc(172, 0x80);
      packet.writeUInt16BE(sequence, 2);
      return far.seal(packet, 0, 172) ?? Buffer.alloc(0);
    };
    expect(security.open(at(1), 2999)).toHaveLength(172);
    expect(security.open(at(2), 3000)).toBeUndefined();
    expect(security.unauthentic).toBe(1);
  });
});
