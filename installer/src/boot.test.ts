/** The shell part of the launcher, run by the system's sh with a PATH of our own: it must find, fetch and check Node before anything is installed. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { delimiter, dirname, join } from 'node:path';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const TOOLS = [
  'sh',
  'readlink',
  'dirname',
  'uname',
  'tr',
  'mktemp',
  'mkdir',
  'rm',
  'mv',
  'tar',
  'gzip',
  'cut',
  'sha512sum',
  'shasum',
  'sed',
  'tail',
];
const PLATFORM = `node-${process.platform}-${process.arch}`;

let temp: TempDir;
let server: Server;
let registry = '';
const served = new Map<string, Buffer>();

beforeEach(async () => {
  temp = tempDir();
  cpSync(join(ROOT, 'keepline'), join(temp.path, 'keepline'));
  for (const tool of TOOLS) link(tool);
  program('npm', 'exit 1');
  served.clear();
  server = createServer((request, reply) => {
    const file = served.get(request.url ?? '');
    reply.writeHead(file === undefined ? 404 : 200).end(file);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  registry = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  temp.remove();
});

function link(tool: string): void {
  mkdirSync(join(temp.path, 'bin'), { recursive: true });
  const found = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, tool));
  const path = found.find((candidate) => spawnSync('test', ['-x', candidate]).status === 0);
  if (path !== undefined) symlinkSync(path, join(temp.path, 'bin', tool));
}

function program(name: string, script: string, folder = 'bin'): string {
  const path = join(temp.path, folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A Node that tells its version, and otherwise what it was asked to run. */
const fakeNode = (version: string): string =>
  `[ "$1" = --version ] && echo ${version} && exit 0; shift; echo "ran on ${version} with [$*]"`;

/** Puts a package into the registry; `pinned` is the content whose hash the project trusts. */
function publish(name: string, script: string, pinned = true): void {
  const folder = join(temp.path, 'made', name);
  program(name === 'npm' ? 'npm-cli.js' : 'node', script, `made/${name}/package/bin`);
  const tarball = spawnSync('tar', ['-czf', '-', '-C', folder, 'package']).stdout;
  served.set(`/${name}/-/${name}-24.21.0.tgz`, tarball);
  const hash = createHash('sha512')
    .update(pinned ? tarball : 'something else')
    .digest('hex');
  mkdirSync(join(temp.path, 'installer/node-runtime'), { recursive: true });
  writeFileSync(join(temp.path, 'installer/node-runtime/pins'), `${name} 24.21.0 ${hash}\n`, { flag: 'a' });
}

async function withoutRegistry<T>(run: () => Promise<T>): Promise<T> {
  const known = registry;
  registry = '';
  try {
    return await run();
  } finally {
    registry = known;
  }
}

function keepline(...args: string[]): Promise<{ status: number | null; out: string; err: string }> {
  const child = spawn(join(temp.path, 'bin/sh'), [join(temp.path, 'keepline'), ...args], {
    env: { PATH: join(temp.path, 'bin'), npm_config_registry: registry, HOME: temp.path },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => (out += String(text)));
  child.stderr.on('data', (text) => (err += String(text)));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, out, err })));
}

describe('./keepline before anything is installed', () => {
  it.each(['v24.7.0', 'v24.21.0', 'v25.0.0'])('uses Node %s from PATH and passes the arguments on', async (version) => {
    program('node', fakeNode(version));
    expect(await keepline('up', '--data', 'a folder')).toEqual({
      status: 0,
      out: `ran on ${version} with [up --data a folder]\n`,
      err: '',
    });
  });

  it.each(['v20.19.4', 'v24.6.9', 'nonsense'])('does not use Node %s: it fetches the pinned one, once', async (version) => {
    link('curl');
    program('node', fakeNode(version));
    rmSync(join(temp.path, 'bin/npm'));
    publish(PLATFORM, fakeNode('v24.21.0'));
    publish('npm', 'exit 0');
    const first = await keepline('status');
    expect(first).toMatchObject({ status: 0, out: 'ran on v24.21.0 with [status]\n' });
    expect(first.err).toContain(`fetching ${PLATFORM} 24.21.0`);
    served.clear(); // and without network from now on
    expect(await keepline('status')).toEqual({ status: 0, out: 'ran on v24.21.0 with [status]\n', err: '' });
    expect(readdirSync(join(temp.path, '.runtime')).toSorted()).toEqual(['node', 'npm']);
  });

  it('fetches with npm where it is there, so that its registry, proxy and credentials count', async () => {
    publish(PLATFORM, fakeNode('v24.21.0'));
    writeFileSync(join(temp.path, 'node.tgz'), served.get(`/${PLATFORM}/-/${PLATFORM}-24.21.0.tgz`) ?? '');
    link('cat');
    program('npm', `[ "$1" = pack ] && cat ${join(temp.path, 'node.tgz')} > ${PLATFORM}-24.21.0.tgz`);
    expect(await keepline('help')).toMatchObject({ status: 0, out: 'ran on v24.21.0 with [help]\n' });
  });

  it('refuses a package that is not the pinned one, and leaves nothing of it', async () => {
    link('curl');
    rmSync(join(temp.path, 'bin/npm'));
    publish(PLATFORM, fakeNode('v24.21.0'), false);
    const { status, err } = await keepline('up');
    expect(status).toBe(1);
    expect(err).toContain('BOOT_HASH_MISMATCH');
    expect(readdirSync(join(temp.path, '.runtime'))).toEqual([]);
  });

  it('asks for the registry by name when neither npm nor a setting says which one', async () => {
    link('curl');
    rmSync(join(temp.path, 'bin/npm'));
    publish(PLATFORM, fakeNode('v24.21.0'));
    const { status, err } = await withoutRegistry(() => keepline('status'));
    expect(status).toBe(1);
    expect(err).toMatch(/BOOT_REGISTRY_UNKNOWN[^]*next: .*npm_config_registry=URL/);
  });

  it('names the registry and the proxy when it cannot be reached', async () => {
    link('curl');
    rmSync(join(temp.path, 'bin/npm'));
    publish(PLATFORM, fakeNode('v24.21.0'));
    served.clear();
    const { status, err } = await keepline('up');
    expect(status).toBe(1);
    expect(err).toMatch(/BOOT_FETCH_FAILED.*404[^]*next: check the registry \(http:\/\/127/);
  });

  it('says what to install when there is nothing to fetch with', async () => {
    rmSync(join(temp.path, 'bin/npm'));
    publish(PLATFORM, fakeNode('v24.21.0'));
    const { status, err } = await keepline('up');
    expect(status).toBe(1);
    expect(err).toMatch(/BOOT_NO_DOWNLOADER[^]*next: install Node 24\.7/);
  });

  it('says which Node to install on a system without a package of it', async () => {
    link('curl');
    mkdirSync(join(temp.path, 'installer/node-runtime'), { recursive: true });
    writeFileSync(join(temp.path, 'installer/node-runtime/pins'), 'node-plan9-mips 24.21.0 00\n');
    const { status, err } = await keepline('up');
    expect(status).toBe(1);
    expect(err).toContain('BOOT_NODE_UNPACKAGED');
  });
});
