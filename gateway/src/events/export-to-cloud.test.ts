import { join } from 'node:path';
import { Outbox } from '@keepline/cloud-sync/outbox';
import { Anonymiser } from '@keepline/compliance/anonymise';
import type { CallId } from '@keepline/contracts/ids';
import type { KeeplineError } from '@keepline/contracts/errors';
import { newId } from '@keepline/contracts/ids';
import { eventually } from '@keepline/testkit/eventually';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../store/connection.ts';
import { Store } from '../store/store.ts';
import { eventTables } from '../store/tables/events.ts';
import { EventLog } from './event-log.ts';
import { EXPORT_BATCH, type ExportTarget, ExportToCloud } from './export-to-cloud.ts';
import { columnsOfTest } from '../store/testing/columns.ts';

const CALLER = '13812345678';
const anonymiser = new Anonymiser({ key: new Uint8Array(32).fill(7), site: 'demo' });

let folder: TempDir;
let store: Store;
let outbox: Outbox;
let events: EventLog;
let clock: FakeClock;
let logged: Array<{ code: string; text: string }>;
let running: ExportToCloud[];

beforeEach(async () => {
  folder = tempDir();
  clock = new FakeClock();
  logged = [];
  running = [];
  store = await Store.open(join(folder.path, 'main.db'), [eventTables], { columns: await columnsOfTest() });
  outbox = await Outbox.open(join(folder.path, 'outbox.db'), { maxEvents: 100_000 });
  events = new EventLog({ store, clock });
});
afterEach(async () => {
  await Promise.all(running.map((exporter) => exporter.stop()));
  await outbox.close();
  await store.close();
  folder.remove();
});

const exporterTo = (target: ExportTarget): ExportToCloud => {
  const onFault = ({ code, message, hint, offending }: KeeplineError): void =>
    void logged.push({ code, text: JSON.stringify({ hint, offending }) + message });
  const exporter = new ExportToCloud({ store, events, outbox: target, anonymiser, clock, onFault });
  running.push(exporter);
  return exporter;
};
const produce = (count: number) =>
  store.write(async (tx) => {
    for (let i = 0; i < count; i++) {
      const callId: CallId = newId('call', clock.now());
      await events.append(tx, 'call.offered', { callId, trunk: 'local', callerNumber: CALLER, callerName: '张伟', dialledNumber: '95588' });
    }
  });
/** Past the contract, as another version or a hand on the file could. */
const produceRaw = (type: string, json: string) =>
  store.write((tx) =>
    tx.run('INSERT INTO event_log (id, type, time_ms, data) VALUES (?, ?, ?, ?)', newId('evt', clock.now()), type, clock.now(), json),
  );
const loggedIds = async () => (await store.read.all<{ id: string }>('SELECT id FROM event_log ORDER BY number')).map((row) => row.id);
const outboxRows = async () => {
  const connection = await Connection.open(join(folder.path, 'outbox.db'));
  const rows = await connection.all<{ id: string; body: string }>('SELECT id, body FROM event ORDER BY seq');
  await connection.close();
  return rows;
};
const outboxIds = async () => (await outboxRows()).map((row) => row.id);

