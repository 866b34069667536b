/** How many transactions there may be, and which of them count. */
import { describe, expect, it } from 'vitest';
import { SOURCE, StackBench } from '../../fixtures/sip/stack-bench.ts';
import { LINGERING_SHARE } from './limits.ts';
import { WAIT_MS } from './transaction.ts';

const MAX = 10;
const stackOf = (): StackBench => new StackBench({ limits: { maxMessageBytes: 4096, maxTransactions: MAX } });

function request(method: string, n: number): Buffer {
  const lines = [
    `${method} sip:95588@192.0.2.99 SIP/2.0`,
    `Via: SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bK${method}${n}`,
    'From: <sip:a@198.51.100.7>;tag=a',
    'To: <sip:95588@192.0.2.99>',
    `Call-ID: ${method}-${n}`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:a@198.51.100.7:5070>',
    ...['Content-Length: 0', '', ''],
  ];
  return Buffer.from(lines.join('\r\n'));
}

function answered(bench: StackBench, method: string, n: number): number {
  bench.stack.datagram(request(method, n), SOURCE);
  return bench.statuses()[0] ?? 0;
}

describe('the bound on transactions', () => {
  it('counts those at work: finished ones, which wait for retransmissions, keep no caller out (RFC 3261 §17.2.2 timer J)', () => {
    const bench = stackOf();
    for (let n = 0; n < MAX * 2; n++) expect(answered(bench, 'OPTIONS', n)).toBe(200);
    for (let n = 0; n < MAX; n++) expect(answered(bench, 'INVITE', n)).toBe(0); // offered, 100 is out
    expect(answered(bench, 'INVITE', MAX)).toBe(503);
    bench.calls[0]?.reject(486);
    bench.hear();
    expect(answered(bench, 'INVITE', MAX + 1)).toBe(0);
    expect(bench.calls).toHaveLength(MAX + 1);
  });

  it('keeps finished ones for their time, and bounds them too rather than forget one (a late INVITE must not become a second call)', () => {
    const bench = stackOf();
    const room = MAX * LINGERING_SHARE;
    for (let n = 0; n < room; n++) expect(answered(bench, 'OPTIONS', n)).toBe(200);
    expect(answered(bench, 'OPTIONS', room)).toBe(503);
    expect(bench.stack.counters()).toMatchObject({ transactions: room, overloaded: 1 });
    expect(answered(bench, 'OPTIONS', 0)).toBe(200); // a retransmission of the first
    bench.clock.advance(WAIT_MS);
    expect(answered(bench, 'OPTIONS', room + 1)).toBe(200);
    expect(bench.stack.counters().transactions).toBe(1);
  });

  it('counts requests of ours until they have a final response, or never get one', () => {
    const bench = stackOf();
    const from = { uri: 'sip:95588@192.0.2.99', displayName: '' };
    for (let n = 0; n < MAX; n++) bench.stack.invite('sip:phone@198.51.100.7:5070', 'v=0\r\n', { from });
    const invites = bench.hear();
    expect(invites).toHaveLength(MAX);
    expect(answered(bench, 'OPTIONS', 1)).toBe(503);

    const [first = ''] = invites;
    bench.stack.datagram(Buffer.from(first.replace(/^INVITE .*/, 'SIP/2.0 486 Busy Here')), SOURCE);
    expect(bench.hear().map((text) => text.slice(0, 3))).toEqual(['ACK']);
    expect(answered(bench, 'OPTIONS', 2)).toBe(200);
    expect(bench.stack.counters().transactions).toBe(MAX + 1);

    bench.clock.advance(WAIT_MS); // timer B for those nobody answered, D for the first, J for OPTIONS
    expect(bench.stack.counters().transactions).toBe(0);
    bench.hear();
    for (let n = 0; n < MAX; n++) expect(answered(bench, 'INVITE', n)).toBe(0);
    expect(answered(bench, 'INVITE', MAX)).toBe(503);
  });
});
