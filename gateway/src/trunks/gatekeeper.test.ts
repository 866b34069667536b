/** The door as strangers, trunks and guessers meet it: real sockets, time turned by hand. */
import { afterEach, describe, expect, it } from 'vitest';
import { parseSite } from '@keepline/contracts/site-file';
import { AgentBench, PATIENT } from '../../fixtures/sip/agent-bench.ts';
import { authorization, bestChallenge } from '../sip/digest.ts';
import { DigestGuard } from '../sip/digest-guard.ts';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { Gatekeeper, type GatekeeperParts } from './gatekeeper.ts';
import { TrunkTable } from './trunk-table.ts';

let bench: AgentBench;
let keeper: Gatekeeper;
const bans: string[] = [];
const CARRIER = { username: 'carrier', password: 'long-enough' };

/** The peer of the bench is 127.0.0.1: a stranger unless the trunks say otherwise. */
async function open(trunk: object, more: Partial<GatekeeperParts> = {}): Promise<void> {
  const { trunks } = parseSite({ sip: { trunks: [{ name: 'carrier', sources: ['192.0.2.1'], ...trunk }] } }).sip;
  const clock = new FakeClock();
  bans.length = 0;
  // The bench has a clock of its own for the stack; the door is given one that follows it.
  keeper = new Gatekeeper({
    clock: { monotonicMs: () => bench.clock.monotonicMs() },
    trunks: new TrunkTable(trunks),
    secrets: { inbound: (username) => (username === 'carrier' ? { trunk: 'carrier', secret: CARRIER } : null) },
    guard: new DigestGuard({ realm: 'site', clock, status: 401, algorithms: ['SHA-256'] }),
    ban: { refusals: 3, withinMs: 10_000, forMs: 60_000 },
    callsPerSecond: 5,
    hasRegistrar: false,
    isPhone: () => false,
    onBan: (address) => bans.push(address),
    ...more,
  });
  bench = await AgentBench.open({ admit: keeper.admit, vet: keeper.vet });
}
afterEach(() => bench.close());

describe('the gatekeeper', () => {
  it('answers a stranger 403 until it has knocked three times, then not at all until the ban is over', async () => {
    await open({});
    for (let i = 0; i < 3; i++) {
      bench.say({ method: 'OPTIONS', callId: `scan-${i}` });
      await bench.peer.hear('SIP/2.0 403');
    }
    expect(bans).toEqual(['127.0.0.1']);
    expect(keeper.banned).toBe(1);
    const before = bench.agent.counters().dropped;
    bench.say({ method: 'OPTIONS', callId: 'scan-4' });
    await expect.poll(() => bench.agent.counters().dropped, PATIENT).toBe(before + 1);
    bench.clock.advance(60_000);
    bench.say({ method: 'OPTIONS', callId: 'scan-5' });
    expect(await bench.peer.hear('SIP/2.0 403')).toContain('scan-5');
    expect(keeper.banned).toBe(0);
  });

  it('lets the machine itself call the echo and nothing else, never bans it, and knows no such thing where the echo is off', async () => {
    const itself = { addresses: new Set(['127.0.0.1']), echo: '*43' };
    await open({}, { itself });
    for (let i = 0; i < 5; i++) keeper.refused('127.0.0.1');
    expect(bans).toEqual([]);
    bench.say({ method: 'INVITE', uri: 'sip:95000@127.0.0.1', callId: 'itself-1' });
    expect(await bench.peer.hear('SIP/2.0 403')).toContain('itself-1');
    bench.say({ method: 'INVITE', uri: 'sip:*43@127.0.0.1', callId: 'itself-2' });
    await expect.poll(() => bench.calls.length, PATIENT).toBe(1);
    expect(keeper.trunkOf({ address: '127.0.0.1', port: 5060, transport: 'udp' })).toBeUndefined();
    await bench.close();
    await open({}, { itself: { ...itself, echo: '' } });
    bench.say({ method: 'INVITE', uri: 'sip:@127.0.0.1', callId: 'itself-3' });
    expect(await bench.peer.hear('SIP/2.0 403')).toContain('itself-3');
  });

  it('never bans a trunk or a phone, however often it errs', async () => {
    await open({ sources: ['127.0.0.1'] });
    for (let i = 0; i < 50; i++) keeper.refused('127.0.0.1');
    expect(bans).toEqual([]);
    bench.say({ method: 'OPTIONS' });
    expect(await bench.peer.hear('SIP/2.0')).toContain('200 OK');
  });

  it('lets a trunk in from anywhere that proves its secret, and knows which it is', async () => {
    await open({ digest: true });
    bench.say({ cseq: 1 });
    const asked = await bench.peer.hear('SIP/2.0 401');
    const challenge = bestChallenge([/WWW-Authenticate: (.*)\r\n/.exec(asked)?.[1] ?? '']);
    if (challenge === null) throw new Error('not challenged');
    const uri = `sip:95588@127.0.0.1:${bench.agent.port}`;
    const proof = (secret: typeof CARRIER): string =>
      `Authorization: ${authorization(challenge, secret, { method: 'INVITE', uri, cnonce: 'c', count: 1 })}`;
    bench.say({ cseq: 2, more: proof({ ...CARRIER, password: 'guess' }) });
    await bench.peer.hear('SIP/2.0 401');
    const call = await bench.offered({ cseq: 3, more: proof(CARRIER) });
    expect(keeper.trunkOf(call.source)?.name).toBe('carrier');
    expect(keeper.trunkOf({ ...call.source })).toBeUndefined();
    call.reject(486);
  });

  it('answers 503 where one source begins calls too fast', async () => {
    await open({ sources: ['127.0.0.1'] });
    for (let i = 0; i < 11; i++) bench.say({ callId: `fast-${i}` });
    expect(await bench.peer.hear('SIP/2.0 503')).toContain('Retry-After: 5');
    expect(bench.calls).toHaveLength(10);
    bench.clock.advance(1000);
    bench.say({ callId: 'later' });
    await expect.poll(() => bench.calls.length, PATIENT).toBe(11);
  });

  it('lets anybody try to register where phones do, and nothing else', async () => {
    await open({}, { hasRegistrar: true });
    const source = { address: '203.0.113.9', port: 5060, transport: 'udp' } as const;
    expect(keeper.admit(source, 'REGISTER')).toBe('accept');
    expect(keeper.admit(source, 'INVITE')).toBe('refuse');
    for (let i = 0; i < 3; i++) keeper.refused('203.0.113.9'); // three guesses at a password
    expect(bans).toEqual(['203.0.113.9']);
    expect(keeper.admit(source, 'REGISTER')).toBe('drop');
  });
});
