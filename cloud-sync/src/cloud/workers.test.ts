/** The cloud's workers against a real hub: counters over restarts and rebuilds, advice over the wire, the process as a whole. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { headers } from '@nats-io/transport-node';
import { jetstream } from '@nats-io/jetstream';
import { Svcm } from '@nats-io/services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdviceRequest } from '@keepline/contracts/advice';
import { newId } from '@keepline/contracts/ids';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { shortType } from '../outbox/entry.ts';
import type { CloudConnection } from '../nats/cloud-connection.ts';
import { PREVIOUS_HEADER } from '../nats/publish-lane.ts';
import { eventSubject, subjectsOf } from '../nats/subjects.ts';
import { madeEvent } from '../testing/made-event.ts';
import { type RunningWorkers, runWorkers } from '../testing/running-workers.ts';
import { cloudSide } from '../testing/running-sync.ts';
import type { CountersAnswer } from './analytics/tally.ts';
import { provision } from './provision.ts';

const REPORT = fileURLToPath(new URL('report-cli.ts', import.meta.url));
const { analyticsCounters, adviceRoute } = subjectsOf('demo');

describe('cloud workers', () => {
  let hub: Hub;
  let dir: TempDir;
  let asking: CloudConnection;
  let worker: RunningWorkers | undefined;
  let lastId = '';
  let sent = 0;

  async function start(): Promise<void> {
    worker = await runWorkers(hub, `${dir.path}/cloud`);
  }
  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    worker?.process.kill(signal);
    return (await worker?.exited) ?? null;
  }
  async function send(count: number, type: 'call.offered' | 'call.held' = 'call.held'): Promise<void> {
    const client = jetstream(asking.nats);
    for (let i = 0; i < count; i++) {
      const event = madeEvent(sent, type);
      const chain = headers();
      chain.set(PREVIOUS_HEADER, lastId);
      await client.publish(eventSubject('demo', shortType(event.type)), JSON.stringify(event), { msgID: event.id, headers: chain });
      lastId = event.id;
      sent++;
    }
  }
  async function counters(): Promise<CountersAnswer | undefined> {
    const asked = await asking.ask(analyticsCounters, '', 20_000);
    return asked.ok ? (JSON.parse(asked.text) as CountersAnswer) : undefined;
  }
  const report = async (...given: string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, [REPORT, ...given, '--data', `${dir.path}/cloud`])).stdout;

  beforeAll(async () => {
    dir = tempDir();
    hub = await startHub({ site: 'demo' });
    asking = await cloudSide(hub);
    await provision(asking, 'demo');
    await start();
  });
  afterAll(async () => {
    await end('SIGKILL');
    asking.drop();
    await hub.close();
    dir.remove();
  });

  it('counts each event and names the last one', async () => {
    await send(1, 'call.offered');
    await send(299);
    await expect.poll(counters).toMatchObject({ events: 300, lastEventId: lastId });
    expect(await counters()).toMatchObject({
      byType: { 'call.offered': 1, 'call.held': 299 },
      duplicates: 0,
      invalid: 0,
      gaps: { stream: 0, site: 0 },
    });
  });

  it('counts the same when it is killed in a burst and started again', async () => {
    const burst = send(400);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await end('SIGKILL');
    await burst;
    await start();
    await expect.poll(counters).toMatchObject({ events: 700, streamSeq: 700, lastEventId: lastId });
    expect(await counters()).toMatchObject({ duplicates: 0, gaps: { stream: 0, site: 0 } });
  });

  it('ends in good order on SIGTERM, and counts anew when its file is gone', async () => {
    expect(await end('SIGTERM')).toBe(0);
    rmSync(`${dir.path}/cloud`, { recursive: true });
    await start();
    await expect.poll(counters).toMatchObject({ events: 700, gaps: { stream: 0, site: 0 } });
  });

  it('answers a question for advice, says nothing where it knows nothing, and survives nonsense', async () => {
    const request: AdviceRequest = {
      requestId: newId('req', 1_790_000_000_000),
      site: 'demo',
      callRef: '',
      callerRef: '',
      queue: 'service',
      skill: '',
      choices: ['cards'],
      readySkills: ['cards'],
      waiting: 0,
      hour: 9,
    };
    const answered = await asking.ask(adviceRoute, JSON.stringify(request), 20_000);
    expect(answered.ok && JSON.parse(answered.text)).toMatchObject({ requestId: request.requestId, skill: 'cards' });
    for (const nothing of [
      '{',
      '[]',
      JSON.stringify({ ...request, site: 'other' }),
      JSON.stringify({ ...request, choices: [], readySkills: [] }),
    ]) {
      expect(await asking.ask(adviceRoute, nothing, 20_000)).toEqual({ ok: true, text: '' });
    }
  });

  it('comes back by itself when the hub was away', async () => {
    await hub.stop();
    await hub.start();
    asking.drop();
    asking = await cloudSide(hub);
    await expect.poll(counters).toMatchObject({ events: 700 });
    await send(10);
    await expect.poll(counters).toMatchObject({ events: 710, duplicates: 0, gaps: { stream: 0, site: 0 } });
  });

  it('is watched over HTTP without a token, reports only with it', async () => {
    const { url } = worker ?? { url: '' };
    await expect
      .poll(async () => (await fetch(`${url}/health`)).json())
      .toMatchObject({
        ok: true,
        connected: true,
        sites: [{ site: 'demo', lag: 0, events: 710 }],
      });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('# TYPE keepline_analytics_events gauge\nkeepline_analytics_events{site="demo"} 710\n');
    expect(metrics).toMatch(/^keepline_ai_requests_total\{endpoint="advice-route",outcome="answered"\} \d+$/m);
    for (const [path, method] of [
      ['/report/calls', 'GET'],
      ['/rebuild/demo', 'POST'],
    ] as const)
      expect((await fetch(`${url}${path}`, { method, headers: { authorization: 'Bearer guess' } })).status).toBe(401);
  });

  it('answers questions on the command line, as JSON and CSV, and refuses what it does not know', async () => {
    const span = ['report', '--from', '2026-09-01', '--to', '2026-10-01'];
    expect(JSON.parse(await report(...span))).toMatchObject({ question: 'calls', rows: [{ site: 'demo', offered: 1, answered: 0 }] });
    expect(await report(...span, '--by', 'hour,site', '--format', 'csv')).toMatch(
      /^hour,site,offered,.*\r\n2026-09-21T\d\d:00:00.000Z,demo,1,/,
    );
    await expect(report(...span, '--by', 'moon')).rejects.toThrow('the word by of the question');
    await expect(report('report', '--from', 'yesterday')).rejects.toThrow(/offset, such as/);
  });

  it('a rebuild drops the facts, replays the stream and ends with what was there', async () => {
    const before = await counters();
    expect(await report('rebuild')).toContain('equal to what was there');
    expect(await counters()).toEqual(before);
  });

  it('a rebuild while events come in misses none of them and counts none twice', { timeout: 60_000 }, async () => {
    const before = await counters();
    let rebuilt = false;
    const burst = (async () => {
      while (!rebuilt) await send(20);
    })();
    expect(await report('rebuild')).toMatch(/equal to what was there|holds all that was there/);
    rebuilt = true;
    await burst;
    await expect.poll(counters).toMatchObject({ events: sent, lastEventId: lastId });
    expect(await counters()).toMatchObject({ duplicates: 0, invalid: 0, gaps: { stream: 0, site: 0 } });
    expect(sent).toBeGreaterThan(before?.events ?? 0);
    expect(await report('rebuild')).toContain('equal to what was there'); // and again, quiet
  });

  it('answers discovery, and says which requests failed and why', async () => {
    const client = new Svcm(asking.nats).client({ strategy: 'count', maxWait: 20_000, maxMessages: 1 });
    for await (const found of await client.ping('keepline-ai')) expect(found).toMatchObject({ name: 'keepline-ai', version: '1.0.0' });
    const names: string[] = [];
    for await (const found of await client.info('keepline-ai')) names.push(...found.endpoints.map(({ name }) => name));
    expect(names).toEqual(['advice-route', 'assist', 'summary', 'qa']);
    for await (const found of await client.stats('keepline-ai'))
      expect(found.endpoints?.[0]).toMatchObject({ name: 'advice-route', data: { outcomes: { bad_request: 3 } } });
  });
});
