/** A desk's question on its way: what leaves the house, what comes back, and what an agent hears when nothing does. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Anonymiser } from '@keepline/compliance/anonymise';
import type { DeskService } from '@keepline/contracts/desk-suggestion';
import type { LinkStatus } from '@keepline/contracts/link';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AskSuggestion, askSuggestion } from './ask-suggestion.ts';
import { type Around, requestOf, suggestionOf, turnsIn } from './suggestion.ts';

const call = { queue: 'service', skill: '', path: ['cards'] };
const around: Around = {
  ...{ requestId: 'req-1', site: 'demo', queue: 'service', skill: '', choice: 'cards' },
  candidates: [{ id: 'loss', title: '挂失信用卡', text: '请先核身。' }],
  dispositions: ['resolved', 'callback', '不是名字'],
};
const reason = { zh: '由', en: 'because' };

describe('requests and suggestions', () => {
  it('a line is a turn of whom it names', () => {
    expect(turnsIn('客户：我要挂失\n\n好的\nCaller: thanks\n坐席: 再见')).toEqual([
      { speaker: 'caller', text: '我要挂失' },
      { speaker: 'agent', text: '好的' },
      { speaker: 'caller', text: 'thanks' },
      { speaker: 'agent', text: '再见' },
    ]);
  });

  it('names of the site that are no plain names are not offered', () => {
    expect(requestOf('summary', '好', around)).toMatchObject({ dispositions: ['resolved', 'callback'], context: { choice: 'cards' } });
    expect(requestOf('summary', '好', { ...around, choice: '信用卡' })).toMatchObject({ context: { choice: '' } });
  });

  it('shows only what was offered, whatever the cloud names', () => {
    const answer = { requestId: 'req-1', suggestions: ['loss', 'invented'].map((id) => ({ id, score: 1, reason })), model: 'm' };
    expect(suggestionOf('assist', { outcome: 'answered', answer }, around, ['MOBILE'])).toEqual({
      ...{ outcome: 'answered', removed: ['MOBILE'], disposition: '', model: 'm' },
      items: [{ title: '挂失信用卡', text: '请先核身。', reason, verdict: '' }],
    });
    const summary = { requestId: 'req-1', summary: '已挂失', disposition: 'sold', confidence: 1, model: 'm' };
    expect(suggestionOf('summary', { outcome: 'answered', answer: summary }, around, [])).toMatchObject({ disposition: '' });
  });

  it.each([
    ['link_down', 'away'],
    ['breaker_open', 'away'],
    ['no_responders', 'away'],
    ['timeout', 'late'],
    ['stopped', 'stopped'],
    ['invalid', 'refused'],
    ['constructor', 'refused'],
    [7, 'refused'],
  ])('%s is %s to the agent', (outcome, wanted) => {
    expect(suggestionOf('qa', { outcome }, around, []).outcome).toBe(wanted);
    expect(suggestionOf('qa', { outcome: 'answered', answer: {} }, around, []).outcome).toBe('refused');
    expect(suggestionOf('qa', outcome, around, []).outcome).toBe('refused');
  });
});

describe('asking', () => {
  let dir: TempDir;
  let server: Server;
  let state: LinkStatus['state'];
  const bodies: string[] = [];
  const faults: unknown[] = [];
  let reply: (body: string) => string;

  beforeEach(async () => {
    dir = tempDir();
    state = 'up';
    bodies.length = 0;
    faults.length = 0;
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        bodies.push(body);
        response.end(reply(body));
      });
    });
    server.listen(`${dir.path}/sync.sock`);
    await once(server, 'listening');
  });
  afterEach(() => {
    server.close();
    dir.remove();
  });
  const asker = (offered: readonly DeskService[] = ['assist', 'summary', 'qa']): AskSuggestion =>
    askSuggestion({
      ...{ site: 'demo', offered, dispositions: ['resolved'], socketPath: `${dir.path}/sync.sock`, clock: new FakeClock() },
      anonymiser: new Anonymiser({ key: new Uint8Array(32).fill(7), site: 'demo' }),
      link: () => ({ state, sinceMs: 0, why: '', backlog: 0, oldestUnsentMs: 0 }),
      articlesNear: async () => [{ id: 'loss', title: '挂失', text: '热线 13900139000' }],
      onFault: (fault) => faults.push(fault),
    });

  it('personal data of text and articles stays here; the agent sees the article as it is', async () => {
    reply = (body) => {
      const { requestId } = JSON.parse(body) as { requestId: string };
      return JSON.stringify({ outcome: 'answered', answer: { requestId, suggestions: [{ id: 'loss', score: 1, reason }], model: 'm' } });
    };
    const suggested = await asker()(call, 'assist', '我的手机号是13800138000，要挂失');
    expect(bodies.join()).not.toMatch(/13800138000|13900139000/);
    expect(bodies.join()).toContain('要挂失');
    expect(suggested).toMatchObject({ outcome: 'answered', removed: ['MOBILE'], items: [{ text: '热线 13900139000' }] });
  });

  it('asks nothing that the site does not offer, nor while the link is down', async () => {
    expect(await asker(['qa'])(call, 'summary', '好')).toMatchObject({ outcome: 'not_offered' });
    state = 'down';
    expect(await asker()(call, 'summary', '好')).toMatchObject({ outcome: 'away' });
    await setImmediate();
    expect(bodies).toEqual([]);
  });

  it('personal data in a name of the site stops the question, and the agent hears so', async () => {
    reply = () => '{}';
    expect(await asker()({ ...call, path: ['13800138000'] }, 'summary', '好')).toMatchObject({ outcome: 'stopped', items: [] });
    expect(bodies).toEqual([]);
    expect(faults).toEqual([expect.objectContaining({ code: 'ANONYMISE_VALUE_REFUSED' })]);
  });

  it('a process that is gone, or answers nonsense, is a cloud that is away', async () => {
    reply = () => 'nonsense';
    expect(await asker()(call, 'qa', '您好')).toMatchObject({ outcome: 'away' });
    server.close();
    server.closeAllConnections();
    expect(await asker()(call, 'qa', '您好')).toMatchObject({ outcome: 'away', items: [] });
    expect(faults).toHaveLength(2);
  });
});
