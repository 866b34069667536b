import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ADVICE_TIMEOUTS,
  beginLink,
  lateMs,
  type Link,
  type LinkEffect,
  type LinkInput,
  type LinkRules,
  silenceMs,
  SLOW_ACK_MS,
  stepLink,
} from './link-state.ts';

const RULES: LinkRules = { misses: 3, heartbeatMs: 1000, stableMs: 60_000 };

interface Timed {
  readonly afterMs: number;
  readonly input: LinkInput;
}
interface Trace extends Timed {
  readonly atMs: number;
  readonly before: Link;
  readonly link: Link;
  readonly effects: readonly LinkEffect[];
}

function play(steps: readonly Timed[], from: Link = beginLink(RULES)): Trace[] {
  let link = from;
  let atMs = 0;
  return steps.map(({ afterMs, input }) => {
    atMs += afterMs;
    const before = link;
    const step = stepLink(before, input, atMs, RULES);
    link = step.link;
    return { afterMs, input, atMs, before, link, effects: step.effects };
  });
}
const at = (afterMs: number, input: LinkInput): Timed => ({ afterMs, input });
const beats = (count: number): Timed[] => Array.from({ length: count }, () => at(1000, { on: 'heartbeat_ok' }));
const states = (trace: readonly Trace[]): string[] =>
  trace.flatMap((step) => step.effects.flatMap((effect) => (effect.do === 'announce' ? [`${effect.to}: ${effect.why}`] : [])));
const CONNECTED = at(0, { on: 'connected' });
const LATE = at(lateMs(RULES), { on: 'tick' });
const DEAD = at(silenceMs(RULES) - lateMs(RULES), { on: 'tick' });
/** Up, last heard now: time in `play` begins at 0. */
const up = (): Link => ({ ...(play([CONNECTED, ...beats(4)]).at(-1)?.link ?? beginLink(RULES)), heardMs: 0 });

