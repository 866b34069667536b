/** `up` with stand-ins for the gateway and cloud-sync, and a real nats-server where one is installed: the test of the whole site is elsewhere. */
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Machine, thisMachine } from '../machine.ts';
import { askUp } from './control-client.ts';
import { dataFolder, type DataFolder } from './data-folder.ts';
import { runUp } from './run-up.ts';
import type { UpStatus } from './status.ts';

const GATEWAY = `
console.log(JSON.stringify({ ready: { http: 1, https: 2, sip: 'sip:127.0.0.1:3', pid: process.pid, firstPasswords: [{ agent: 'a', password: 'secret-1' }] } }));
process.on('SIGTERM', () => process.exit(0));
setInterval(() => {}, 1000);
`;
const CLOUD_SYNC = `
import { createServer } from 'node:http';
createServer((_, reply) => reply.end('{}')).listen(process.argv[process.argv.indexOf('--socket') + 1]);
process.on('SIGTERM', () => process.exit(0));
`;
const WORKERS = "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000);";

let temp: TempDir;
let machine: Machine;
let folder: DataFolder;
let said: string[];
let printed: string[];

beforeEach(() => {
  temp = tempDir();
  const here = thisMachine();
  machine = { ...here, root: join(temp.path, 'project') };
  place('package-lock.json', '{"packages":{"node_modules/mediasoup":{"version":"3.0.0"}}}');
  place('gateway/src/main.ts', GATEWAY);
  place('cloud-sync/src/main.ts', CLOUD_SYNC);
  place('cloud-sync/src/cloud/main.ts', WORKERS);
  place('cloud-sync/src/cloud/provision-cli.ts', '');
  place('package.json', '{"type":"module"}');
  symlinkSync(join(here.root, 'node_modules'), join(machine.root, 'node_modules'));
  folder = dataFolder(machine.root, join(temp.path, 'data'));
  said = [];
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((text: unknown) => void printed.push(String(text)));
});
afterEach(() => {
  vi.restoreAllMocks();
  temp.remove();
});

