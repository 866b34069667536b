/** Comfort noise as made here, and on the edge with real sockets: a far end that falls silent behind it is heard as noise. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { EdgeRig } from '../../fixtures/rtp/edge-rig.ts';
import { ComfortNoise } from './comfort-noise.ts';
import { ALAW_SILENCE, alawToLinear } from './g711.ts';

const wait = { timeout: 30_000, interval: 10 };
let rig: EdgeRig;
beforeAll(async () => {
  rig = await EdgeRig.start();
});
afterAll(() => rig.close());
afterEach(() => rig.endCall());

const dbov = (alaw: Uint8Array): number => {
  const power = alaw.reduce((sum, byte) => sum + alawToLinear(byte) ** 2, 0) / alaw.length;
  return -10 * Math.log10(power / 32_767 ** 2);
};

describe('comfort noise (RFC 3389)', () => {
  it.each([20, 30, 40, 50])('is as loud as its level says: -%d dBov', (level) => {
    const noise = new ComfortNoise(1, 0);
    noise.hear(Uint8Array.of(level), 0, 1);
    const sound = new Uint8Array(8000);
    noise.fill(sound, 0, sound.length);
    expect(Math.abs(dbov(sound) - level)).toBeLessThan(1);
  });

  it('is silence below what A-law can say, and keeps its level without a payload', () => {
    const noise = new ComfortNoise(1, 0);
    noise.hear(Uint8Array.of(127), 0, 1);
    noise.hear(new Uint8Array(0), 0, 0);
    const sound = new Uint8Array(160);
    noise.fill(sound, 0, 160);
    expect(new Set(sound)).toEqual(new Set([ALAW_SILENCE]));
  });

  it('stands in for a silent far end in the bridge, on the same stream, until it speaks again', async () => {
    const call = rig.newCall();
    const caller = await rig.party('caller');
    const agent = await rig.party('agent');
    call.bridge(caller.leg, agent.leg);
    caller.peer.speak(caller.leg.port, 440);
    await vi.waitFor(() => expect(agent.peer.heard.length).toBeGreaterThan(5), wait);
    caller.peer.quiet();
    caller.peer.send(caller.leg.port, Uint8Array.of(30), 13);
    const heard = agent.peer.heard.length;
    await vi.waitFor(() => expect(agent.peer.heard.length).toBeGreaterThan(heard + 20), wait);
    const noise = agent.peer.heard.slice(-10).flatMap((packet) => [...packet.payload]);
    expect(Math.abs(dbov(Uint8Array.from(noise)) - 30)).toBeLessThan(2);
    caller.peer.speak(caller.leg.port, 440);
    const noisy = agent.peer.heard.length;
    await vi.waitFor(() => expect(agent.peer.heard.length).toBeGreaterThan(noisy + 20), wait);
    expect(new Set(agent.peer.heard.map((packet) => packet.ssrc)).size).toBe(1);
    for (const [i, packet] of agent.peer.heard.slice(1).entries()) {
      const before = agent.peer.heard[i];
      expect((packet.sequence - (before?.sequence ?? 0)) & 0xffff).toBe(1);
      expect((packet.timestamp - (before?.timestamp ?? 0)) | 0).toBeGreaterThan(0);
    }
    expect(await caller.leg.quality()).toMatchObject({ lost: 0 });
  });

  it('is what a far end that takes it gets for our silence, in place of 50 packets a second', async () => {
    const call = rig.newCall();
    const { leg, peer } = await rig.party('caller');
    leg.setRemote({ ...peer.remote(), comfortNoise: true });
    await leg.play(['welcome']);
    await vi.waitFor(() => expect(peer.heard.filter((packet) => packet.payloadType === 13).length).toBeGreaterThan(2), wait);
    const noise = peer.heard.filter((packet) => packet.payloadType === 13);
    expect(noise.every(({ payload, marker }) => payload.length === 1 && !marker)).toBe(true);
    const [first, last] = [noise[0], noise.at(-1)];
    expect(((last?.sequence ?? 0) - (first?.sequence ?? 0)) & 0xffff).toBe(noise.length - 1);
    // 200 ms apart, give or take a late tick at either end.
    expect(((last?.timestamp ?? 0) - (first?.timestamp ?? 0)) >>> 0).toBeGreaterThan((noise.length - 2) * 1600);
    await call.close();
  });
});
