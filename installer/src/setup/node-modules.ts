/**
 * Step: the npm packages that package-lock.json pins. Install scripts stay off (.npmrc): two of them would fetch from elsewhere and fail.
 * `npm install --no-save` instead of `npm ci`: a registry inside a house often lacks the optional packages of other platforms, and `npm ci`
 * refuses a lock file without them. What `npm ci` promises, the exact versions and hashes of the lock, is checked by `verify`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeeplineError } from '../before-packages.ts';
import { childEnvironment, type Machine, npmCommand } from '../machine.ts';
import { firstDifference } from './package-lock.ts';
import { runProgram } from './run-program.ts';
import type { Step } from './step.ts';

const LIMIT_MS = 900_000;

function difference(machine: Machine): string | undefined {
  const installed = join(machine.root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return 'they are not installed';
  const path = firstDifference(readFileSync(join(machine.root, 'package-lock.json'), 'utf8'), readFileSync(installed, 'utf8'));
  return path === undefined ? undefined : `${path} is not as package-lock.json pins it`;
}

export const nodeModules: Step = {
  name: 'npm packages',
  takes: '30 s',
  after: [],
  insideOf: [],
  preflight: difference,
  packages: () => [],
  async install(machine) {
    await runProgram({
      command: [...npmCommand(machine), 'install', '--no-save', '--ignore-scripts', '--no-fund', '--no-audit'],
      cwd: machine.root,
      env: childEnvironment(machine), // npm runs on our Node, whatever is first on PATH
      log: join(machine.runtime, 'log/npm.log'),
      limitMs: LIMIT_MS,
    });
  },
  async verify(machine) {
    const left = difference(machine);
    if (left !== undefined)
      throw new KeeplineError('SETUP_VERIFY_FAILED', `npm packages: ${left}`, {
        hint: 'Delete node_modules and run the same command again.',
        offending: left,
      });
  },
};
