/** The recording tap of the RTP edge, from real sockets to the recorder's port. */
import { MessageChannel } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { EdgeRig } from '../../fixtures/rtp/edge-rig.ts';
import { share } from '../../fixtures/rtp/goertzel.ts';
import type { RtpPeer } from '../../fixtures/rtp/rtp-peer.ts';
import { alawToLinear } from './g711.ts';
import type { RecordingMessage } from './recording-timeline.ts';

const wait = { timeout: 30_000, interval: 10 };
const packets = (peer: RtpPeer, count: number) => vi.waitFor(() => expect(peer.heard.length).toBeGreaterThan(count), wait);

let rig: EdgeRig;
beforeAll(async () => {
  rig = await EdgeRig.start();
});
afterAll(() => rig.close());
afterEach(() => rig.endCall());

describe('a recording', () => {
  it('has the caller left and the agent right, as long as the time that passed', async () => {
    const call = rig.newCall();
    const caller = await rig.party('caller', 'PCMU');
    const agent = await rig.party('agent');
    call.bridge(caller.leg, agent.leg);
    const { port1, port2 } = new MessageChannel();
    const messages: RecordingMessage[] = [];
    const ended = new Promise<void>((resolve) => {
      port2.on('message', (message: RecordingMessage) => {
        messages.push(message);
        if (message.kind === 'end') resolve();
      });
    });
    const startedMs = performance.now();
    call.startRecording(caller.leg, agent.leg, port1);
    caller.peer.speak(caller.leg.port, 440);
    agent.peer.speak(agent.leg.port, 1000);
    await packets(agent.peer, 0);
    const runsSinceMs = performance.now(); // what the agent hears was sent after the order to record
    await packets(agent.peer, 90);
    // A block is given away as soon as it is complete, not at the end.
    await vi.waitFor(() => expect(messages.length).toBeGreaterThan(1), wait);
    const atLeastMs = performance.now() - runsSinceMs;
    const { samples } = await call.stopRecording();
    const atMostMs = performance.now() - startedMs;
    await ended;

    // Between what passed for certain while it ran and what passed from the order to the answer, give or take a few ticks of 20 ms.
    expect(samples / 8).toBeGreaterThan(atLeastMs - 100);
    expect(samples / 8).toBeLessThan(atMostMs + 100);
    expect(messages.at(-1)).toEqual({ kind: 'end', samples });
    const blocks = messages.filter((message) => message.kind === 'audio');
    let at = 0;
    for (const block of blocks) {
      expect(block.startSample).toBe(at);
      at += block.alaw.length / 2;
    }
    expect(at).toBe(samples);
    // Windows of 100 ms of the second that both spoke: a machine under strain may lose some packets, not most.
    const heard = (offset: 0 | 1, hz: number): number => {
      const all = blocks.flatMap((block) => [...block.alaw]).filter((_, i) => i % 2 === offset);
      const windows = Array.from({ length: 10 }, (_, i) => all.slice(4000 + 800 * i, 4800 + 800 * i).map(alawToLinear));
      return windows.filter((window) => share(window, hz) > 0.9).length;
    };
    expect(heard(0, 440)).toBeGreaterThanOrEqual(7);
    expect(heard(1, 1000)).toBeGreaterThanOrEqual(7);
    expect(heard(0, 1000) + heard(1, 440)).toBe(0);
  });

  it('is ended by the end of its call, so the recorder never waits for nothing', async () => {
    const call = rig.newCall();
    const caller = await rig.party('caller');
    const agent = await rig.party('agent');
    const { port1, port2 } = new MessageChannel();
    const end = new Promise((resolve) => port2.on('message', (message: RecordingMessage) => message.kind === 'end' && resolve(message)));
    call.startRecording(caller.leg, agent.leg, port1);
    const qualities = await call.close();
    expect(await end).toMatchObject({ kind: 'end' });
    expect(Object.keys(qualities).sort()).toEqual([caller.leg.id, agent.leg.id].sort());
  });
});
