/**
 * `./keepline keys rotate column`: a new key for the customer data, beside a running gateway, which goes on reading and writing all the while. Killed in
 * between, it is run again: nothing is lost, and the former keys go at the end of the first run that finishes.
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { retireColumnKey, rotateColumnKey } from '@keepline/compliance/rotate-column';
import { systemClock as clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { type Console, openConsole } from './retention/console.ts';
import { resealBatch } from './store/seal-rows.ts';
import { allTables } from './store/tables/all.ts';

const USAGE = 'usage: ./keepline keys rotate column [--data DIR] [--site FILE] [--purpose TEXT] [--wait-seconds N] [--json]';
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));
/** Twice what a running gateway takes to look for a new key: after that nobody seals with the former one. */
const WAIT_SECONDS = 30;

/** @returns rows sealed anew */
async function reseal({ store }: Console): Promise<number> {
  let resealed = 0;
  for (const table of allTables.flatMap(({ sealed }) => sealed ?? [])) {
    let after: number | undefined = Number.MIN_SAFE_INTEGER;
    while (after !== undefined) {
      const from: number = after;
      const batch = await store.write((tx) => resealBatch(tx, table, from));
      resealed += batch?.resealed ?? 0;
      after = batch?.upto;
    }
  }
  return resealed;
}

async function main(): Promise<number> {
  const text = { type: 'string', default: '' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    data: text,
    site: text,
    purpose: text,
    'wait-seconds': { type: 'string', default: String(WAIT_SECONDS) },
    json: flag,
  } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const waitSeconds = Number(values['wait-seconds']);
  if (positionals.join(' ') !== 'rotate column' || !Number.isInteger(waitSeconds) || waitSeconds < 0) {
    console.error(USAGE);
    return 2;
  }
  const data = values.data === '' ? ROOT_DATA : resolve(values.data);
  const site = values.site === '' ? undefined : values.site;
  const dir = join(data, 'keys');
  const office = await openConsole(data, site);
  try {
    const report = await office.audited('key.rotate', 'key:column', values.purpose, async () => {
      await rotateColumnKey(dir, clock.now());
      const { former } = await office.keys.columnKeys();
      await office.refreshColumns();
      let resealed = await reseal(office);
      console.error(`${resealed} rows are under the new key; waiting ${waitSeconds} s until a running gateway has it too`);
      await new Promise<void>((done) => void clock.after(waitSeconds * 1000, done));
      resealed += await reseal(office); // what was written under the former key meanwhile
      for (const { id } of former) await retireColumnKey(dir, id);
      return { resealed, retired: former.map(({ id }) => id) };
    });
    console.log(
      values.json ? JSON.stringify(report) : `rows sealed anew: ${report.resealed}; former keys destroyed: ${report.retired.length}`,
    );
  } finally {
    await office.close();
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  if (thrown instanceof KeeplineError) console.error(`${thrown.code}: ${thrown.message}\n  ${thrown.hint}`);
  else console.error(messageOf(thrown), `\n${USAGE}`);
  process.exitCode = thrown instanceof KeeplineError ? 1 : 2;
}
