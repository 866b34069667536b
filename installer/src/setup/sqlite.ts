/**
 * Step: the native add-on of `sqlite3`, whose install script is off. A copy kept from last time, else the prebuilt one of its makers where
 * it can be reached, else compiled here. It speaks Node-API, so one file serves every Node version of a platform.
 */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { childEnvironment, findProgram, type Machine, pinnedVersion } from '../machine.ts';
import { runProgram } from './run-program.ts';
import type { Step } from './step.ts';

const PREBUILT_LIMIT_MS = 20_000; // a closed network may swallow the request instead of refusing it
const COMPILE_LIMIT_MS = 1_200_000;

const packageFolder = (machine: Machine): string => join(machine.root, 'node_modules/sqlite3');
const addOn = (machine: Machine): string => join(packageFolder(machine), 'build/Release/node_sqlite3.node');

function kept(machine: Machine): string {
  const version = `${pinnedVersion(machine, 'sqlite3')}-${machine.platform}-${machine.arch}-napi`;
  return join(machine.runtime, 'sqlite3', version, 'node_sqlite3.node');
}

/** Folder whose `include/node` has the headers of a Node (any version that has Node-API 9 or so; node-gyp calls it nodedir). */
function headers(machine: Machine): string | undefined {
  const onPath = findProgram(machine, 'node');
  const candidates = [
    machine.env.npm_config_nodedir,
    dirname(dirname(machine.node)),
    onPath && dirname(dirname(onPath)),
    '/usr',
    '/usr/local',
  ];
  return candidates.find((folder) => folder !== undefined && existsSync(join(folder, 'include/node/node_api.h')));
}

async function put(from: string, to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, `${to}.new`);
  renameSync(`${to}.new`, to); // never a half-written add-on under the final name
}

const load = (machine: Machine): Promise<void> =>
  runProgram({
    command: [machine.node, '-e', "const { Database } = require('sqlite3'); new Database(':memory:', (e) => process.exit(e ? 1 : 0))"],
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
    return headers(machine) === undefined ? [...tools, 'libnode-dev'] : tools;
  },
  async install(machine, progress) {
    const log = join(machine.runtime, 'log/sqlite.log');
    const copy = kept(machine);
    if (existsSync(copy)) {
      await put(copy, addOn(machine));
      if (await worked(() => load(machine))) return;
      rmSync(copy);
    }
    const npmTool = (path: string): string => join(machine.root, 'node_modules', path);
    const build = (command: readonly [string, ...string[]], limitMs: number): Promise<void> =>
      runProgram({ command, cwd: packageFolder(machine), env: childEnvironment(machine), log, limitMs });

    progress('looking for a prebuilt add-on');
    const prebuilt = await worked(async () => {
      await build([machine.node, npmTool('prebuild-install/bin.js'), '-r', 'napi'], PREBUILT_LIMIT_MS);
      await load(machine); // built for a newer C library, it would not load here
    });
    if (!prebuilt) {
      progress('compiling');
      const nodedir = headers(machine);
      const given = nodedir === undefined ? [] : [`--nodedir=${nodedir}`]; // else node-gyp downloads the headers
      await build([machine.node, npmTool('node-gyp/bin/node-gyp.js'), 'rebuild', ...given], COMPILE_LIMIT_MS);
    }
    await put(addOn(machine), copy);
  },
  verify: load,
};
