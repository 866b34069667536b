import { describe, expect, it } from 'vitest';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { beginInviteClient, type InviteClientInput, type InviteClientSend, stepInviteClient } from './invite-client.ts';
import { TransactionRunner } from './transaction-runner.ts';

function invite(reliable: boolean) {
  const clock = new FakeClock();
  const seen: Array<[number, string]> = [];
  const note = (what: string): void => void seen.push([clock.monotonicMs(), what]);
  const runner = new TransactionRunner<ReturnType<typeof stepInviteClient>['state'], InviteClientInput, InviteClientSend>(
    stepInviteClient,
    beginInviteClient(reliable),
    clock,
    { send: note, deliver: () => note('deliver'), fail: note, end: () => note('end') },
  );
  runner.start();
  const at = (what: string): number[] => seen.filter(([, was]) => was === what).map(([ms]) => ms);
  return { clock, runner, seen, at };
}

describe('INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2)', () => {
  it('sends INVITE at 0, 500, 1500 … ms and gives up after 32 s on UDP (timers A and B)', () => {
    const { clock, at } = invite(false);
    clock.advance(60_000);
    expect(at('request')).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(at('timeout')).toEqual([32_000]);
    expect(at('end')).toEqual([32_000]);
    expect(clock.pending).toBe(0);
  });

  it('sends INVITE once on TCP and still gives up after 32 s', () => {
    const { clock, at } = invite(true);
    clock.advance(60_000);
    expect(at('request')).toEqual([0]);
    expect(at('timeout')).toEqual([32_000]);
  });

  it('stops sending at the first provisional response and then waits without an end', () => {
    const { clock, runner, at } = invite(false);
    clock.advance(600);
    runner.feed('provisional');
    runner.feed('provisional');
    clock.advance(600_000);
    expect(at('request')).toEqual([0, 500]);
    expect(at('deliver')).toEqual([600, 600]);
    expect(at('end')).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('acknowledges a failure, again for each retransmission, for 32 s on UDP (timer D)', () => {
    const { clock, runner, at } = invite(false);
    runner.feed('provisional');
    runner.feed('failure');
    clock.advance(500);
    runner.feed('failure');
    expect(at('ack')).toEqual([0, 500]);
    expect(at('deliver')).toEqual([0, 0]);
    clock.advance(31_499);
    expect(at('end')).toEqual([]);
    clock.advance(1);
    expect(at('end')).toEqual([32_000]);
  });

  it('ends at once after a failure on TCP (timer D is 0)', () => {
    const { clock, runner, at } = invite(true);
    runner.feed('failure');
    clock.advance(0);
    expect(at('ack')).toEqual([0]);
    expect(at('end')).toEqual([0]);
  });

  it('hands every 2xx up for 32 s after the first, without an ACK of its own (timer M)', () => {
    const { clock, runner, at } = invite(false);
    runner.feed('success');
    clock.advance(31_999);
    runner.feed('success');
    runner.feed('failure');
    expect(at('deliver')).toEqual([0, 31_999]);
    expect(at('ack')).toEqual([]);
    clock.advance(1);
    expect(at('end')).toEqual([32_000]);
    runner.feed('success');
    expect(at('deliver')).toHaveLength(2);
  });

  it('reports a transport failure once and is over', () => {
    const { clock, runner, seen } = invite(false);
    runner.feed('transportFailed');
    runner.feed('transportFailed');
    clock.advance(60_000);
    expect(seen.map(([, what]) => what)).toEqual(['request', 'transport', 'end']);
  });
});
