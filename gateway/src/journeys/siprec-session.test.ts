/** What an SRC is told when its call cannot be recorded, and in which order a session is opened and closed. */
import { FakeClock } from '@keepline/testkit/fake-clock';
import { describe, expect, it } from 'vitest';
import { CallRegistry } from '../calls/call-registry.ts';
import type { ForkedCall } from '../calls/forked-call.ts';
import type { Leg, LegEnd } from '../calls/leg.ts';
import { runSiprecSession, type SessionHouse } from './siprec-session.ts';

function stage(how: { readonly fault?: string; readonly opens?: boolean; readonly writes?: boolean }) {
  const said: string[] = [];
  const say =
    (what: string) =>
    (...more: readonly unknown[]): void =>
      void said.push([what, ...more.filter((one) => typeof one !== 'object')].join(' '));
  const over = Promise.withResolvers<LegEnd>();
  const leg: Leg = {
    id: 'leg-1',
    kind: 'sip',
    audio: { play: async () => 'stopped', stopPlaying: () => {} },
    onDigit: () => () => {},
    onHold: () => () => {},
    ended: over.promise,
    hangup: say('hangup'),
  };
  const forked: ForkedCall = {
    callId: 'call-1',
    trunk: 'pbx',
    left: leg,
    right: leg,
    audio: {
      bridge: say('bridge'),
      unbridge: () => {},
      mix: () => {},
      mute: () => {},
      startRecording: () => {},
      stopRecording: async () => {},
      figures: async () => ({ packets: 0, lost: 0, jitterMs: 0, roundTripMs: null, mos: null, worstMos: null }),
      close: async () => say('media closed')(),
    },
    facts: () => ({ session: '', parties: [null, null], paused: false }),
    onChange: () => {},
    answer() {
      say('answer')();
      over.resolve('hung_up');
    },
    refuse: say('refuse'),
  };
  const registry = new CallRegistry();
  const house = {
    clock: new FakeClock(),
    registry,
    recordingFault: () => (how.fault === undefined ? null : { code: how.fault }),
    journal: {
      opened: async () => say('row')(),
      refused: (_call: string, _trunk: string, status: number, why: string) => say('refused')(status, why),
      write: async () => {
        if (how.writes === false) throw new Error('the disk is gone');
        say('ledger row')();
      },
      ended: (_call: object, { verdict }: { verdict: string }) => say('ended')(verdict),
    },
    tape: () => ({
      recordingId: 'rec-1',
      listen: say('listen'),
      open: async () => how.opens !== false,
      close: async () => say('tape closed')(),
    }),
    onFault: say('fault'),
    events: { append: async () => 'evt-1' },
  } as unknown as SessionHouse; // the parts of the house that this story asks
  return { run: () => runSiprecSession(forked, house), said, registry };
}

describe('a recording session', () => {
  it('is answered only after its ledger row is durable and its file is open', async () => {
    const { run, said, registry } = stage({});
    await run();
    expect(said).toEqual(['row', 'bridge', 'listen', 'ledger row', 'answer', 'tape closed', 'ended completed', 'media closed']);
    expect(registry.size).toBe(0);
  });

  it('is refused with 503 while the recorder takes no calls, and leaves no row', async () => {
    const { run, said } = stage({ fault: 'RECORDING_DISK_LOW' });
    await run();
    expect(said).toEqual(['refuse 503 30', 'refused 503 recording_disk_low', 'media closed']);
  });

  it('is refused with 503 when its file cannot be opened, and the ledger closes with the reason', async () => {
    const { run, said } = stage({ opens: false });
    await run();
    expect(said.slice(4)).toEqual(['refuse 503 30', 'refused 503 recording_not_opened', 'tape closed', 'ended failed', 'media closed']);
  });

  it('is refused with 503 when nothing can be written', async () => {
    const { run, said, registry } = stage({ writes: false });
    await run();
    expect(said).toContain('refuse 503 30');
    expect(said).not.toContain('answer');
    expect(registry.size).toBe(0);
  });
});
