/** The transfer key of a desk phone, as the house answers it; the whole way is in `test/transfer.test.ts`. */
import { newId } from '@keepline/contracts/ids';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { describe, expect, it } from 'vitest';
import type { Leg, LegEnd, PlayEnd, TransferAsked } from '../calls/leg.ts';
import { LiveCall } from './live-call.ts';
import { dismissAgent, listenForTransfer } from './transfer.ts';

const clock = new FakeClock();

function talking(isConnected = true): { call: LiveCall; press: (target: string, isAttended?: boolean) => string[] } {
  const audio = {
    ...{ bridge: () => {}, unbridge: () => {}, mix: () => {}, mute: () => {}, startRecording: () => {}, stopRecording: async () => {} },
    ...{ figures: async () => ({ packets: 0, lost: 0, jitterMs: 0, roundTripMs: null, mos: null, worstMos: null }), close: async () => {} },
  };
  const call = new LiveCall(
    {
      ...{ callId: newId('call', clock.now()), trunk: 'local', callerNumber: '', callerName: '', dialledNumber: '95000', audio },
      ...{ ring: () => {}, answer: () => agent, refuse: () => {} },
    },
    { clock, journal: { held: () => {}, resumed: () => {}, disposed: () => {} }, changed: () => {}, onFault: () => expect.unreachable() },
  );
  let handler: (asked: TransferAsked) => void = () => {};
  const agent: Leg = {
    ...{ id: newId('leg', clock.now()), kind: 'sip', audio: { play: async () => 'stopped', stopPlaying: () => {} } },
    ...{ onDigit: () => () => {}, onHold: () => () => {}, ended: new Promise(() => {}), hangup: () => {} },
    onTransfer(given) {
      handler = given;
      return () => {};
    },
  };
  if (isConnected) {
    call.apply({ do: 'queue', queue: 'service', skill: '' });
    call.apply({ do: 'offer', agentId: 'li', because: { how: 'longest_idle', skill: '', advice: 'not_asked', reason: null } });
    call.apply({ do: 'connect' });
  }
  const dispatcher = {
    queue(name: string) {
      if (name !== 'loans') throw new Error('no such queue');
      return { name };
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of the dispatcher only the question whether a queue exists is asked
  listenForTransfer(call, agent, { dispatcher } as unknown as Parameters<typeof listenForTransfer>[2]);
  const press = (target: string, isAttended = false): string[] => {
    const said: string[] = [];
    handler({
      ...{ target, isAttended, joins: () => true, accept: () => said.push('accepted') },
      ...{ refuse: (status) => said.push(`refused ${status}`), report: (status) => said.push(`reported ${status}`) },
    });
    return said;
  };
  return { call, press };
}

describe('a transfer key', () => {
  it('passes the caller on to a queue of the house', async () => {
    const { call, press } = talking();
    const next = call.nextTransfer();
    expect(press('loans')).toEqual(['accepted', 'reported 200']);
    expect(await next).toEqual({ to: 'queue', queue: 'loans' });
    expect(call.apply({ do: 'transfer' })).toMatchObject({ state: 'in_flow', agentId: null, connectedAtMs: 0, recording: false });
  });

  it('reaches nobody else, joins no calls, and does nothing when nobody talks', () => {
    expect(talking().press('13800000000')).toEqual(['refused 404']);
    expect(talking().press('loans', true)).toEqual(['refused 603']);
    expect(talking(false).press('loans')).toEqual(['refused 404']);
  });

  it('leaves the phone two seconds to hang up by itself', async () => {
    const ends: string[] = [];
    const leg = (ended: Promise<LegEnd>, name: string) => ({ ended, hangup: () => ends.push(name) });
    const parts = { kind: 'sip', onDigit: () => () => {}, onHold: () => () => {} } as const;
    const sound = { play: async (): Promise<PlayEnd> => 'stopped', stopPlaying: () => {} };
    const id = newId('leg', clock.now());
    dismissAgent({ ...parts, ...leg(Promise.resolve('hung_up'), 'gone'), id, audio: sound }, { clock });
    dismissAgent({ ...parts, ...leg(new Promise(() => {}), 'stays'), id, audio: sound }, { clock });
    await clock.advanceAsync(1_999);
    expect(ends).toEqual([]);
    await clock.advanceAsync(1);
    expect(ends).toEqual(['stays']);
  });
});
