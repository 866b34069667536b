/** The cloud's workers against a real hub: counters over restarts and rebuilds, advice over the wire, the process as a whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdviceRequest } from '@keepline/contracts/advice';
import { newId } from '@keepline/contracts/ids';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { shortType } from '../outbox/entry.ts';
import type { CloudConnection } from '../nats/cloud-connection.ts';
import { EventStream } from '../nats/event-stream.ts';
import { eventSubject, subjectsOf } from '../nats/subjects.ts';
import { madeEvent } from '../testing/made-event.ts';
import { cloudSide } from '../testing/running-sync.ts';
import type { CountersAnswer } from './analytics/counters.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const { stream, analyticsCounters, adviceRoute } = subjectsOf('demo');

describe('cloud workers', () => {
  let hub: Hub;
  let dir: TempDir;
  let asking: CloudConnection;
  let worker: { child: ChildProcess; exited: Promise<number | null> } | undefined;
  let lastId = '';
  let sent = 0;

  async function start(): Promise<void> {
    const given = [MAIN, '--servers', hub.url, '--site', 'demo', '--data', `${dir.path}/cloud`, '--credentials', hub.cloudCredentials.file];
    const child = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'inherit'] });
    let log = '';
    child.stdout.on('data', (part: Buffer) => (log += part.toString()));
    worker = { child, exited: new Promise((resolve) => child.once('exit', (code) => resolve(code))) };
    while (!log.includes('cloud workers ready')) {
      if (child.exitCode !== null) throw new Error(`the workers ended at once:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    worker?.child.kill(signal);
    return (await worker?.exited) ?? null;
  }
  async function send(count: number, type: 'call.offered' | 'call.held' = 'call.held'): Promise<void> {
    const events = new EventStream(asking, stream);
    for (let i = 0; i < count; i++) {
      const event = madeEvent(sent, type);
      await events.append(eventSubject('demo', shortType(event.type)), event.id, JSON.stringify(event), {
        afterSeq: sent,
        afterId: '',
        previousId: lastId,
      });
      lastId = event.id;
      sent++;
    }
  }
  async function counters(): Promise<CountersAnswer | undefined> {
    const asked = await asking.ask(analyticsCounters, '', 2000);
    return asked.ok ? (JSON.parse(asked.text) as CountersAnswer) : undefined;
  }

  beforeAll(async () => {
    dir = tempDir();
    hub = await startHub({ site: 'demo' });
    asking = await cloudSide(hub);
    await start();
  });
  afterAll(async () => {
    await end('SIGKILL');
    asking.drop();
    await hub.close();
    dir.remove();
  });

  it('provisions the stream, counts each event and names the last one', async () => {
    await send(1, 'call.offered');
    await send(299);
    await expect.poll(counters, { timeout: 10_000 }).toMatchObject({ events: 300, lastEventId: lastId });
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
    await expect.poll(counters, { timeout: 20_000 }).toMatchObject({ events: 700, streamSeq: 700, lastEventId: lastId });
    expect(await counters()).toMatchObject({ duplicates: 0, gaps: { stream: 0, site: 0 } });
  });

  it('ends in good order on SIGTERM, and counts anew when its file is gone', async () => {
    expect(await end('SIGTERM')).toBe(0);
    rmSync(`${dir.path}/cloud`, { recursive: true });
    await start();
    await expect.poll(counters, { timeout: 20_000 }).toMatchObject({ events: 700, gaps: { stream: 0, site: 0 } });
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
    const answered = await asking.ask(adviceRoute, JSON.stringify(request), 2000);
    expect(answered.ok && JSON.parse(answered.text)).toMatchObject({ requestId: request.requestId, skill: 'cards' });
    for (const nothing of [
      '{',
      '[]',
      JSON.stringify({ ...request, site: 'other' }),
      JSON.stringify({ ...request, choices: [], readySkills: [] }),
    ]) {
      expect(await asking.ask(adviceRoute, nothing, 2000)).toEqual({ ok: true, text: '' });
    }
  });

  it('comes back by itself when the hub was away', async () => {
    await hub.stop();
    await hub.start();
    asking.drop();
    asking = await cloudSide(hub);
    await expect.poll(counters, { timeout: 20_000 }).toMatchObject({ events: 700 });
    await send(10);
    await expect.poll(counters, { timeout: 20_000 }).toMatchObject({ events: 710, duplicates: 0, gaps: { stream: 0, site: 0 } });
  });
});
