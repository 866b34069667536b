/** Requests of desks: what may leave, what comes back, when nobody is asked; and once over a real hub, as the site's own user. */
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import type { LinkState } from '@keepline/contracts/link';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { startHub } from '@keepline/testkit/nats-server';
import { tempDir } from '@keepline/testkit/temp-dir';
import { provision } from '../cloud/provision.ts';
import { type Asked, CloudConnection } from '../nats/cloud-connection.ts';
import { readCredentials } from '../nats/credentials.ts';
import { subjectsOf } from '../nats/subjects.ts';
import { cloudSide } from '../testing/running-sync.ts';
import { runWorkers } from '../testing/running-workers.ts';
import { AiAsker } from './ask-ai.ts';

const requestId = newId('req', 1_790_000_000_000);
const request = { requestId, site: 'demo', turns: [{ speaker: 'agent', text: '您好，请问有什么可以帮您？' }], checks: ['polite'] };
const answer = { requestId, findings: [], score: 1, model: 'test' };
const rules = { failures: 2, retryMs: 5000 };

function asker(reply: () => Promise<Asked> | Asked) {
  const world = { link: 'up' as LinkState, asked: 0, warned: [] as object[], book: [] as string[] };
  const clock = new FakeClock();
  const connection = {
    ask: async (): Promise<Asked> => {
      world.asked++;
      return reply();
    },
  };
  const log = { warn: (fields: object) => void world.warned.push(fields) };
  const book = {
    sent: (type: string, body: string) => void world.book.push(`${type} ${body.length}`),
    stopped: (type: string) => void world.book.push(`${type} stopped`),
  };
  return {
    world,
    clock,
    ai: new AiAsker({ site: 'demo', rules, clock, connection: () => connection, linkState: () => world.link, log, book }),
  };
}
const ok = (value: unknown): Asked => ({ ok: true, text: JSON.stringify(value) });

describe('asking the AI services', () => {
  const ends: (() => Promise<unknown> | void)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  it('returns an answer that fits, and nothing else', async () => {
    expect(await asker(() => ok(answer)).ai.ask('qa', request)).toEqual({ outcome: 'answered', answer, tookMs: 0 });
    expect(await asker(() => ok({ ...answer, requestId: 'another' })).ai.ask('qa', request)).toMatchObject({ outcome: 'invalid' });
    expect(await asker(() => ok({ ...answer, score: 7 })).ai.ask('qa', request)).toMatchObject({ outcome: 'invalid' });
    expect(await asker(() => ({ ok: true, text: '' })).ai.ask('qa', request)).toMatchObject({ outcome: 'refused' });
  });

  it.each(['我的手机号是13800138000', '卡号 6222 0212 3456 7890 128', '１３８００１３８０００', 'mail me: a.b@example.com'])(
    'stops a request with personal data before it leaves: %s',
    async (text) => {
      const { ai, world } = asker(() => ok(answer));
      expect(await ai.ask('qa', { ...request, turns: [...request.turns, { speaker: 'caller', text }] })).toMatchObject({
        outcome: 'stopped',
      });
      expect(world.asked).toBe(0);
      expect(world.book).toEqual(['request.qa stopped']);
      expect(JSON.stringify(world.warned)).toContain('turns.1.text');
      expect(JSON.stringify(world.warned)).not.toContain(text);
    },
  );

  it('stands in the ledger with its bytes when it leaves, and only then', async () => {
    const { ai, world } = asker(() => ok(answer));
    await ai.ask('qa', request);
    world.link = 'down';
    await ai.ask('qa', request);
    await ai.ask('qa', { ...request, site: 'other' });
    expect(world.book).toEqual([`request.qa ${JSON.stringify(request).length}`]);
  });

  it('asks nothing for another site, of another shape, or while the link is down', async () => {
    const { ai, world } = asker(() => ok(answer));
    expect(await ai.ask('qa', { ...request, site: 'other' })).toMatchObject({ outcome: 'bad_request' });
    expect(await ai.ask('summary', request)).toMatchObject({ outcome: 'bad_request' });
    expect(await ai.ask('qa', { ...request, note: '王小明' })).toMatchObject({ outcome: 'bad_request' });
    world.link = 'down';
    expect(await ai.ask('qa', request)).toMatchObject({ outcome: 'link_down' });
    expect(world.asked).toBe(0);
  });

  it('holds the deadline by its own clock; after failures in a row the breaker spares the wait, for this service only', async () => {
    const { ai, clock, world } = asker(() => new Promise<Asked>(() => {}));
    for (let i = 0; i < rules.failures; i++) {
      const asked = ai.ask('qa', request);
      await clock.advanceAsync(5000);
      expect(await asked).toEqual({ outcome: 'timeout', tookMs: 5000 });
    }
    expect(await ai.ask('qa', request)).toMatchObject({ outcome: 'breaker_open' });
    expect(world.asked).toBe(rules.failures);
    const other = ai.ask('assist', { requestId, site: 'demo', utterance: '挂失', candidates: [] });
    await clock.advanceAsync(5000);
    expect(await other).toMatchObject({ outcome: 'timeout' });
  });

  it('reaches the services over a real hub with the rights of the site', async () => {
    const dir = tempDir();
    ends.push(() => dir.remove());
    const hub = await startHub({ site: 'demo' });
    ends.push(() => hub.close());
    const operator = await cloudSide(hub);
    ends.push(() => operator.drop());
    await provision(operator, 'demo');
    const workers = await runWorkers(hub, `${dir.path}/cloud`, ['--services', 'ai']);
    ends.push(async () => {
      workers.process.kill('SIGTERM');
      await workers.exited;
    });
    const connection = await CloudConnection.open({
      servers: [hub.url],
      name: 'site',
      timeoutMs: 3000,
      inboxPrefix: subjectsOf('demo').siteInbox,
      credentials: readCredentials(hub.siteCredentials.file),
    });
    ends.push(() => connection.drop());
    const ai = new AiAsker({
      site: 'demo',
      rules,
      clock: systemClock,
      connection: () => connection,
      linkState: () => 'up',
      log: { warn: () => {} },
      book: { sent: () => {}, stopped: () => {} },
    });
    expect(await ai.ask('qa', request)).toMatchObject({
      outcome: 'answered',
      answer: { requestId, findings: [{ check: 'polite', verdict: 'passed' }] },
    });
    const candidates = [{ id: 'loss', kind: 'knowledge', title: '挂失信用卡', text: '' }];
    expect(await ai.ask('assist', { requestId, site: 'demo', utterance: '我要挂失信用卡', candidates })).toMatchObject({
      outcome: 'answered',
      answer: { suggestions: [{ id: 'loss' }] },
    });
  });
});
