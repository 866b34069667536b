/**
 * Packs a site into one file that needs no network: the committed tree, production packages with their native add-ons, Node, the media
 * worker, nats-server, the built desk, spoken prompts, a bill of materials, checksums. The same commit and packages give the same bytes: names sorted,
 * times those of the commit, owners and modes fixed, nothing random inside.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { KeeplineError } from '../before-packages.ts';
import { findProgram, type Machine, mediaWorkerFolder, mediaWorkerPath, pinnedVersion } from '../machine.ts';
import { runProgram } from '../setup/run-program.ts';
import type { BundleFacts } from './bundle-facts.ts';
import { CARRIED_SOURCES, isCarried } from './carried-files.ts';
import { sha256Of, sumsOf, SUMS } from './checksums.ts';
import { digestOf, readSecretKey, signDigest } from './minisign.ts';
import { type LockPackages, nameAt, productionPackages, SITE_WORKSPACES } from './production-packages.ts';
import { type Program, sbomOf } from './sbom.ts';

const LIMIT_MS = 900_000;

export interface BundleOrder {
  readonly machine: Machine;
  readonly out: string;
  /** Secret key of minisign without a password; undefined leaves the bundle unsigned. */
  readonly keyFile: string | undefined;
}

/** @throws KeeplineError BUNDLE_INPUT_MISSING, BUNDLE_KEY_UNUSABLE, SETUP_COMMAND_FAILED */
export async function makeBundle({ machine, out, keyFile }: BundleOrder): Promise<BundleFacts> {
  const target = resolve(out);
  const key = keyFile === undefined ? undefined : readSecretKey(readInput(keyFile), keyFile); // before minutes of packing
  const facts = factsOf(machine);
  mkdirSync(dirname(target), { recursive: true });
  const work = mkdtempSync(join(dirname(target), '.bundle-')); // beside the result, so that it is moved there in one step
  try {
    const name = `keepline-${facts.version}`;
    await fill(machine, join(work, name), work, facts);
    const packed = join(work, 'packed');
    await run(machine, work, [
      ...(['tar', '--sort=name', '--format=gnu', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'] as const),
      ...[`--mtime=${facts.madeAt}`, '-I', 'zstd -q -9 -T0', '-cf', packed, name],
    ]);
    if (key !== undefined)
      writeFileSync(`${target}.minisig`, signDigest(await digestOf(packed), key, `keepline ${facts.version} ${facts.commit}`));
    renameSync(packed, target);
    return facts;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function fill(machine: Machine, top: string, work: string, facts: BundleFacts): Promise<void> {
  mkdirSync(top);
  await run(machine, machine.root, ['git', 'archive', '-o', join(work, 'tree.tar'), 'HEAD', '--', ...CARRIED_SOURCES]);
  await run(machine, top, ['tar', '-xf', join(work, 'tree.tar')]);
  const lock = JSON.parse(readFileSync(join(top, 'package-lock.json'), 'utf8')) as { packages: LockPackages }; // parse boundary
  const paths = productionPackages(lock.packages, (path) => existsSync(join(machine.root, path)));
  for (const path of paths) copyPackage(machine.root, top, path);
  mkdirSync(join(top, 'node_modules/@keepline'), { recursive: true });
  for (const workspace of SITE_WORKSPACES) symlinkSync(`../../${workspace}`, join(top, 'node_modules/@keepline', workspace));
  copyInput(join(machine.root, 'admin-ui/dist'), join(top, 'admin-ui/dist'));
  const programs = await copyPrograms(machine, top);
  // A site may have no voice: what the sample flow says goes along. By the tree that was packed, with what it carries.
  await run(machine, top, [machine.node, join(top, 'gateway/src/prompts-cli.ts'), '--out', join(top, 'gateway/prompts')]);
  const write = (name: string, document: object): void => writeFileSync(join(top, name), `${JSON.stringify(document, null, 2)}\n`);
  write('bundle.json', facts);
  write('sbom.cdx.json', sbomOf(lock.packages, paths, programs, facts));
  writeFileSync(join(top, SUMS), await sumsOf(top)); // last: it covers all the others
}

function copyPackage(root: string, top: string, path: string): void {
  const from = join(root, path);
  const name = nameAt(path);
  cpSync(from, join(top, path), {
    recursive: true,
    verbatimSymlinks: true,
    filter(source) {
      const inside = relative(from, source);
      return inside === '' || mayHold(name, inside) || isCarried(name, inside);
    },
  });
}

/** A folder that is not carried may hold the one file that is. */
const mayHold = (name: string, inside: string): boolean => name === 'sqlite3' && ['build', 'build/Release'].includes(inside);

async function copyPrograms(machine: Machine, top: string): Promise<Program[]> {
  const node = join(top, '.runtime/node/node_modules', `node-${machine.platform}-${machine.arch}`, 'bin/node');
  copyInput(machine.node, node);
  const worker = join(top, '.runtime', relative(machine.runtime, join(mediaWorkerFolder(machine), 'mediasoup-worker')));
  copyInput(mediaWorkerPath(machine), worker);
  const server = findProgram(machine, 'nats-server');
  const bin = join(top, '.runtime/bin');
  mkdirSync(bin);
  // Names without platform and version: the units cannot look for them.
  for (const program of [node, worker]) symlinkSync(relative(bin, program), join(bin, basename(program)));
  const nats = join(bin, 'nats-server');
  if (server === undefined) throw inputMissing('nats-server');
  copyInput(server, nats);
  const natsVersion = /v([\d.]+)/.exec(spawnSync(server, ['--version'], { encoding: 'utf8' }).stdout)?.[1] ?? 'unknown';
  return [
    { name: 'node', version: process.versions.node, license: 'MIT', sha256: await sha256Of(node) },
    { name: 'mediasoup-worker', version: pinnedVersion(machine, 'mediasoup'), license: 'ISC', sha256: await sha256Of(worker) },
    { name: 'nats-server', version: natsVersion, license: 'Apache-2.0', sha256: await sha256Of(nats) },
  ];
}

function factsOf(machine: Machine): BundleFacts {
  const asked = spawnSync('git', ['show', '-s', '--format=%H %ct', 'HEAD'], { cwd: machine.root, encoding: 'utf8' });
  const [commit = '', seconds = ''] = (asked.stdout ?? '').trim().split(' ');
  if (asked.status !== 0) throw inputMissing('the git repository this tree is a clone of');
  const manifest = JSON.parse(readInput(join(machine.root, 'package.json'))) as { version: string }; // parse boundary
  const madeAt = new Date(Number(seconds) * 1000).toISOString();
  return { version: manifest.version, commit, madeAt, platform: machine.platform, arch: machine.arch };
}

function copyInput(from: string, to: string): void {
  if (!existsSync(from)) throw inputMissing(from);
  cpSync(from, to, { recursive: true, dereference: true });
}

function readInput(path: string): string {
  if (!existsSync(path)) throw inputMissing(path);
  return readFileSync(path, 'utf8');
}

function inputMissing(what: string): KeeplineError {
  return new KeeplineError('BUNDLE_INPUT_MISSING', `a bundle cannot be made without ${what}`, {
    hint: 'Make it in a clone in which ./keepline up works; the key is made with minisign -G -W.',
    offending: what,
  });
}

function run(machine: Machine, cwd: string, command: readonly [string, ...string[]]): Promise<void> {
  return runProgram({
    command,
    cwd,
    env: { ...machine.env, LC_ALL: 'C', TZ: 'UTC' },
    log: join(machine.runtime, 'log/bundle.log'),
    limitMs: LIMIT_MS,
  });
}
