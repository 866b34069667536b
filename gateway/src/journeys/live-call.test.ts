import { newId } from '@keepline/contracts/ids';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Arrival } from '../calls/arrival.ts';
import type { Leg } from '../calls/leg.ts';
import { LiveCall } from './live-call.ts';

interface TestLeg extends Leg {
  /** The far end presses its hold key, or releases it. */
  holds(held: boolean): void;
}

describe('a call in progress', () => {
  const clock = new FakeClock();
  let heard: string[];
  let call: LiveCall;
  let caller: TestLeg;
  let agent: TestLeg;

  const leg = (name: string): TestLeg => {
    const listeners = new Set<(held: boolean) => void>();
    return {
      id: newId('leg', clock.now()),
      kind: 'sip',
      audio: {
        async play([prompt], how) {
          heard.push(`${name} hears ${prompt}${how?.loop === true ? ' on and on' : ''}`);
          return 'stopped';
        },
        stopPlaying: () => {},
      },
      onDigit: () => () => {},
      onHold(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      ended: new Promise(() => {}),
      hangup: () => heard.push(`${name} is hung up`),
      holds: (held) => listeners.forEach((listener) => listener(held)),
    };
  };

  beforeEach(() => {
    heard = [];
    const callId = newId('call', clock.now());
    const arrival: Arrival = {
      callId,
      trunk: 'local',
      callerNumber: '',
      callerName: '',
      dialledNumber: '95000',
      audio: {
        bridge: () => heard.push('both hear each other'),
        unbridge: () => heard.push('nobody hears the other'),
        mix: () => heard.push('some hear some'),
        mute: (_, muted) => heard.push(muted ? 'muted' : 'unmuted'),
        startRecording: () => {},
        stopRecording: async () => {},
        figures: async () => ({ packets: 0, lost: 0, jitterMs: 0, roundTripMs: null, mos: null, worstMos: null }),
        close: async () => {},
      },
      ring: () => {},
      answer: () => caller,
      refuse: () => {},
    };
    call = new LiveCall(arrival, {
      clock,
      journal: {
        held: (_, by) => heard.push(`held by ${by}`),
        resumed: (_, by) => heard.push(`resumed by ${by}`),
        disposed: (_, agentId, disposition) => heard.push(`${agentId}: ${disposition}`),
      },
      changed: () => {},
      onFault: (fault) => heard.push(String(fault)),
    });
    caller = leg('caller');
    agent = leg('agent');
    call.callerIs(caller);
    call.apply({ do: 'queue', queue: 'service', skill: '' });
    call.apply({ do: 'offer', agentId: 'agent1', because: { how: 'longest_idle', skill: '', advice: 'not_asked', reason: null } });
    call.apply({ do: 'connect' });
    call.agentIs(agent);
  });

  it.each([
    ['the desk', () => void call.hold(), () => void call.resume()],
    ['its phone, RFC 3264 §8.4', () => agent.holds(true), () => agent.holds(false)],
  ])('that the agent holds on %s gives the caller music, and the agent back afterwards', (_, hold, resume) => {
    hold();
    expect(call.facts().state).toBe('held');
    expect(heard.toSorted()).toEqual(['caller hears hold-music on and on', 'held by agent', 'nobody hears the other']);
    heard.length = 0;
    resume();
    expect(call.facts().state).toBe('connected');
    expect(heard).toEqual(['both hear each other', 'resumed by agent']);
  });

  it('that is held on the desk is not held again by the phone, and a late hold of a call that is over changes nothing', () => {
    void call.hold();
    heard.length = 0;
    agent.holds(true);
    expect(heard).toEqual([]);
    call.apply({ do: 'end' });
    agent.holds(false);
    agent.holds(true);
    expect(heard).toEqual([]);
  });

  it('that the caller holds goes on as it is: the caller plays its own music, and the story says so', () => {
    caller.holds(true);
    caller.holds(false);
    expect(heard).toEqual(['held by caller', 'resumed by caller']);
    expect(call.facts().state).toBe('connected');
  });
});
