/**
 * Measures both engines of the fact store on made calls: rate of storing, time of each question over all of it, bytes on the disk.
 * `node cloud-sync/src/testing/measure-fact-stores.ts [EVENTS] [sqlite|duckdb]`; the figures of ADR 0009 come from here.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudEvent } from '@keepline/contracts/events';
import { newId } from '@keepline/contracts/ids';
import { DuckdbStore } from '../cloud/analytics/duckdb-store.ts';
import type { FactStore, Message } from '../cloud/analytics/fact-store.ts';
import { answerRow, QUESTIONS, queryOf } from '../cloud/analytics/questions.ts';
import { SqliteStore } from '../cloud/analytics/sqlite-store.ts';

const BATCH = 2048;
const START_MS = Date.UTC(2026, 0, 1);
const STEP_MS = 7000; // a call each seven seconds: a million events are about nine days of a busy site

function* calls(events: number): Generator<Message> {
  let seq = 0;
  let previousId = '';
  for (let call = 0; seq < events; call++) {
    const offeredMs = START_MS + call * STEP_MS;
    const callId = newId('call', offeredMs);
    const waitMs = (call * 7919) % 60_000;
    const abandoned = call % 11 === 0;
    const queue = ['service', 'vip', 'loans', 'cards'][call % 4] ?? '';
    const steps: [number, string, CloudEvent['data']][] = [
      [0, 'call.offered', { callId, trunk: 'local', callerRef: '', lineRef: '' }],
      [500, 'call.answered', { callId, flow: 'main', flowVersion: 1 }],
      [3000, 'ivr.chosen', { callId, node: 'menu', choice: ['cards', 'loans', 'loss', 'balance', 'other'][call % 5] ?? '' }],
      [3100, 'call.queued', { callId, queue, skill: '', waiting: call % 9 }],
    ];
    if (!abandoned) {
      const asked = {
        callId,
        queue,
        skill: '',
        advice: call % 3 === 0 ? 'timeout' : 'answered',
        adviceUsed: call % 2 === 0,
        delayMs: call % 120,
      };
      steps.push([3200, 'routing.decided', asked]);
      steps.push([3100 + waitMs, 'call.connected', { callId, queue, waitMs }]);
      if (call % 6 === 0) {
        steps.push([10_000 + waitMs, 'call.held', { callId, by: 'agent' }]);
        steps.push([18_000 + waitMs, 'call.resumed', { callId, by: 'agent' }]);
      }
      steps.push([14_000 + waitMs, 'quality.sampled', { callId, leg: 'caller', packets: 500, lost: 0, jitterMs: 2 }]);
    }
    const talkMs = abandoned ? 0 : 120_000;
    const verdict = abandoned ? 'abandoned_in_queue' : 'completed';
    steps.push([
      130_000 + waitMs,
      'call.ended',
      { callId, verdict, by: 'caller', queue, waitMs, talkMs, durationMs: 3000 + waitMs + talkMs },
    ]);
    if (!abandoned)
      steps.push([150_000 + waitMs, 'call.disposed', { callId, disposition: call % 4 === 0 ? 'callback' : 'resolved', wrapUpMs: 15_000 }]);
    for (const [afterMs, type, data] of steps) {
      const timeMs = offeredMs + afterMs;
      const event: CloudEvent = {
        specversion: '1.0',
        id: newId('evt', timeMs),
        source: '/keepline/demo',
        type: `cn.keepline.${type}.v1`,
        time: new Date(timeMs).toISOString(),
        datacontenttype: 'application/json',
        data,
      };
      yield { streamSeq: ++seq, event, previousId };
      previousId = event.id;
    }
  }
}

async function measure(name: string, open: (folder: string) => Promise<FactStore>, events: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'keepline-facts-'));
  const store = await open(folder);
  let batch: Message[] = [];
  let stored = 0;
  let offered = 0;
  let storingMs = 0;
  const flush = async (): Promise<void> => {
    const startedMs = performance.now();
    await store.add('demo', batch);
    storingMs += performance.now() - startedMs;
    stored += batch.length;
    batch = [];
  };
  for (const message of calls(events)) {
    batch.push(message);
    if (message.event?.type.includes('.call.offered.')) offered++;
    if (batch.length === BATCH) await flush();
  }
  await flush();
  console.log(`${name}: ${stored} events of ${offered} calls stored, ${Math.round((stored / storingMs) * 1000)} events/s`);
  for (const question of QUESTIONS) {
    const by = ['hour', 'queue'] as const;
    const asked = { question, by, fromMs: START_MS, toMs: START_MS + 400 * 86_400_000, site: '', thresholdMs: 20_000, shortMs: 5000 };
    const times: number[] = [];
    let rows = 0;
    for (let i = 0; i < 3; i++) {
      const startedMs = performance.now();
      rows = (await store.ask(queryOf(asked))).map((row) => answerRow(question, row, by)).length;
      times.push(performance.now() - startedMs);
    }
    console.log(`${name}: ${question} ${Math.round(times.toSorted((a, b) => a - b)[1] ?? 0)} ms, ${rows} rows`);
  }
  await store.close();
  const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  console.log(`${name}: ${Math.round(bytes / 1e6)} MB on the disk, ${Math.round(process.memoryUsage.rss() / 1e6)} MB resident`);
  rmSync(folder, { recursive: true });
}

const events = Number(process.argv[2] ?? 1_000_000);
const only = process.argv[3];
if (only !== 'duckdb') await measure('sqlite', (folder) => SqliteStore.open(join(folder, 'facts.db')), events);
if (only !== 'sqlite') await measure('duckdb', (folder) => DuckdbStore.open(join(folder, 'facts.duckdb')), events);
