/** The RTP edge with its real worker threads and real UDP sockets on the loopback address. */
import { freeUdpRange } from '@keepline/testkit/free-port';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { EdgeRig } from '../../fixtures/rtp/edge-rig.ts';
import { share } from '../../fixtures/rtp/goertzel.ts';
import type { RtpPeer } from '../../fixtures/rtp/rtp-peer.ts';
import { MediaEdge } from './edge.ts';

const wait = { timeout: 30_000, interval: 10 };
const packets = (peer: RtpPeer, count: number) => vi.waitFor(() => expect(peer.heard.length).toBeGreaterThan(count), wait);

let rig: EdgeRig;
beforeAll(async () => {
  rig = await EdgeRig.start();
});
afterAll(() => rig.close());
afterEach(() => rig.endCall());

describe('a bridge', () => {
  it('carries both voices, from µ-law to A-law and back, each on one stream of its own', async () => {
    const call = rig.newCall();
    const caller = await rig.party('caller', 'PCMU');
    const agent = await rig.party('agent');
    call.bridge(caller.leg, agent.leg);
    caller.peer.speak(caller.leg.port, 440);
    agent.peer.speak(agent.leg.port, 1000);
    await packets(caller.peer, 50);
    await packets(agent.peer, 50);

    expect(share(agent.peer.samples(), 440)).toBeGreaterThan(0.95);
    expect(share(caller.peer.samples(), 1000)).toBeGreaterThan(0.95);
    for (const { peer, leg } of [caller, agent]) {
      expect(new Set(peer.heard.map((packet) => packet.ssrc))).toEqual(new Set([leg.ssrc]));
      const [first] = peer.heard;
      expect(first?.marker).toBe(true);
      peer.heard.forEach((packet, i) => {
        expect((packet.sequence - (first?.sequence ?? 0)) & 0xffff).toBe(i);
        expect((packet.timestamp - (first?.timestamp ?? 0)) >>> 0).toBe(i * 160);
      });
    }
    const quality = await caller.leg.quality();
    expect(quality).toMatchObject({ lost: 0, duplicates: 0, reordered: 0 });
    expect(quality.packets).toBeGreaterThan(50);
  });

  it('keeps SSRC, sequence and timestamp going over a far end that changes its SSRC (janus#2025)', async () => {
    const call = rig.newCall();
    const caller = await rig.party('caller');
    const agent = await rig.party('agent');
    call.bridge(caller.leg, agent.leg);
    caller.peer.speak(caller.leg.port, 440);
    await packets(agent.peer, 10);
    Object.assign(caller.peer, { ssrc: 99, sequence: 7, timestamp: 5 });
    const before = agent.peer.heard.length;
    await packets(agent.peer, before + 10);

    expect(new Set(agent.peer.heard.map((packet) => packet.ssrc)).size).toBe(1);
    const steps = agent.peer.heard.slice(1).map((packet, i) => (packet.sequence - (agent.peer.heard[i]?.sequence ?? 0)) & 0xffff);
    expect(new Set(steps)).toEqual(new Set([1]));
    for (const [i, packet] of agent.peer.heard.slice(1).entries()) {
      expect((packet.timestamp - (agent.peer.heard[i]?.timestamp ?? 0)) | 0).toBeGreaterThan(0);
    }
  });

  it('sends silence for a muted leg, so that the far end does not take the call for dead', async () => {
    const call = rig.newCall();
    const caller = await rig.party('caller');
    const agent = await rig.party('agent');
    agent.leg.mute(true);
    call.bridge(caller.leg, agent.leg);
    agent.peer.speak(agent.leg.port, 1000);
    await packets(caller.peer, 10);
    expect(caller.peer.heard.every((packet) => packet.payload.every((sample) => sample === 0xd5))).toBe(true);
  });
});