function place(path: string, text: string): void {
  const file = join(machine.root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function start(more: { cloud?: boolean; json?: boolean; siteFile?: string } = {}): Promise<number> {
  return runUp({ machine, folder, say: (text) => said.push(text), siteFile: undefined, cloud: false, json: false, ...more });
}

const open = (): Promise<void> => vi.waitFor(() => expect(printed).toHaveLength(1), { timeout: 30_000 });
const ask = (method: 'GET' | 'POST', path: string): Promise<UpStatus | undefined> => askUp(folder, method, path);

function siteWith(server: string): string {
  place('site.yaml', JSON.stringify({ cloud: { servers: [server] }, shutdownSeconds: 0 }));
  return join(machine.root, 'site.yaml');
}

describe('up', () => {
  it('prints where to go, answers on its socket, and ends its children in order when asked to stop', async () => {
    const up = start();
    await open();
    expect(printed[0]).toMatch(/http:\/\/localhost:1 .*sip:127\.0\.0\.1:3.*secret-1/s);
    const status = await ask('GET', '/status');
    expect(status).toMatchObject({ running: true, pid: process.pid, site: 'demo', cloud: { kind: 'none' }, ready: { firstPasswords: [] } });
    expect(status?.children.map(({ name, state }) => [name, state])).toEqual([
      ['gateway', 'running'],
      ['cloud-sync', 'running'],
    ]);
    expect(statSync(folder.upSocket).mode & 0o077).toBe(0);
    await ask('POST', '/stop');
    expect(await up).toBe(0);
    expect(await ask('GET', '/status')).toBeUndefined();
    for (const { pid } of status?.children ?? []) expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
  });

  it('prints one line of JSON for a machine', async () => {
    const up = start({ json: true });
    await open();
    expect(JSON.parse(printed[0] ?? '')).toMatchObject({ ready: { sip: 'sip:127.0.0.1:3', control: folder.upSocket, data: folder.path } });
    await ask('POST', '/stop');
    await up;
  });

  it('is one per data folder', async () => {
    const up = start();
    await open();
    await expect(start()).rejects.toMatchObject({ code: 'UP_ALREADY_RUNNING', offending: process.pid });
    await ask('POST', '/stop');
    await up;
  });

  it('shows the last words of a gateway that ends before it is ready, and leaves nothing running', async () => {
    place('gateway/src/main.ts', "console.error('port 5060 is taken'); process.exit(1);");
    place('cloud-sync/src/main.ts', WORKERS); // never opens its socket
    await expect(start()).rejects.toMatchObject({ code: 'UP_GATEWAY_FAILED', message: expect.stringContaining('port 5060 is taken') });
    expect(await ask('GET', '/status')).toBeUndefined();
    expect(said.join('\n')).not.toContain('cloud-sync is not open'); // nor does it wait for what it just ended
  });

  it('can be stopped while it waits for a gateway that never gets ready', async () => {
    place('gateway/src/main.ts', "setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit(0));");
    const up = start();
    await vi.waitFor(async () => expect((await ask('GET', '/status'))?.children[0]?.state).toBe('running'), { timeout: 30_000 });
    await ask('POST', '/stop');
    expect(await up).toBe(0);
    expect(printed).toEqual([]);
  });

  it('starts a gateway again that was killed', async () => {
    const up = start();
    await open();
    const pid = (await ask('GET', '/status'))?.children[0]?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect((await ask('GET', '/status'))?.children[0]).toMatchObject({ state: 'running', restarts: 1 }), {
      timeout: 30_000,
    });
    expect(said.join('\n')).toContain('gateway: ended by SIGKILL');
    await ask('POST', '/stop');
    await up;
  });

  it('plays the cloud on a free port, which can be cut, healed, frozen and thawed', async () => {
    const up = start({ cloud: true, siteFile: siteWith('nats://127.0.0.1:0') });
    await open();
    const server = (await ask('GET', '/status'))?.cloud.server;
    expect(server).toMatch(/^nats:\/\/127\.0\.0\.1:[1-9]\d+$/);
    for (const [act, state] of [
      ['stop', 'stopped'],
      ['start', 'running'],
      ['freeze', 'frozen'],
      ['thaw', 'running'],
    ] as const)
      expect((await ask('POST', `/cloud/${act}`))?.cloud).toEqual({ kind: 'stand-in', state, server });
    for (const file of [folder.siteCredentials, folder.cloudCredentials]) expect(statSync(file).mode & 0o077).toBe(0);
    await ask('POST', '/stop');
    await up;
  });

  it('names the port of the cloud when another program has it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(start({ cloud: true, siteFile: siteWith(`nats://127.0.0.1:${port}`) })).rejects.toMatchObject({
      code: 'UP_CLOUD_PORT_TAKEN',
      offending: port,
    });
    other.close();
  });

  it('wants the credentials of a cloud that is not on this machine', async () => {
    await expect(start({ cloud: true, siteFile: siteWith('tls://cloud.example:4222') })).rejects.toMatchObject({
      code: 'UP_CREDENTIALS_MISSING',
    });
  });

  it('refuses acts on a cloud it does not play', async () => {
    const up = start();
    await open();
    await expect(ask('POST', '/cloud/stop')).rejects.toMatchObject({ code: 'UP_REFUSED', hint: expect.stringContaining('--no-cloud') });
    await expect(ask('POST', '/cloud/burn')).rejects.toMatchObject({ code: 'UP_REFUSED' });
    await ask('POST', '/stop');
    await up;
  });

  it('says that a path is too long for a unix socket before anything is made', async () => {
    folder = dataFolder(machine.root, join(temp.path, 'x'.repeat(120)));
    await expect(start()).rejects.toMatchObject({ code: 'UP_PATH_TOO_LONG' });
  });
});
