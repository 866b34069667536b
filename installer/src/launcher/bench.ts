/** `./keepline bench NAME [--json]`: runs `bench/NAME.ts`; the folder is the list. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KeeplineError } from '@keepline/contracts/errors';
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = async ({ args }, { machine }) => {
  const names = benchNames(join(machine.root, 'bench'));
  const [name, ...rest] = args;
  if (name === undefined) {
    console.log(names.length === 0 ? 'There are no benches yet.' : names.join('\n'));
    return 0;
  }
  if (names.includes(name)) return runScript(machine, `bench/${name}.ts`, rest);
  throw new KeeplineError('LAUNCH_BENCH_UNKNOWN', `there is no bench ${name}`, {
    hint: names.length === 0 ? 'The folder bench/ has none yet.' : `Choose one of: ${names.join(', ')}`,
    offending: name,
  });
};

export function benchNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => file.slice(0, -'.ts'.length))
      .toSorted();
  } catch {
    return []; // no folder, no benches
  }
}
