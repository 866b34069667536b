/** Conference and whisper on the real edge: worker thread, UDP, both laws, and what the recording gets. */
import { MessageChannel } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { EdgeRig, type Party } from '../../fixtures/rtp/edge-rig.ts';
import { share } from '../../fixtures/rtp/goertzel.ts';
import { alawToLinear } from './g711.ts';
import type { RecordingMessage } from './recording-timeline.ts';

const HZ = { caller: 440, agent: 1000, other: 1700 } as const;
const patient = { timeout: 30_000, interval: 20 };
let rig: EdgeRig;
beforeAll(async () => {
  rig = await EdgeRig.start();
});
afterAll(() => rig.close());
afterEach(() => rig.endCall());

/** What a far end heard in the last second. */
const lately = ({ peer }: Party): ArrayLike<number> => peer.samples().slice(-8000);
const hears = (party: Party, hz: number): boolean => share(lately(party), hz) > 0.3;

async function three(): Promise<{ call: ReturnType<EdgeRig['newCall']>; caller: Party; agent: Party; other: Party }> {
  const call = rig.newCall();
  const caller = await rig.party('caller', 'PCMU');
  const agent = await rig.party('agent');
  const other = await rig.party('agent');
  caller.peer.speak(caller.leg.port, HZ.caller);
  agent.peer.speak(agent.leg.port, HZ.agent);
  other.peer.speak(other.leg.port, HZ.other);
  return { call, caller, agent, other };
}

describe('a mix', () => {
  it('of three lets each hear the two others and not itself, µ-law and A-law alike, on the one stream each had before', async () => {
    const { call, caller, agent, other } = await three();
    call.bridge(caller.leg, agent.leg);
    await vi.waitFor(() => expect(hears(agent, HZ.caller)).toBe(true), patient);
    const all = [caller.leg, agent.leg, other.leg];
    call.mix(new Map(all.map((leg) => [leg, all])), []);
    await vi.waitFor(() => {
      for (const [party, own] of [
        [caller, HZ.caller],
        [agent, HZ.agent],
        [other, HZ.other],
      ] as const)
        for (const hz of Object.values(HZ)) {
          if (hz === own) expect(share(lately(party), hz)).toBeLessThan(0.02);
          else expect(share(lately(party), hz)).toBeGreaterThan(0.4);
        }
    }, patient);
    expect(new Set(agent.peer.heard.map(({ ssrc }) => ssrc))).toEqual(new Set([agent.leg.ssrc]));
    const steps = agent.peer.heard.slice(1).map(({ sequence }, i) => (sequence - (agent.peer.heard[i]?.sequence ?? 0)) & 0xffff);
    expect(new Set(steps)).toEqual(new Set([1]));
  });

  it('keeps a whisper from the caller, on the wire and on the left of the tape; a listener unheard is on neither side', async () => {
    const { call, caller, agent, other } = await three();
    const { port1, port2 } = new MessageChannel();
    const sides: { left: number[]; right: number[] } = { left: [], right: [] };
    port2.on('message', (message: RecordingMessage) => {
      if (message.kind !== 'audio') return;
      for (let i = 0; i < message.alaw.length; i += 2) {
        sides.left.push(alawToLinear(message.alaw[i] ?? 0));
        sides.right.push(alawToLinear(message.alaw[i + 1] ?? 0));
      }
    });
    call.bridge(caller.leg, agent.leg);
    call.startRecording(caller.leg, agent.leg, port1);
    call.mix(
      new Map([
        [caller.leg, [agent.leg]],
        [agent.leg, [caller.leg, other.leg]],
        [other.leg, [caller.leg, agent.leg]],
      ]),
      [agent.leg],
    );
    await vi.waitFor(() => {
      expect(hears(agent, HZ.other) && hears(agent, HZ.caller)).toBe(true);
      expect(hears(other, HZ.agent) && hears(other, HZ.caller)).toBe(true);
      expect(share(lately(caller), HZ.agent)).toBeGreaterThan(0.95);
    }, patient);
    await vi.waitFor(() => expect(sides.right.length).toBeGreaterThan(20_000), patient);
    const [left, right] = [sides.left.slice(8000, 20_000), sides.right.slice(8000, 20_000)];
    expect(share(left, HZ.caller)).toBeGreaterThan(0.95);
    expect(share(right, HZ.agent)).toBeGreaterThan(0.95);
    expect(share(right, HZ.other)).toBeLessThan(0.01);
    call.mix(
      new Map([
        [caller.leg, [agent.leg]],
        [agent.leg, [caller.leg, other.leg]],
      ]),
      [agent.leg, other.leg],
    );
    const before = sides.right.length;
    await vi.waitFor(() => expect(sides.right.length).toBeGreaterThan(before + 16_000), patient);
    expect(share(sides.right.slice(-8000), HZ.other)).toBeGreaterThan(0.4); // the policy that keeps a whisper on tape
    port2.close();
  });

  it('gives way to a bridge, and a leg that leaves it is neither heard nor spoken to', async () => {
    const { call, caller, agent, other } = await three();
    const all = [caller.leg, agent.leg, other.leg];
    call.mix(new Map(all.map((leg) => [leg, all])), []);
    await vi.waitFor(() => expect(hears(caller, HZ.other)).toBe(true), patient);
    other.leg.close();
    await vi.waitFor(() => expect(share(lately(caller), HZ.agent)).toBeGreaterThan(0.95), patient);
    call.bridge(caller.leg, agent.leg);
    caller.peer.heard.length = 0;
    await vi.waitFor(() => expect(share(lately(caller), HZ.agent)).toBeGreaterThan(0.95), patient);
  });
});
