/** Step: the agent desk, built by Vite into admin-ui/dist whenever a source, a shared word or a package changed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KeeplineError } from '../before-packages.ts';
import { childEnvironment, type Machine } from '../machine.ts';
import { runProgram } from './run-program.ts';
import type { Step } from './step.ts';
import { treeHash } from './tree-hash.ts';

const LIMIT_MS = 600_000;
const SOURCES = ['admin-ui', 'contracts/src', 'package-lock.json'];

const page = (machine: Machine): string => join(machine.root, 'admin-ui/dist/index.html');
const stamp = (machine: Machine): string => join(machine.runtime, 'stamps/desk');

export const desk: Step = {
  name: 'agent desk',
  takes: '20 s',
  after: ['npm packages'],
  insideOf: [],
  preflight(machine) {
    if (!existsSync(page(machine))) return 'it is not built yet';
    const built = existsSync(stamp(machine)) ? readFileSync(stamp(machine), 'utf8') : '';
    return built === treeHash(machine.root, SOURCES) ? undefined : 'its sources changed';
  },
  packages: () => [],
  async install(machine) {
    const hash = treeHash(machine.root, SOURCES); // of what is about to be built, not of what is there afterwards
    await runProgram({
      command: [machine.node, join(machine.root, 'node_modules/vite/bin/vite.js'), 'build', 'admin-ui'],
      cwd: machine.root,
      env: childEnvironment(machine),
      log: join(machine.runtime, 'log/desk.log'),
      limitMs: LIMIT_MS,
    });
    mkdirSync(dirname(stamp(machine)), { recursive: true });
    writeFileSync(stamp(machine), hash);
  },
  async verify(machine) {
    if (!existsSync(page(machine)))
      throw new KeeplineError('SETUP_VERIFY_FAILED', `agent desk: ${page(machine)} was not written`, {
        hint: `Read ${join(machine.runtime, 'log/desk.log')}`,
        offending: page(machine),
      });
  },
};