describe('what a leg listens to', () => {
  it('drops packets from another address and port, and garbage, without harm to the call', async () => {
    const call = rig.newCall();
    const caller = await rig.party('caller');
    const agent = await rig.party('agent');
    call.bridge(caller.leg, agent.leg);
    caller.peer.speak(caller.leg.port, 440);
    await packets(agent.peer, 5);
    const before = await rig.edge.counters();
    const [samePort, stranger] = [await rig.peer(), await rig.peer('PCMA', '127.0.0.2')];
    for (let i = 0; i < 20; i++) {
      samePort.send(caller.leg.port, samePort.tone(3000, 160));
      stranger.send(caller.leg.port, stranger.tone(3000, 160));
      caller.peer.sendRaw(
        Uint8Array.from({ length: i * 7 }, (_, at) => (at * 37 + i) & 0x7f),
        caller.leg.port,
      );
    }
    caller.peer.sendRaw(new Uint8Array(65_000).fill(0x80), caller.leg.port);
    await vi.waitFor(async () => {
      const after = await rig.edge.counters();
      expect(after.foreign - before.foreign).toBe(40);
      expect(after.malformed - before.malformed).toBe(21);
    }, wait);
    agent.peer.heard.length = 0;
    await packets(agent.peer, 40);
    expect(share(agent.peer.samples(), 440)).toBeGreaterThan(0.95);
  });

  it('learns the port once from the address of the SDP, as behind a NAT', async () => {
    const call = rig.newCall();
    const caller = await rig.party('caller');
    const agent = await rig.party('agent');
    caller.leg.setRemote({ ...caller.peer.remote(), port: 9 });
    call.bridge(caller.leg, agent.leg);
    caller.peer.speak(caller.leg.port, 440);
    agent.peer.speak(agent.leg.port, 1000);
    await packets(agent.peer, 5);
    await packets(caller.peer, 5);
    expect((await caller.leg.quality()).packets).toBeGreaterThan(0);
  });
});

describe('prompts', () => {
  it('play one after the other at their pace, then tell that they finished', async () => {
    const { leg, peer } = await rig.party('caller');
    const startedMs = performance.now();
    expect(await leg.play(['welcome', 'menu'])).toBe('finished');
    expect(performance.now() - startedMs).toBeGreaterThan(380); // 3210 samples are 401 ms
    await packets(peer, 20);
    const samples = peer.samples();
    expect(samples.length).toBe(21 * 160); // the last packet is filled up
    expect(share(samples.slice(0, 1600), 700)).toBeGreaterThan(0.95);
    expect(share(samples.slice(1600, 3210), 1300)).toBeGreaterThan(0.95);
    expect(peer.heard.map((packet) => packet.marker)).toEqual([true, ...new Array(20).fill(false)]);
  });

  it('loop until they are stopped, by a call or by a bridge', async () => {
    const call = rig.newCall();
    const caller = await rig.party('caller');
    const agent = await rig.party('agent');
    const first = caller.leg.play(['hold-music'], { loop: true });
    await packets(caller.peer, 10);
    const second = caller.leg.play(['welcome'], { loop: true });
    expect(await first).toBe('stopped');
    await packets(caller.peer, 20);
    call.bridge(caller.leg, agent.leg);
    expect(await second).toBe('stopped');
  });

  it('take precedence over the bridge for the leg that hears them', async () => {
    const call = rig.newCall();
    const caller = await rig.party('caller');
    const agent = await rig.party('agent');
    call.bridge(caller.leg, agent.leg);
    agent.peer.speak(agent.leg.port, 1000);
    await packets(caller.peer, 5);
    void caller.leg.play(['hold-music'], { loop: true });
    const from = caller.peer.heard.length;
    await packets(caller.peer, from + 60);
    expect(share(caller.peer.samples().slice((from + 10) * 160), 500)).toBeGreaterThan(0.95);
    expect(new Set(caller.peer.heard.map((packet) => packet.ssrc)).size).toBe(1);
  });

  it('are refused by name when they are not there', async () => {
    const { leg } = await rig.party('caller');
    await expect(leg.play(['welcome', 'nowhere'])).rejects.toMatchObject({ code: 'PROMPT_UNKNOWN', offending: 'nowhere' });
  });
});

