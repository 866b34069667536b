/**
 * Step: the native add-on of `sqlite3`, whose install script is off. A copy kept from last time, else the prebuilt one of its makers where
 * it can be reached, else compiled here. It speaks Node-API, so one file serves every Node version of a platform.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { childEnvironment, findProgram, type Machine, pinnedVersion } from '../machine.ts';
import { nodeHeaders } from './node-headers.ts';
import { runProgram } from './run-program.ts';
import type { Progress, Step } from './step.ts';

const PREBUILT_LIMIT_MS = 20_000; // a closed network may swallow the request instead of refusing it
const COMPILE_LIMIT_MS = 1_200_000;

const packageFolder = (machine: Machine): string => join(machine.root, 'node_modules/sqlite3');
const ADD_ON = 'build/Release/node_sqlite3.node';
const addOn = (machine: Machine): string => join(packageFolder(machine), ADD_ON);

function kept(machine: Machine): string {
  const version = `${pinnedVersion(machine, 'sqlite3')}-${machine.platform}-${machine.arch}-napi`;
  return join(machine.runtime, 'sqlite3', version, 'node_sqlite3.node');
}

function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, `${to}.new`);
  renameSync(`${to}.new`, to); // never a half-written add-on under the final name
}

/** Opens a database with the add-on at `path`, wherever it lies: the package's own JavaScript would load the one in its place. */
const loads = (machine: Machine, path: string): Promise<void> =>
  runProgram({
    command: [machine.node, '-e', 'new (require(process.argv[1]).Database)(":memory:", (error) => process.exit(error ? 1 : 0))', path],
    cwd: machine.root,
    env: childEnvironment(machine),
    log: join(machine.runtime, 'log/sqlite.log'),
    limitMs: 30_000,
  });

async function worked(attempt: () => Promise<void>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch {
    return false; // what failed is in the log; the next source is tried
  }
}

export const sqlite: Step = {
  name: 'SQLite',
  takes: '1 min when it must be compiled',
  after: ['npm packages'],
  insideOf: ['npm packages'],
  preflight: (machine) => (existsSync(addOn(machine)) ? undefined : 'its native add-on is missing'),
  packages(machine) {
    if (existsSync(kept(machine))) return [];
    const tools = ['g++', 'make', 'python3'].filter((tool) => findProgram(machine, tool) === undefined);
    return nodeHeaders(machine) === undefined ? [...tools, 'libnode-dev'] : tools;
  },
  async install(machine, progress) {
    const copy = kept(machine);
    if (existsSync(copy) && !(await worked(() => loads(machine, copy)))) rmSync(copy);
    if (!existsSync(copy)) await make(machine, copy, progress);
    put(copy, addOn(machine));
  },
  verify: (machine) => loads(machine, addOn(machine)),
};

/**
 * Builds in a copy of the package: both tools begin by emptying `build`, which would pull the add-on from under every process that is about
 * to load it. The copy lies in node_modules, where its own requirements are found; npm leaves names with a dot alone.
 */
async function make(machine: Machine, copy: string, progress: Progress): Promise<void> {
  mkdirSync(join(machine.root, 'node_modules/.cache'), { recursive: true });
  const aside = mkdtempSync(join(machine.root, 'node_modules/.cache/sqlite3-'));
  const made = join(aside, ADD_ON);
  const npmTool = (path: string): string => join(machine.root, 'node_modules', path);
  const build = (command: readonly [string, ...string[]], limitMs: number): Promise<void> =>
    runProgram({ command, cwd: aside, env: childEnvironment(machine), log: join(machine.runtime, 'log/sqlite.log'), limitMs });
  try {
    cpSync(packageFolder(machine), aside, { recursive: true, filter: (path) => path !== join(packageFolder(machine), 'build') });
    progress('looking for a prebuilt add-on');
    const prebuilt = await worked(async () => {
      await build([machine.node, npmTool('prebuild-install/bin.js'), '-r', 'napi'], PREBUILT_LIMIT_MS);
      await loads(machine, made); // built for a newer C library, it would not load here
    });
    if (!prebuilt) {
      progress('compiling');
      const nodedir = nodeHeaders(machine);
      const given = nodedir === undefined ? [] : [`--nodedir=${nodedir}`]; // else node-gyp downloads the headers
      await build([machine.node, npmTool('node-gyp/bin/node-gyp.js'), 'rebuild', ...given], COMPILE_LIMIT_MS);
      await loads(machine, made);
    }
    put(made, copy);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
