/** The watch over trunks against a peer that answers, falls silent and asks for more: real sockets, time turned by hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSite } from '@keepline/contracts/site-file';
import { AgentBench, PATIENT } from '../../fixtures/sip/agent-bench.ts';
import { header } from '../../fixtures/sip/wire-peer.ts';
import { addressOf } from '../sip/dialog.ts';
import { TrunkTable } from './trunk-table.ts';
import { TrunkWatch } from './trunk-watch.ts';

let bench: AgentBench;
let watch: TrunkWatch;
let changes: string[];

beforeEach(async () => {
  bench = await AgentBench.open();
  changes = [];
});
afterEach(async () => {
  watch.close();
  await bench.close();
});

function open(trunk: object): void {
  const target = `sip:127.0.0.1:${bench.peer.port}`;
  const site = parseSite({
    sip: {
      trunks: [
        { name: 'carrier', target, ...trunk },
        { name: 'spare', target, healthSeconds: 0, priority: 20 },
      ],
    },
  });
  watch = new TrunkWatch({
    clock: bench.clock,
    trunks: new TrunkTable(site.sip.trunks).all(),
    agent: bench.agent,
    places: { locate: async (uri) => [addressOf(uri) ?? expect.unreachable(uri)], failed: () => {}, worked: () => {} },
    siteHost: '127.0.0.1',
    contactFor: () => `sip:site@127.0.0.1:${bench.agent.port}`,
    usernameOf: () => 'bank',
    onChange: (name, from, to, why) => changes.push(`${name} ${from} ${to} ${why}`),
    onFault: (fault) => expect.unreachable(String(fault)),
  });
}
const order = (): string[] => watch.order(() => 0).map(({ name }) => name);

describe('the watch over trunks', () => {
  it('takes a silent trunk out of the order and puts it back after three answers', async () => {
    open({ healthSeconds: 10 });
    bench.replyTo(await bench.peer.hear('OPTIONS sip:'), '200 OK');
    await expect.poll(() => changes, PATIENT).toEqual(['carrier unknown up answered']);
    expect(order()).toEqual(['carrier', 'spare']);
    for (let i = 0; i < 10; i++) await bench.clock.advanceAsync(10_000); // two OPTIONS time out after 32 s each
    await expect.poll(() => changes.at(-1), PATIENT).toBe('carrier up down timeout');
    expect(order()).toEqual(['spare']);
    watch.tried('carrier', { status: 486 });
    watch.tried('carrier', { status: 200 });
    expect(order()).toEqual(['spare']);
    watch.tried('carrier', { status: 404 });
    expect(changes.at(-1)).toBe('carrier down up answered');
    expect(order()).toEqual(['carrier', 'spare']);
  });

  it('registers the site, longer when it is told to, and again before the end', async () => {
    open({ healthSeconds: 0, register: true, registerSeconds: 60 });
    const first = await bench.peer.hear('REGISTER sip:127.0.0.1');
    expect(header(first, 'To')).toBe('<sip:bank@127.0.0.1>');
    expect(header(first, 'Expires')).toBe('60');
    const refused = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => `${name}: ${header(first, name)}\r\n`).join('');
    bench.peer.say(bench.agent.port, `SIP/2.0 423 Interval Too Brief\r\n${refused}Min-Expires: 120\r\nContent-Length: 0\r\n\r\n`);
    await expect.poll(() => bench.agent.counters().messagesReceived, PATIENT).toBe(1);
    await bench.clock.advanceAsync(1);
    await bench.clock.advanceAsync(1);
    const second = await bench.peer.hear('REGISTER sip:');
    expect(header(second, 'Expires')).toBe('120');
    expect(header(second, 'Call-ID')).toBe(header(first, 'Call-ID'));
    expect(Number.parseInt(header(second, 'CSeq'), 10)).toBeGreaterThan(Number.parseInt(header(first, 'CSeq'), 10));
    bench.replyTo(second, '200 OK');
    await expect.poll(() => watch.status()[0]?.registration, PATIENT).toBe('registered');
    bench.clock.advance(60_000);
    expect(Number.parseInt(header(await bench.peer.hear('REGISTER sip:'), 'CSeq'), 10)).toBeGreaterThan(2);
  });
});