describe('link state', () => {
  it('a start is no outage: up after as many good heartbeats as a fault needs bad ones', () => {
    expect(states(play([CONNECTED, ...beats(2)]))).toEqual(['probing: connected']);
    expect(states(play([CONNECTED, ...beats(3)]))).toEqual(['probing: connected', 'up: stable']);
  });

  it('silence makes a black hole: suspect when a heartbeat is late, down and renewed within 5 s (PR 5424)', () => {
    const trace = play([LATE, DEAD], up());
    expect(states(trace)).toEqual(['suspect: heartbeat_missed', 'down: heartbeats_missed']);
    expect(trace.at(-1)?.effects).toContainEqual({ do: 'renew' });
    expect(trace.at(-1)?.atMs).toBeLessThanOrEqual(5000);
  });

  it('a line whose round trip grows to 3 s is slow, not dead: its answers still come once a heartbeat', () => {
    const trace = play([at(1500, { on: 'tick' }), at(2499, { on: 'heartbeat_ok' }), ...beats(20)], up());
    expect(states(trace)).toEqual(['suspect: heartbeat_missed']);
  });

  it('a lost connection is down at once', () => {
    expect(states(play([at(0, { on: 'disconnected', why: 'connection_lost' })], up()))).toEqual(['down: connection_lost']);
  });

  it('comes back through probing and counts as up only after it was quiet for 60 s', () => {
    const trace = play([at(0, { on: 'disconnected', why: 'connection_lost' }), at(500, { on: 'connected' }), ...beats(59)], up());
    expect(states(trace)).toEqual(['down: connection_lost', 'probing: connected']);
    expect(states(play([at(500, { on: 'disconnected', why: 'x' }), CONNECTED, ...beats(60)], up())).at(-1)).toBe('up: stable');
  });

  it('a line that flaps every ten seconds never looks up to the agents', () => {
    const flap = [at(0, { on: 'disconnected', why: 'connection_lost' }), CONNECTED, ...beats(10)];
    const trace = play([...flap, ...flap, ...flap, ...flap, ...flap, ...flap, ...flap], up());
    expect(states(trace).filter((change) => change.startsWith('up'))).toEqual([]);
  });

  it('slow acknowledgements, publish time-outs and advice time-outs in a row are trouble; single advice time-outs are not', () => {
    expect(states(play([at(0, { on: 'acknowledged', tookMs: SLOW_ACK_MS + 1 })], up()))).toEqual(['suspect: publish_slow']);
    expect(states(play([at(0, { on: 'acknowledged', tookMs: SLOW_ACK_MS })], up()))).toEqual([]);
    expect(states(play([at(0, { on: 'publish_timeout' })], up()))).toEqual(['suspect: publish_timeout']);
    const late = at(10, { on: 'advice_timeout' });
    expect(states(play([late, late, at(0, { on: 'advice_answered' }), late, late], up()))).toEqual([]);
    expect(
      states(
        play(
          Array.from({ length: ADVICE_TIMEOUTS }, () => late),
          up(),
        ),
      ),
    ).toEqual(['suspect: advice_timeouts']);
  });

  it('failing to dial tells its cause without inventing an outage', () => {
    const [step] = play([at(0, { on: 'disconnected', why: 'cloud_unreachable' })]);
    expect(step?.effects).toEqual([]);
    expect(step?.link).toMatchObject({ at: 'down', why: 'cloud_unreachable' });
  });

  const input: fc.Arbitrary<LinkInput> = fc.oneof(
    { weight: 12, arbitrary: fc.constant<LinkInput>({ on: 'heartbeat_ok' }) },
    { weight: 2, arbitrary: fc.constant<LinkInput>({ on: 'tick' }) },
    { weight: 1, arbitrary: fc.constant<LinkInput>({ on: 'poor_line', why: 'slow_link' }) },
    { weight: 2, arbitrary: fc.constant<LinkInput>({ on: 'connected' }) },
    { weight: 1, arbitrary: fc.constant<LinkInput>({ on: 'disconnected', why: 'lost' }) },
    { weight: 1, arbitrary: fc.constant<LinkInput>({ on: 'publish_timeout' }) },
    { weight: 1, arbitrary: fc.constant<LinkInput>({ on: 'advice_timeout' }) },
    { weight: 1, arbitrary: fc.nat({ max: 5000 }).map((tookMs): LinkInput => ({ on: 'acknowledged', tookMs })) },
  );
  const life = fc.array(fc.record({ afterMs: fc.nat({ max: 30_000 }), input }), { maxLength: 200 });

  it('law: after any trouble, up is entered only when stableMs have passed without another', () => {
    fc.assert(
      fc.property(life, (steps) => {
        let troubleMs: number | undefined;
        const quietMs: number[] = [];
        for (const { input: seen, before, link, atMs } of play(steps)) {
          const slow = seen.on === 'acknowledged' && seen.tookMs > SLOW_ACK_MS;
          const silent = seen.on === 'tick' && atMs - before.heardMs >= lateMs(RULES);
          if (before.connected && (slow || silent || ['poor_line', 'disconnected', 'publish_timeout'].includes(seen.on))) troubleMs = atMs;
          if (link.at === 'up' && before.at !== 'up' && troubleMs !== undefined) quietMs.push(atMs - troubleMs);
        }
        expect(quietMs.filter((ms) => ms < RULES.stableMs)).toEqual([]);
      }),
    );
  });

  it('law: without a connection the link is down, and every change is announced exactly once', () => {
    fc.assert(
      fc.property(life, (steps) => {
        for (const { before, link, effects } of play(steps)) {
          expect(link.at === 'down').toBe(!link.connected);
          const announced = effects.filter((effect) => effect.do === 'announce');
          expect(announced).toHaveLength(before.at === link.at ? 0 : 1);
        }
      }),
    );
  });

  it('law: no tick leaves a link connected on which nothing was heard for silenceMs', () => {
    fc.assert(
      fc.property(life, (steps) => {
        const left = play(steps).filter(
          ({ input: seen, link, atMs }) => seen.on === 'tick' && link.connected && atMs - link.heardMs >= silenceMs(RULES),
        );
        expect(left).toEqual([]);
      }),
    );
  });

  it('law: the way to up leads through probing or suspect, never from down', () => {
    fc.assert(
      fc.property(life, (steps) => {
        const jumps = play(steps).filter(({ before, link }) => link.at === 'up' && before.at === 'down');
        expect(jumps).toEqual([]);
      }),
    );
  });
});
