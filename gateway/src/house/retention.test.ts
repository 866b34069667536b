/** When the gateway deletes by itself: only where the site says so. What a run deletes is tested in `gateway/src/retention`. */
import { join } from 'node:path';
import { openKeyStore } from '@keepline/compliance/keys';
import { parseSite } from '@keepline/contracts/site-file';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import cron from 'node-cron';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SealedColumns } from '../store/columns.ts';
import { Store } from '../store/store.ts';
import { allTables } from '../store/tables/all.ts';
import { startRetention } from './retention.ts';

const clock = new FakeClock(Date.UTC(2026, 10, 22, 12));
let folder: TempDir;
let store: Store;
let said: string[] = [];
let start: (retention: object) => ReturnType<typeof startRetention>;

beforeEach(async () => {
  folder = tempDir();
  said = [];
  const data = folder.path;
  const keys = await openKeyStore(join(data, 'keys'), { site: 'test', clock });
  const columns = await SealedColumns.open(() => keys.columnKeys());
  store = await Store.open(join(data, 'main.db'), allTables, { columns });
  start = (retention) =>
    startRetention({
      ...{ site: parseSite({ retention }), data, keys, store, onFault: () => expect.unreachable() },
      audited: (_act, _context, run) => run(),
      log: { info: (...words: readonly unknown[]) => void said.push(String(words.at(-1))) },
    });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

it('plans no deletion on a new site and says why', async () => {
  const retention = start({});
  expect(cron.getTasks().size).toBe(0);
  expect(said).toEqual([expect.stringContaining('retention.automatic is off')]);
  await retention.close();
});

it('plans one where the periods were confirmed, and takes it back at the end', async () => {
  const retention = start({ automatic: true });
  expect(cron.getTasks().size).toBe(1);
  expect(said).toEqual([]);
  await retention.close();
  expect(cron.getTasks().size).toBe(0);
});

it('refuses a wrong hour and a period shorter than the law also while it is off', () => {
  expect(() => start({ schedule: 'at night' })).toThrow('at night is not a cron expression');
  expect(() => start({ lines: [{ line: 'securities_sale', months: 1 }] })).toThrow(
    expect.objectContaining({ code: 'RETENTION_TOO_SHORT' }),
  );
});
