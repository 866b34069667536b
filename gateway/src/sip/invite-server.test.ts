import { describe, expect, it } from 'vitest';
import { FakeClock } from '@keepline/testkit/fake-clock';
import {
  beginInviteServer,
  type InviteServerInput,
  type InviteServerSend,
  type InviteServerState,
  stepInviteServer,
} from './invite-server.ts';
import { TransactionRunner } from './transaction-runner.ts';

function invite(reliable: boolean) {
  const clock = new FakeClock();
  const seen: Array<[number, string]> = [];
  const note = (what: string): void => void seen.push([clock.monotonicMs(), what]);
  const runner = new TransactionRunner<InviteServerState, InviteServerInput, InviteServerSend>(
    stepInviteServer,
    beginInviteServer(reliable),
    clock,
    { send: note, deliver: () => note('deliver'), fail: note, end: () => note('end') },
  );
  runner.start();
  seen.splice(0); // the 100 and the INVITE itself
  const at = (what: string): number[] => seen.filter(([, was]) => was === what).map(([ms]) => ms);
  return { clock, runner, at };
}

describe('INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1)', () => {
  it('answers at once with 100 and hands the INVITE up', () => {
    expect(beginInviteServer(false).effects).toEqual([{ do: 'send', what: 'response' }, { do: 'deliver' }]);
  });

  it('repeats the last provisional response for a repeated INVITE and never on its own', () => {
    const { clock, runner, at } = invite(false);
    runner.feed('provisional');
    clock.advance(100_000);
    runner.feed('request');
    expect(at('response')).toEqual([0, 100_000]);
  });

  it('repeats a failure at 500, 1500, 3500 ms and then every 4 s until 32 s without ACK on UDP (timers G and H)', () => {
    const { clock, runner, at } = invite(false);
    runner.feed('failure');
    clock.advance(60_000);
    expect(at('response')).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(at('timeout')).toEqual([32_000]);
    expect(at('end')).toEqual([32_000]);
  });

  it('does not repeat a failure on TCP, and waits 32 s for the ACK all the same', () => {
    const { clock, runner, at } = invite(true);
    runner.feed('failure');
    clock.advance(60_000);
    expect(at('response')).toEqual([0]);
    expect(at('timeout')).toEqual([32_000]);
  });

  it('absorbs further ACKs for 5 s after the first (timer I), for none on TCP', () => {
    const udp = invite(false);
    udp.runner.feed('failure');
    udp.clock.advance(700);
    udp.runner.feed('ack');
    udp.runner.feed('ack');
    udp.runner.feed('request');
    udp.clock.advance(10_000);
    expect(udp.at('response')).toEqual([0, 500]);
    expect(udp.at('end')).toEqual([5700]);
    const tcp = invite(true);
    tcp.runner.feed('failure');
    tcp.runner.feed('ack');
    tcp.clock.advance(0);
    expect(tcp.at('end')).toEqual([0]);
  });

  it('stays 32 s after a 2xx, passing it on when given again and absorbing the INVITE (timer L)', () => {
    const { clock, runner, at } = invite(false);
    runner.feed('success');
    clock.advance(500);
    runner.feed('request');
    runner.feed('success');
    runner.feed('ack');
    expect(at('response')).toEqual([0, 500]);
    expect(at('deliver')).toEqual([500]);
    clock.advance(31_500);
    expect(at('end')).toEqual([32_000]);
  });

  it('outlives a transport failure, since a retransmission may find another way (RFC 6026 §8.8)', () => {
    const { clock, runner, at } = invite(false);
    runner.feed('failure');
    runner.feed('transportFailed');
    expect(at('transport')).toEqual([0]);
    clock.advance(500);
    expect(at('response')).toEqual([0, 500]);
  });
});
