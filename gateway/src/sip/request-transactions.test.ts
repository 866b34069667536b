/** The machines for every method but INVITE, and the repeated 2xx. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { beginAnswer, stepAnswer } from './answer-repeat.ts';
import { beginInviteClient, stepInviteClient } from './invite-client.ts';
import { beginInviteServer, stepInviteServer } from './invite-server.ts';
import { beginRequestClient, stepRequestClient } from './request-client.ts';
import { beginRequestServer, stepRequestServer } from './request-server.ts';
import { TransactionRunner } from './transaction-runner.ts';
import type { Step } from './transaction.ts';

function run<State extends { readonly at: string }, What extends string, Input extends string>(
  step: (state: State, input: Input) => Step<State, What, Input>,
  first: Step<State, What, Input>,
) {
  const clock = new FakeClock();
  const seen: Array<[number, string]> = [];
  const note = (what: string): void => void seen.push([clock.monotonicMs(), what]);
  const runner = new TransactionRunner(step, first, clock, {
    send: note,
    deliver: () => note('deliver'),
    fail: note,
    end: () => note('end'),
  });
  runner.start();
  const at = (what: string): number[] => seen.filter(([, was]) => was === what).map(([ms]) => ms);
  return { clock, runner, at, seen };
}

describe('non-INVITE client transaction (RFC 3261 §17.1.2)', () => {
  it('repeats the request with doubling pauses up to 4 s and gives up after 32 s on UDP (timers E and F)', () => {
    const { clock, at } = run(stepRequestClient, beginRequestClient(false));
    clock.advance(60_000);
    expect(at('request')).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(at('timeout')).toEqual([32_000]);
  });

  it('repeats every 4 s after a provisional response, and timer F runs on', () => {
    const { clock, runner, at } = run(stepRequestClient, beginRequestClient(false));
    clock.advance(400);
    runner.feed('provisional');
    clock.advance(60_000);
    expect(at('request')).toEqual([0, 500, 4500, 8500, 12_500, 16_500, 20_500, 24_500, 28_500]);
    expect(at('timeout')).toEqual([32_000]);
  });

  it('delivers one final response and absorbs its copies for 5 s on UDP, for none on TCP (timer K)', () => {
    const udp = run(stepRequestClient, beginRequestClient(false));
    udp.runner.feed('final');
    udp.runner.feed('final');
    udp.clock.advance(60_000);
    expect(udp.at('deliver')).toEqual([0]);
    expect(udp.at('end')).toEqual([5000]);
    const tcp = run(stepRequestClient, beginRequestClient(true));
    tcp.runner.feed('final');
    tcp.clock.advance(0);
    expect(tcp.at('end')).toEqual([0]);
    expect(tcp.at('request')).toEqual([0]);
  });
});

describe('non-INVITE server transaction (RFC 3261 §17.2.2)', () => {
  it('says nothing to a repeated request before it has something to say, then repeats that', () => {
    const { runner, at } = run(stepRequestServer, beginRequestServer(false));
    runner.feed('request');
    expect(at('response')).toEqual([]);
    runner.feed('provisional');
    runner.feed('request');
    runner.feed('final');
    runner.feed('request');
    runner.feed('final');
    expect(at('response')).toHaveLength(4);
  });

  it('remembers its final response for 32 s on UDP, not at all on TCP (timer J)', () => {
    for (const [reliable, endMs] of [
      [false, 32_000],
      [true, 0],
    ] as const) {
      const { clock, runner, at } = run(stepRequestServer, beginRequestServer(reliable));
      runner.feed('final');
      clock.advance(60_000);
      expect(at('end')).toEqual([endMs]);
    }
  });
});

describe('the 2xx to an INVITE (RFC 3261 §13.3.1.4)', () => {
  it('is repeated at 500, 1500, 3500 ms and then every 4 s, and given up after 32 s', () => {
    const { clock, at } = run(stepAnswer, beginAnswer());
    clock.advance(60_000);
    expect(at('response')).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(at('timeout')).toEqual([32_000]);
  });

  it('stops with the ACK', () => {
    const { clock, runner, at } = run(stepAnswer, beginAnswer());
    clock.advance(600);
    runner.feed('ack');
    clock.advance(60_000);
    expect(at('response')).toEqual([0, 500]);
    expect(at('timeout')).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

/** A machine that takes inputs by number, so that one property fits all four. */
function trial<State extends { readonly at: string }, What extends string, Input extends string>(
  { clock, runner, at, seen }: ReturnType<typeof run<State, What, Input>>,
  inputs: readonly Input[],
) {
  const feed = (pick: number): void => {
    const input = inputs[pick % inputs.length];
    if (input !== undefined) runner.feed(input);
  };
  return { clock, at, seen, feed, stop: () => runner.stop() };
}

describe('every machine', () => {
  const machines = [
    [
      'INVITE client',
      (reliable: boolean) =>
        trial(run(stepInviteClient, beginInviteClient(reliable)), ['provisional', 'success', 'failure', 'transportFailed']),
    ],
    [
      'INVITE server',
      (reliable: boolean) =>
        trial(run(stepInviteServer, beginInviteServer(reliable)), [
          'request',
          'ack',
          'provisional',
          'success',
          'failure',
          'transportFailed',
        ]),
    ],
    [
      'request client',
      (reliable: boolean) => trial(run(stepRequestClient, beginRequestClient(reliable)), ['provisional', 'final', 'transportFailed']),
    ],
    [
      'request server',
      (reliable: boolean) =>
        trial(run(stepRequestServer, beginRequestServer(reliable)), ['request', 'provisional', 'final', 'transportFailed']),
    ],
  ] as const;
  it.each(machines)('%s ends at most once, says nothing afterwards and leaves no timer behind, whatever comes', (_name, make) => {
    const steps = fc.array(fc.tuple(fc.nat({ max: 11 }), fc.constantFrom(0, 100, 5_000, 40_000)), { maxLength: 20 });
    fc.assert(
      fc.property(fc.boolean(), steps, (reliable, taken) => {
        const { clock, at, seen, feed, stop } = make(reliable);
        for (const [pick, waitMs] of taken) {
          feed(pick);
          clock.advance(waitMs);
        }
        expect(at('end').length).toBeLessThanOrEqual(1);
        if (at('end').length === 1) {
          expect(seen.at(-1)?.[1]).toBe('end');
          expect(clock.pending).toBe(0);
        }
        stop();
        expect(clock.pending).toBe(0);
      }),
    );
  });
});
