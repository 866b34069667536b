/** The registrar behind real sockets and a real database, against phones that err in every way. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '@keepline/testkit/temp-dir';
import { AgentBench, PATIENT } from '../../fixtures/sip/agent-bench.ts';
import { authorization, bestChallenge } from '../sip/digest.ts';
import { DigestGuard } from '../sip/digest-guard.ts';
import { Store } from '../store/store.ts';
import { registrationTables } from '../store/tables/registrations.ts';
import { Registrar } from './registrar.ts';

const SECRET = { username: 'agent1', password: 'long-enough' };
let bench: AgentBench;
let registrar: Registrar;
let store: Store;
let presence: string[];
let wrong = 0;
let cseq: number;
const dir = { current: tempDir() };

async function open(): Promise<void> {
  const time = { now: () => bench.clock.now(), monotonicMs: () => bench.clock.monotonicMs() };
  store = await Store.open(join(dir.current.path, 'main.db'), [registrationTables]);
  let answer: Registrar['answer'] | undefined;
  bench = await AgentBench.open({ register: (inbound) => answer?.(inbound) ?? Promise.resolve({ status: 500 }) });
  registrar = await Registrar.open({
    store,
    clock: { ...time, after: (ms, fn) => bench.clock.after(ms, fn), every: (ms, fn) => bench.clock.every(ms, fn) },
    guard: new DigestGuard({ realm: 'site', clock: time, status: 401, algorithms: ['SHA-256'] }),
    rules: { minSeconds: 60, maxSeconds: 3600, defaultSeconds: 600, maxContacts: 5 },
    agents: new Set(['agent1']),
    secretOf: (agentId) => (agentId === 'agent1' ? SECRET : null),
    onWrong: () => wrong++,
    onPresence: (agentId, isPresent) => presence.push(`${agentId} ${isPresent ? 'came' : 'went'}`),
    onFault: (fault) => expect.unreachable(String(fault)),
  });
  answer = registrar.answer;
}
beforeEach(async () => {
  dir.current = tempDir();
  presence = [];
  wrong = 0;
  cseq = 1;
  await open();
});
async function close(): Promise<void> {
  registrar.close();
  await bench.close();
  await store.close();
}
afterEach(async () => {
  await close();
  dir.current.remove();
});

/** Registers with proof; the final answer. */
async function registers(
  more: { contact?: string; expires?: string; user?: string; secret?: typeof SECRET; path?: string } = {},
): Promise<string> {
  const { contact = '<sip:phone@192.0.2.8:5070>', expires, user = 'agent1', secret = SECRET, path } = more;
  const uri = `sip:127.0.0.1:${bench.agent.port}`;
  const send = (extra: string): void => {
    const text = bench
      .request({ method: 'REGISTER', uri, cseq: cseq++, callId: 'phone', more: extra })
      .replace(/^To: .*$/m, `To: <sip:${user}@127.0.0.1>`)
      .replace(/^Contact: .*\r\n/m, contact === '' ? '' : `Contact: ${contact}\r\n`);
    bench.peer.say(bench.agent.port, text);
  };
  const lines = [...(expires === undefined ? [] : [`Expires: ${expires}`]), ...(path === undefined ? [] : [`Path: ${path}`])];
  send(lines.join('\r\n') || 'X-None: 1');
  const asked = await bench.peer.hear('SIP/2.0 401');
  const challenge = bestChallenge([/WWW-Authenticate: (.*)\r\n/.exec(asked)?.[1] ?? '']);
  if (challenge === null) throw new Error('not challenged');
  const value = authorization(challenge, secret, { method: 'REGISTER', uri, cnonce: 'c', count: 1 });
  send([`Authorization: ${value}`, ...lines].join('\r\n'));
  return bench.peer.hear('SIP/2.0');
}

describe('the registrar', () => {
  it('takes a phone that proves its secret, says for how long, and lets it go by word', async () => {
    const done = await registers({ expires: '120', path: '<sip:edge.example;lr>' });
    expect(done).toContain('SIP/2.0 200');
    expect(done).toContain('Contact: <sip:phone@192.0.2.8:5070>;expires=120');
    expect(done).toContain('Path: <sip:edge.example;lr>');
    expect(registrar.of('agent1')).toMatchObject([{ address: '127.0.0.1', port: bench.peer.port, path: ['<sip:edge.example;lr>'] }]);
    expect(registrar.knows('127.0.0.1')).toBe(true);
    expect(await registers({ contact: '*', expires: '0' })).toContain('SIP/2.0 200');
    expect(registrar.of('agent1')).toEqual([]);
    expect(presence).toEqual(['agent1 came', 'agent1 went']);
  });

  it('forgets a phone when its time is over', async () => {
    await registers({ expires: '60' });
    bench.clock.advance(61_000);
    expect(presence).toEqual(['agent1 came', 'agent1 went']);
    await expect.poll(() => store.read.all('SELECT * FROM registrations'), PATIENT).toEqual([]);
  });

  it('knows its phones again after a restart', async () => {
    await registers();
    await close();
    presence = [];
    await open();
    expect(registrar.of('agent1')).toHaveLength(1);
    expect(presence).toEqual(['agent1 came']);
  });

  it.each([
    ['a wrong secret', { secret: { username: 'agent1', password: 'guess' } }, 401],
    ['a name nobody has', { secret: { username: 'agent9', password: 'guess' } }, 401],
    ['another agent’s address', { user: 'agent2' }, 403],
    ['too brief a time', { expires: '10' }, 423],
    ['* without Expires 0', { contact: '*' }, 400],
    ['a time that is no number', { expires: 'soon' }, 400],
    ['a Contact that is no SIP URI', { contact: '<mailto:a@b>' }, 400],
  ])('refuses %s', async (_name, more, status) => {
    const said = await registers(more);
    expect(said).toContain(`SIP/2.0 ${status}`);
    if (status === 423) expect(said).toContain('Min-Expires: 60');
    expect(wrong).toBe(status === 401 ? 1 : 0);
    expect(registrar.size).toBe(0);
    expect(presence).toEqual([]);
  });
});
