/**
 * `node gateway/src/restore-point-cli.ts --data DIR`: makes main.db one that this version knows. The last step of `./keepline rollback`, run by
 * the version that is to start again, while nothing has the database open.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { endWith } from '@keepline/contracts/command-end';
import { putBackRestorePoint } from './store/restore-point.ts';
import { allTables } from './store/tables/all.ts';

const USAGE = 'usage: node gateway/src/restore-point-cli.ts --data DIR';

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { data: { type: 'string' } } });
  if (values.data === undefined) {
    console.error(USAGE);
    return 2;
  }
  const path = join(resolve(values.data), 'main.db');
  const putBack = existsSync(path) ? await putBackRestorePoint(path, allTables) : undefined;
  console.log(putBack === undefined ? 'the database is one this version knows' : `${putBack} is in place of the database`);
  return 0;
}

await endWith(main, USAGE);
