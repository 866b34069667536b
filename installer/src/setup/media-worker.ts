/**
 * Step: the mediasoup worker, a C++ program whose install script is off. Given by MEDIASOUP_WORKER_BIN, else kept from last time, else the
 * makers' prebuilt where it can be reached, else built by installer/media-worker from the sources in the npm package.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { KeeplineError } from '../before-packages.ts';
import { childEnvironment, isProgram, type Machine, mediaWorkerFolder, mediaWorkerPath, pinnedVersion } from '../machine.ts';
import { runProgram } from './run-program.ts';
import type { Progress, Step } from './step.ts';
import { treeHash } from './tree-hash.ts';

const CONNECT_LIMIT_MS = 5000; // a closed network may swallow the request instead of refusing it
const DOWNLOAD_LIMIT_MS = 120_000;
const BUILD_LIMIT_MS = 3_600_000;
const RECIPE = 'installer/media-worker';
const BUILD_PACKAGES = [
  ...['g++', 'make', 'cmake', 'pkg-config'],
  ...['libuv1-dev', 'libssl-dev', 'libsrtp2-dev', 'libflatbuffers-dev', 'flatbuffers-compiler'],
];

const isGiven = (machine: Machine): boolean => (machine.env.MEDIASOUP_WORKER_BIN ?? '') !== '';
const log = (machine: Machine): string => join(machine.runtime, 'log/media-worker.log');
/** Names what the kept binary was made from: `prebuilt`, or the hash of our recipe. */
const originFile = (machine: Machine): string => join(mediaWorkerFolder(machine), 'made-from');
const recipeHash = (machine: Machine): string => treeHash(machine.root, [`${RECIPE}/CMakeLists.txt`, `${RECIPE}/shim`]);

function unready(machine: Machine): string | undefined {
  const path = mediaWorkerPath(machine);
  if (!isProgram(path)) return isGiven(machine) ? `MEDIASOUP_WORKER_BIN names ${path}, which is not a program` : 'it is not built yet';
  if (isGiven(machine)) return undefined;
  const origin = existsSync(originFile(machine)) ? readFileSync(originFile(machine), 'utf8').trim() : 'unknown';
  if (origin === 'prebuilt' || origin === recipeHash(machine)) return undefined;
  return `${RECIPE} changed since it was built`;
}

/** Starts without the variable that Node gives it, so a worker that can run here at all ends with this status (its main.cpp). */
const REFUSES_STRANGERS = 41;
function starts(path: string): boolean {
  return spawnSync(path, [], { env: {}, timeout: 10_000 }).status === REFUSES_STRANGERS;
}

function keep(machine: Machine, binary: string, origin: string): void {
  const folder = mediaWorkerFolder(machine);
  mkdirSync(folder, { recursive: true });
  const fresh = join(folder, 'mediasoup-worker.new');
  copyFileSync(binary, fresh);
  chmodSync(fresh, 0o755);
  renameSync(fresh, join(folder, 'mediasoup-worker')); // a gateway that runs keeps the old file
  writeFileSync(originFile(machine), `${origin}\n`);
}

/** Where the makers put the binary of this platform, as the package's own install script reckons it. */
function prebuiltUrl(machine: Machine): string {
  const manifest: unknown = JSON.parse(readFileSync(join(machine.root, 'node_modules/mediasoup/package.json'), 'utf8'));
  const { repository, version } = manifest as { repository: { url: string }; version: string }; // parse boundary
  const home = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  const base = machine.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL ?? `${home}/releases/download`;
  const kernel = machine.platform === 'linux' ? `-kernel${release().split('.')[0]}` : '';
  return `${base}/${version}/mediasoup-worker-${version}-${machine.platform}-${machine.arch}${kernel}.tgz`;
}

async function download(machine: Machine): Promise<boolean> {
  const url = prebuiltUrl(machine);
  mkdirSync(machine.runtime, { recursive: true });
  const work = mkdtempSync(join(machine.runtime, 'prebuilt-'));
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(CONNECT_LIMIT_MS) });
    const reply = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_LIMIT_MS) });
    if (!reply.ok) return false;
    const archive = join(work, 'worker.tgz');
    writeFileSync(archive, Buffer.from(await reply.arrayBuffer()));
    const unpack = ['tar', '-xzf', archive, '-C', work] as const;
    await runProgram({ command: unpack, cwd: work, env: machine.env, log: log(machine), limitMs: DOWNLOAD_LIMIT_MS });
    const binary = join(work, 'mediasoup-worker');
    if (!starts(binary)) return false; // made for another C library
    keep(machine, binary, 'prebuilt');
    return true;
  } catch {
    return false; // not reachable: building needs only the npm package and the distribution
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function build(machine: Machine, progress: Progress): Promise<void> {
  const folder = join(machine.runtime, 'build', `media-worker-${pinnedVersion(machine, 'mediasoup')}`);
  const run = (command: readonly [string, ...string[]], onLine?: (line: string) => void): Promise<void> =>
    runProgram({ command, cwd: machine.root, env: machine.env, log: log(machine), limitMs: BUILD_LIMIT_MS, ...(onLine && { onLine }) });
  await run(['cmake', '-S', join(machine.root, RECIPE), '-B', folder, `-DMEDIASOUP=${join(machine.root, 'node_modules/mediasoup')}`]);
  await run(['cmake', '--build', folder, `-j${cpus().length}`], (line) => {
    const percent = /^\[ *(\d+)%\]/.exec(line)?.[1];
    if (percent !== undefined) progress(`${percent} %`);
  });
  keep(machine, join(folder, 'mediasoup-worker'), recipeHash(machine));
  rmSync(folder, { recursive: true, force: true }); // 300 MB of objects
}

export const mediaWorker: Step = {
  name: 'media worker',
  takes: '3 to 5 min when it must be built',
  after: ['npm packages'],
  insideOf: [],
  preflight: unready,
  packages: (machine) => (isGiven(machine) ? [] : BUILD_PACKAGES),
  async install(machine, progress) {
    if (isGiven(machine))
      throw new KeeplineError('SETUP_WORKER_BIN_INVALID', unready(machine) ?? 'MEDIASOUP_WORKER_BIN is not usable', {
        hint: 'Correct MEDIASOUP_WORKER_BIN, or unset it so that the worker is built.',
        offending: mediaWorkerPath(machine),
      });
    progress('looking for a prebuilt worker');
    if (!(await download(machine))) await build(machine, progress);
  },
  /** Asks mediasoup itself for a worker: path, version handshake and libraries in one. */
  async verify(machine) {
    const script = "const m = await import('mediasoup'); const w = await m.createWorker({ logLevel: 'error' }); w.close();";
    await runProgram({
      command: [machine.node, '--input-type=module', '-e', script],
      cwd: machine.root,
      env: childEnvironment(machine),
      log: log(machine),
      limitMs: 30_000,
    });
  },
};
