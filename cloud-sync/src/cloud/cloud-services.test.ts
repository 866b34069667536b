/** The services as an operator runs them: two instances with two engines beside each other, trained on the site's events, with a chat endpoint. */
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { jetstream } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventData, EventType } from '@keepline/contracts/events';
import { newId } from '@keepline/contracts/ids';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import type { CloudConnection } from '../nats/cloud-connection.ts';
import { eventSubject, subjectsOf } from '../nats/subjects.ts';
import { shortType } from '../outbox/entry.ts';
import { madeEvent } from '../testing/made-event.ts';
import { cloudSide } from '../testing/running-sync.ts';
import { type RunningWorkers, runWorkers } from '../testing/running-workers.ts';
import { QUESTIONS } from './analytics/questions.ts';
import { readDoorFile } from './door/door-file.ts';
import { provision } from './provision.ts';

const CALLS = 150;
const subjects = subjectsOf('demo');

describe('cloud services', () => {
  let hub: Hub;
  let dir: TempDir;
  let asking: CloudConnection;
  let vendor: Server;
  const running: RunningWorkers[] = [];

  async function run(script: string, ...given: string[]): Promise<string> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    return (await promisify(execFile)(process.execPath, [path, ...given])).stdout;
  }
  async function get(name: string, path: string): Promise<string> {
    const { url, token } = readDoorFile(`${dir.path}/${name}`).file;
    return await (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })).text();
  }
  const health = async (worker: RunningWorkers): Promise<unknown> => (await fetch(`${worker.url}/health`)).json();

  beforeAll(async () => {
    dir = tempDir();
    hub = await startHub({ site: 'demo' });
    asking = await cloudSide(hub);
    await provision(asking, 'demo');
    const client = jetstream(asking.nats);
    let n = 0;
    const send = async <T extends EventType>(type: T, data: Partial<EventData[T]>): Promise<void> => {
      const event = madeEvent(n++, type, data);
      await client.publish(eventSubject('demo', shortType(event.type)), JSON.stringify(event), { msgID: event.id });
    };
    for (let i = 0; i < CALLS; i++) {
      const callId = newId('call', 1_790_000_000_000 + i);
      const choice = i % 2 === 0 ? 'cards' : 'loans';
      await send('call.offered', { callId });
      await send('ivr.chosen', { callId, choice });
      await send('call.queued', { callId, queue: 'service' });
      await send('routing.decided', { callId, queue: 'service', skill: choice });
      await send('call.connected', { callId, queue: 'service', waitMs: i * 300 });
      await send('call.ended', { callId, verdict: 'completed', queue: 'service', waitMs: i * 300, talkMs: 60_000 });
      await send('call.disposed', { callId, disposition: choice === 'cards' ? 'resolved' : 'callback', wrapUpMs: 10_000 });
    }
    vendor = createServer((request, response) => {
      request.resume();
      const body = { summary: '由模型写的摘要', disposition: 'resolved', confidence: 0.9 };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(
        `data: ${JSON.stringify({ choices: [{ delta: { content: JSON.stringify(body) }, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`,
      );
    });
    await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    for (const { process: child, exited } of running) {
      child.kill('SIGTERM');
      if ((await exited) !== 0) throw new Error('the services did not end in good order');
    }
    vendor.close();
    asking.drop();
    await hub.close();
    dir.remove();
  });

  it('two instances with two engines hold the same facts and answer alike', { timeout: 60_000 }, async () => {
    running.push(await runWorkers(hub, `${dir.path}/a`, ['--instance', 'a', '--services', 'analytics']));
    running.push(await runWorkers(hub, `${dir.path}/b`, ['--instance', 'b', '--services', 'analytics', '--engine', 'duckdb']));
    for (const worker of running)
      await expect.poll(() => health(worker)).toMatchObject({ ok: true, sites: [{ lag: 0, events: CALLS * 7 }] });
    for (const question of QUESTIONS) {
      const path = `/report/${question}?from=2026-09-01&to=2026-10-01&by=hour,queue,site`;
      const [a, b] = await Promise.all(['a', 'b'].map((name) => get(name, path)));
      expect(JSON.parse(a ?? '')).toMatchObject({
        question,
        rows: expect.arrayContaining([expect.objectContaining({ queue: 'service', site: 'demo' })]),
      });
      expect(a).toBe(b);
    }
    // On the command line as over the door: each figure counted by hand from what was sent.
    const figure = async (question: string): Promise<Record<string, unknown>[]> => {
      const span = ['--from', '2026-09-01', '--to', '2026-10-01', '--by', 'queue,site'];
      const said = JSON.parse(await run('report-cli.ts', 'report', '--question', question, ...span, '--data', `${dir.path}/a`));
      return said.rows;
    };
    const inTime = 67; // waits are 0, 300, 600 … ms; 66 × 300 is the last within 20 s
    const service = { queue: 'service', site: 'demo' };
    expect(await figure('calls')).toEqual([
      expect.objectContaining({ ...service, offered: CALLS, queued: CALLS, answered: CALLS, abandoned: 0 }),
    ]);
    expect(await figure('service-level')).toMatchObject([
      { ...service, answeredInTime: inTime, serviceLevel: Math.round((inTime / CALLS) * 1e6) / 1e6 },
    ]);
    expect(await figure('abandonment')).toMatchObject([{ ...service, abandoned: 0, abandonment: 0 }]);
    expect(await figure('handle-time')).toMatchObject([
      { ...service, averageTalkMs: 60_000, averageWrapMs: 10_000, averageHandleMs: 70_000 },
    ]);
    expect(await figure('answer-speed')).toMatchObject([{ ...service, averageSpeedOfAnswerMs: ((CALLS - 1) * 300) / 2 }]);
    expect(await figure('advice')).toMatchObject([{ ...service, decisions: CALLS, accepted: CALLS }]);
    const reasons = (await figure('reasons')).map(({ kind, reason, calls }) => `${String(kind)} ${String(reason)}: ${String(calls)}`);
    expect(reasons.toSorted()).toEqual(
      [
        ...['choice cards', 'choice loans', 'disposition callback', 'disposition resolved'].map((each) => `${each}: ${CALLS / 2}`),
        `verdict completed: ${CALLS}`,
      ].toSorted(),
    );
    expect(await run('report-cli.ts', 'rebuild', '--data', `${dir.path}/b`)).toContain('equal to what was there');
  });

  it('is trained from the stream, says its accuracy, and advises and suggests with what it learned', async () => {
    running.push(await runWorkers(hub, `${dir.path}/ai`, ['--services', 'ai']));
    const trained = JSON.parse(await run('train-cli.ts', '--data', `${dir.path}/ai`, '--json')) as { model: string; evaluations: unknown };
    expect(trained.evaluations).toMatchObject([
      { task: 'skill', accuracy: 1, kept: true },
      { task: 'disposition', accuracy: 1, kept: true },
    ]);
    running.at(-1)?.process.kill('SIGTERM');
    await running.at(-1)?.exited;
    running.splice(-1, 1, await runWorkers(hub, `${dir.path}/ai`, ['--services', 'ai']));
    const request = {
      requestId: 'req-1',
      site: 'demo',
      turns: [{ speaker: 'caller', text: '我想咨询贷款的还款方式。' }],
      dispositions: ['resolved', 'callback'],
      context: { queue: 'service', skill: 'loans', choice: 'loans' },
      maxChars: 100,
    };
    const asked = await asking.ask(subjects.summary, JSON.stringify(request), 3000);
    expect(asked.ok && JSON.parse(asked.text)).toMatchObject({
      disposition: 'callback',
      model: trained.model,
      summary: '我想咨询贷款的还款方式。',
    });
    running.at(-1)?.process.kill('SIGTERM');
    await running.at(-1)?.exited;
    running.pop();
  });

  it('asks a chat endpoint where one is given', async () => {
    const address = vendor.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const more = ['--services', 'ai', '--provider', 'chat', '--ai-url', `http://127.0.0.1:${port}/v1`, '--ai-model', 'local'];
    running.push(await runWorkers(hub, `${dir.path}/chat`, more));
    const request = {
      requestId: 'req-2',
      site: 'demo',
      turns: [{ speaker: 'caller', text: '你好' }],
      dispositions: ['resolved'],
      context: { queue: '', skill: '', choice: '' },
      maxChars: 100,
    };
    const asked = await asking.ask(subjects.summary, JSON.stringify(request), 5000);
    expect(asked.ok && JSON.parse(asked.text)).toMatchObject({ requestId: 'req-2', summary: '由模型写的摘要', model: 'local' });
    expect(await (await fetch(`${running.at(-1)?.url ?? ''}/metrics`)).text()).toMatch(/keepline_ai_tokens\{window="day"\} \d+/);
  });
});
