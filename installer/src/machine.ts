/** Where the project lies and what kind of machine it is on: all that the set-up steps ask about the world outside. */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { versionIn } from './setup/package-lock.ts';

export interface Machine {
  /** Folder of the project. */
  readonly root: string;
  /** `.runtime`: what the set-up made; safe to delete. */
  readonly runtime: string;
  /** The running Node. */
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
  readonly isRoot: boolean;
  readonly hasApt: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function thisMachine(env: Machine['env'] = process.env): Machine {
  const root = resolve(import.meta.dirname, '../..');
  return {
    root,
    runtime: env.KEEPLINE_RUNTIME ?? join(root, '.runtime'),
    node: process.execPath,
    platform: process.platform,
    arch: process.arch,
    isRoot: process.getuid?.() === 0,
    hasApt: existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get'),
    env,
  };
}

/** Path of a program, looked for on PATH and in the places of daemons that a user's PATH leaves out. */
export function findProgram(machine: Pick<Machine, 'env'>, name: string): string | undefined {
  const folders = [...(machine.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isProgram);
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** How npm is called: the program on PATH, else the package that `./keepline` fetched. */
export function npmCommand(machine: Machine): readonly [string, ...string[]] {
  const program = findProgram(machine, 'npm');
  return program === undefined ? [machine.node, join(machine.runtime, 'npm/bin/npm-cli.js')] : [program];
}

/** Version of a package as pinned in package-lock.json, known before the packages are there. */
export function pinnedVersion(machine: Machine, name: string): string {
  return versionIn(readFileSync(join(machine.root, 'package-lock.json'), 'utf8'), name);
}

/** Environment of every program we start: our Node and the project's tools first, and the media worker that belongs to this version. */
export function childEnvironment(machine: Machine): Record<string, string | undefined> {
  const path = [dirname(machine.node), join(machine.root, 'node_modules/.bin'), machine.env.PATH ?? '', '/usr/sbin'];
  return {
    ...machine.env,
    PATH: path.join(delimiter),
    MEDIASOUP_WORKER_BIN: mediaWorkerPath(machine),
    KEEPLINE_PKCS11JS: pkcs11Folder(machine),
  };
}

/** The media worker to use: the one given by MEDIASOUP_WORKER_BIN, else ours. */
export function mediaWorkerPath(machine: Machine): string {
  const given = machine.env.MEDIASOUP_WORKER_BIN;
  return given === undefined || given === '' ? join(mediaWorkerFolder(machine), 'mediasoup-worker') : given;
}

export function mediaWorkerFolder(machine: Machine): string {
  return join(machine.runtime, 'media-worker', pinnedVersion(machine, 'mediasoup'));
}

/** The compiled `pkcs11js`: the one given by KEEPLINE_PKCS11JS, else ours. */
export function pkcs11Folder(machine: Machine): string {
  const given = machine.env.KEEPLINE_PKCS11JS;
  if (given !== undefined && given !== '') return given;
  return join(machine.runtime, 'pkcs11js', `${machine.platform}-${machine.arch}-napi`);
}
