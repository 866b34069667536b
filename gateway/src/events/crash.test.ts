import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Outbox } from '@keepline/cloud-sync/outbox';
import { Anonymiser } from '@keepline/compliance/anonymise';
import { systemClock } from '@keepline/contracts/clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Connection } from '../store/connection.ts';
import { Store } from '../store/store.ts';
import { allTables } from '../store/tables/all.ts';
import { EventLog } from './event-log.ts';
import { ExportToCloud } from './export-to-cloud.ts';
import { columnsOfTest } from '../store/testing/columns.ts';

const KILLS = 6;

let folder: TempDir;
beforeEach(() => {
  folder = tempDir();
});
afterEach(() => folder.remove());

/** Lets the victim run until it has promised `promises` calls, then kills it in whatever it is doing. */
async function runAndKill(promises: number): Promise<string[]> {
  const victim = spawn(process.execPath, [join(import.meta.dirname, 'crash-victim.ts'), folder.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(victim, 'exit');
  const promised: string[] = [];
  for await (const line of createInterface({ input: victim.stdout })) {
    promised.push(line);
    if (promised.length === promises) victim.kill('SIGKILL');
  }
  expect(await gone).toEqual([null, 'SIGKILL']);
  return promised.filter((id) => id.length === 'call-'.length + 36); // the last line may have been cut off with its writer
}

async function column(file: string, sql: string): Promise<unknown[]> {
  const connection = await Connection.open(join(folder.path, file));
  const rows = await connection.all<{ value: unknown }>(sql);
  await connection.close();
  return rows.map((row) => row.value);
}

it('kill -9 at any moment: what was promised is there, nothing is half there, and the outbox gets each event once and in order', async () => {
  const promised: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    promised.push(...(await runAndKill(20 + 37 * kill)));
    const calls = await column('main.db', 'SELECT id AS value FROM calls');
    expect(promised.filter((id) => !calls.includes(id))).toEqual([]);
    const half = await column(
      'main.db',
      'SELECT id AS value FROM calls WHERE (SELECT count(*) FROM event_log WHERE call_id = calls.id) <> 2',
    );
    expect(half).toEqual([]);
    const numbers = await column('main.db', 'SELECT number AS value FROM event_log ORDER BY number');
    expect(numbers).toEqual(Array.from({ length: 2 * calls.length }, (_, i) => i + 1));
  }

  const store = await Store.open(join(folder.path, 'main.db'), allTables, {
    columns: await columnsOfTest(Buffer.alloc(32, 7).toString('base64')),
  });
  const outbox = await Outbox.open(join(folder.path, 'outbox.db'), { maxEvents: 1_000_000 });
  const events = new EventLog({ store, clock: systemClock });
  const anonymiser = new Anonymiser({ key: new Uint8Array(32), site: 'demo' });
  const exporter = new ExportToCloud({
    store,
    events,
    outbox,
    anonymiser,
    clock: systemClock,
    onFault: ({ code, message }) => console.error(code, message),
  });
  exporter.start();
  await exporter.drain();
  await exporter.stop();
  await Promise.all([outbox.close(), store.close()]);
  const exported = await column('outbox.db', 'SELECT id AS value FROM event ORDER BY seq');
  expect(exported).toEqual(await column('main.db', 'SELECT id AS value FROM event_log ORDER BY number'));
  expect(exported.length).toBeGreaterThan(2 * 20);
});