describe('the export', () => {
  it('hands over what the last run left, then follows the log by itself, in order', async () => {
    await produce(EXPORT_BATCH + 3);
    const exporter = exporterTo(outbox);
    exporter.start();
    await exporter.drain();
    expect(await outboxIds()).toEqual(await loggedIds());
    await produce(2);
    await expect.poll(() => exporter.status().cursor).toBe(EXPORT_BATCH + 5);
    expect(await outboxIds()).toEqual(await loggedIds());
    expect(exporter.status()).toMatchObject({ exported: EXPORT_BATCH + 5, refused: 0, missing: 0 });
  });

  it('lets no raw number or name into the outbox file', async () => {
    await produce(3);
    const exporter = exporterTo(outbox);
    exporter.start();
    await exporter.drain();
    const text = JSON.stringify(await outboxRows());
    expect(text).toContain('call.offered');
    expect(text).not.toContain(CALLER);
    expect(text).not.toContain('张伟');
  });

  it('gives each event exactly once, wherever appends fail, results get lost and the process starts anew', async () => {
    const fates = fc.array(fc.constantFrom('good', 'failsBefore', 'failsAfter', 'restart', 'produce'), { maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(fates, async (plan) => {
        const fate = [...plan];
        let exporter: ExportToCloud | undefined;
        const shaky: ExportTarget = {
          cursor: () => outbox.cursor(),
          async append(batch, cursor) {
            const next = fate.shift();
            if (next === 'produce') await produce(1);
            if (next === 'failsBefore') throw new Error('disk full');
            await outbox.append(batch, cursor);
            if (next === 'failsAfter') throw new Error('result lost');
            if (next === 'restart') void exporter?.stop();
          },
        };
        for (let starts = 0; starts < 3 + plan.length; starts++) {
          await produce(1);
          exporter = exporterTo(shaky);
          exporter.start();
          const drained = exporter.drain();
          const over = drained.then(() => true);
          while (!(await Promise.race([over, new Promise((resolve) => setImmediate(resolve, false))]))) clock.advance(100);
          await exporter.stop();
        }
        const last = exporterTo(outbox);
        last.start();
        await last.drain();
        await last.stop();
        expect(await outboxIds()).toEqual(await loggedIds());
      }),
      { numRuns: 20 },
    );
  });

  it('steps over what the policy refuses, counts it in the ledger and says so once, without the value', async () => {
    await produce(1);
    await produceRaw('call.teleported', '{}');
    await produceRaw('link.changed', `{"from":"up","to":"down","why":"x","who":"${CALLER}"}`);
    await produceRaw('link.changed', `{"half`);
    await produce(1);
    const exporter = exporterTo(outbox);
    exporter.start();
    await exporter.drain();
    await exporter.drain(); // what tells of the refusals came into the log meanwhile
    const ids = await loggedIds();
    expect(await outboxIds()).toEqual([ids[0], ...ids.slice(4)]);
    expect(exporter.status()).toMatchObject({ cursor: 8, exported: 5, refused: 3 });
    expect(await store.read.all('SELECT number, code FROM event_refusals')).toEqual([
      { number: 2, code: 'ANONYMISE_TYPE_UNKNOWN' },
      { number: 3, code: 'ANONYMISE_FIELD_UNKNOWN' },
      { number: 4, code: 'EXPORT_UNREADABLE' },
    ]);
    expect(logged.map((line) => line.code)).toEqual(['EXPORT_REFUSED']);
    expect(JSON.stringify(logged)).not.toContain(CALLER);
  });

  it('tells headquarters what was refused and why, once for all that are alike, without a word of it', async () => {
    await produceRaw(`personal.${CALLER}`, '{}');
    await produceRaw('link.changed', `{"from":"up","to":"down","why":"x","who":"${CALLER}"}`);
    await produceRaw('link.changed', `{"from":"up","to":"down","why":"x","${CALLER}":1}`);
    const exporter = exporterTo(outbox);
    exporter.start();
    await exporter.drain();
    await exporter.drain();
    const bodies = (await outboxRows()).map((row): unknown => JSON.parse(row.body));
    expect(bodies).toMatchObject([
      { type: 'cn.keepline.anonymisation.refused.v1', data: { refused: 'unknown', code: 'anonymise_type_unknown', events: 1 } },
      { type: 'cn.keepline.anonymisation.refused.v1', data: { refused: 'link_changed', code: 'anonymise_field_unknown', events: 2 } },
    ]);
    expect(JSON.stringify(bodies)).not.toContain(CALLER);
  });

  it('says nothing of a refused telling, which would go round for ever, and nothing twice when a batch is repeated', async () => {
    await produceRaw('anonymisation.refused', '{"refused":"call_ended","code":"x","events":1,"more":1}');
    await produceRaw('link.changed', '{"odd":1}');
    let failures = 3;
    const exporter = exporterTo({
      cursor: () => outbox.cursor(),
      append: (batch, cursor) => ((failures -= 1) >= 0 ? Promise.reject(new Error('disk full')) : outbox.append(batch, cursor)),
    });
    exporter.start();
    await eventually('the batch that failed three times', async () => {
      clock.advance(60_000);
      return (await outboxIds()).length === 1;
    });
    await exporter.drain();
    expect(exporter.status()).toMatchObject({ exported: 1, refused: 2, cursor: 3 });
    expect(await store.read.all('SELECT count(*) AS rows FROM event_refusals')).toEqual([{ rows: 2 }]);
  });

  it('waits longer and longer while the outbox fails, says so once, and loses nothing', async () => {
    let broken = true;
    let attempts = 0;
    const exporter = exporterTo({
      cursor: () => outbox.cursor(),
      append: (batch, cursor) => {
        attempts += 1;
        return broken ? Promise.reject(new Error('disk full')) : outbox.append(batch, cursor);
      },
    });
    exporter.start();
    await produce(2);
    await expect.poll(() => exporter.status().state).toBe('stalled');
    for (const ms of [100, 200, 400]) {
      const before = attempts;
      await expect.poll(() => clock.pending).toBe(1);
      clock.advance(ms - 1);
      expect(clock.pending).toBe(1); // still waiting
      clock.advance(1);
      await expect.poll(() => attempts).toBe(before + 1);
    }
    broken = false;
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(800);
    await expect.poll(() => exporter.status()).toMatchObject({ cursor: 2, state: 'idle' });
    expect(await outboxIds()).toEqual(await loggedIds());
    expect(logged.map((line) => line.code)).toEqual(['EXPORT_STALLED']);
  });

  it('keeps no stop waiting for a broken outbox: drain lets go and stop ends the pause', async () => {
    const exporter = exporterTo({ cursor: () => Promise.reject(new Error('gone')), append: () => Promise.reject(new Error('gone')) });
    exporter.start();
    await expect.poll(() => exporter.status().state).toBe('stalled');
    await exporter.drain();
    await exporter.stop();
    expect(clock.pending).toBe(0);
  });

  it('halts with an alarm when the log is older than the outbox, instead of skipping events in silence', async () => {
    await outbox.append([], 9);
    await produce(1);
    const exporter = exporterTo(outbox);
    exporter.start();
    await exporter.drain();
    expect(exporter.status().state).toBe('halted');
    expect(logged.map((line) => line.code)).toEqual(['EXPORT_CURSOR_AHEAD']);
    expect(await outboxIds()).toEqual([]);
  });

  it('counts events that were removed before they were handed over', async () => {
    await produce(5);
    await store.write((tx) => tx.run('DELETE FROM event_log WHERE number IN (1, 2, 4)'));
    const exporter = exporterTo(outbox);
    exporter.start();
    await exporter.drain();
    expect(exporter.status()).toMatchObject({ cursor: 5, exported: 2, missing: 3 });
    expect(logged.map((line) => line.code)).toEqual(['EXPORT_GAP']);
  });
});
