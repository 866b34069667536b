/** The command as it is typed, on a real site folder: the list is masked, one is cancelled once, and both are in the audit log. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openKeyStore } from '@keepline/compliance/keys';
import { systemClock as clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SealedColumns } from './store/columns.ts';
import { Store } from './store/store.ts';
import { allTables } from './store/tables/all.ts';
import { addCallback } from './store/tables/callbacks.ts';

const NUMBER = '13812345678';
const id = newId('cb', clock.now());
let folder: TempDir;
let data = '';
beforeAll(async () => {
  folder = tempDir();
  data = join(folder.path, 'site');
  mkdirSync(data);
  writeFileSync(join(data, 'site.yaml'), 'queues:\n  - name: service\n');
  const keys = await openKeyStore(join(data, 'keys'), { site: 'demo', clock });
  const store = await Store.open(join(data, 'main.db'), allTables, { columns: await SealedColumns.open(() => keys.columnKeys()) });
  const [callId, nowMs] = [newId('call', clock.now()), clock.now()];
  const wish = { id, callId, kind: 'waiting', queue: 'service', skill: '', agentId: '', number: NUMBER, note: '' } as const;
  await store.write((tx) => addCallback(tx, { ...wish, madeAtMs: nowMs, queuedAtMs: nowMs, dueAtMs: nowMs, tries: 0, state: 'open' }));
  await store.close();
});
afterAll(() => folder.remove());

const run = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [join(import.meta.dirname, 'callbacks-cli.ts'), ...args, '--data', data], { encoding: 'utf8' });

it('lists what is owed, cancels one, and says so of another', () => {
  expect(JSON.parse(run('list', '--json').stdout)).toMatchObject([
    { id, number: '138******78', queue: 'service', tries: 0, isCalling: false },
  ]);
  expect(run('cancel', id).status).toBe(2); // no reason, no cancellation
  expect(run('cancel', id, '--reason', 'customer asked').stdout).toBe(`${id}: cancelled\n`);
  expect(run('list').stdout).toBe('0 owed\n');
  const again = run('cancel', id, '--reason', 'customer asked');
  expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('CALLBACK_UNKNOWN')]);
  const audit = readdirSync(join(data, 'audit'))
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => readFileSync(join(data, 'audit', name), 'utf8'))
    .join('');
  expect(audit).toMatch(/"act":"callback.cancel".*"purpose":"customer asked"/);
  expect(audit).toContain('"act":"callback.list"');
  expect(audit).not.toContain(NUMBER);
}, 120_000);