describe('digits', () => {
  it('come once per press, the same key twice as two, with any packet of the event lost (RFC 4733 §2.5.1.3)', async () => {
    const call = rig.newCall();
    const caller = await rig.party('caller');
    const agent = await rig.party('agent');
    call.bridge(caller.leg, agent.leg);
    const digits: string[] = [];
    caller.leg.onDigit((digit) => digits.push(digit));
    caller.peer.press(caller.leg.port, 1);
    caller.peer.press(caller.leg.port, 1, [0, 1]);
    caller.peer.press(caller.leg.port, 10, [2, 3, 4]);
    caller.peer.press(caller.leg.port, 11);
    await vi.waitFor(() => expect(digits).toHaveLength(4), wait);
    caller.peer.send(caller.leg.port, caller.peer.tone(440, 160));
    await packets(agent.peer, 0);
    expect(digits.join('')).toBe('11*#');
    expect(agent.peer.heard).toHaveLength(1); // no event went on to the agent
  });
});

describe('a far end that falls silent', () => {
  it('is reported lost once, but not while it holds us (livekit/sip#812)', async () => {
    const talking = await rig.party('caller');
    const holding = await rig.party('agent');
    holding.leg.setRemote({ ...holding.peer.remote(), held: true, direction: 'sendonly' });
    const lost: string[] = [];
    talking.leg.onLost(() => lost.push('talking'));
    holding.leg.onLost(() => lost.push('holding'));
    const firstPacket = vi.fn<() => void>();
    talking.leg.onFirstPacket(firstPacket);
    talking.peer.send(talking.leg.port, talking.peer.tone(440, 160));
    await vi.waitFor(() => expect(lost).toEqual(['talking']), wait);
    expect(firstPacket).toHaveBeenCalledTimes(1);
    // The second leg is watched by the same ticks; once resumed, it is lost too, and the first is not told again.
    holding.leg.setRemote(holding.peer.remote());
    await vi.waitFor(() => expect(lost).toEqual(['talking', 'holding']), wait);
  });

  it('is sent nothing while it does not listen', async () => {
    const { leg, peer } = await rig.party('caller');
    leg.setRemote({ ...peer.remote(), held: true, direction: 'sendonly' });
    expect(await leg.play(['welcome'])).toBe('finished');
    leg.setRemote(peer.remote());
    expect(await leg.play(['menu'])).toBe('finished');
    await packets(peer, 5);
    expect(share(peer.samples().slice(0, 800), 1300)).toBeGreaterThan(0.95);
  });
});

describe('ports', () => {
  it('are even, not used twice at a time, and their end is an error with the range', async () => {
    const from = await freeUdpRange(8);
    const narrow = await MediaEdge.start({ ...rig.options, rtpPortMin: from + 1, rtpPortMax: from + 6 });
    const crowded = narrow.openCall('call-crowded');
    const legs = [await crowded.openLeg('caller'), await crowded.openLeg('agent')];
    expect(new Set(legs.map((leg) => leg.port)).size).toBe(2);
    expect(legs.every((leg) => leg.port % 2 === 0)).toBe(true);
    await expect(crowded.openLeg('agent')).rejects.toMatchObject({ code: 'MEDIA_NO_FREE_PORT' });
    await crowded.close();
    await expect(crowded.openLeg('agent')).rejects.toMatchObject({ code: 'MEDIA_LEG_CLOSED' });
    await narrow.close();
  });

  it('name the address when it is not one of this machine', async () => {
    const call = rig.newCall();
    await expect(call.openLeg('caller', { address: '192.0.2.1' })).rejects.toMatchObject({
      code: 'MEDIA_ADDRESS_REFUSED',
      offending: '192.0.2.1',
    });
  });
});
