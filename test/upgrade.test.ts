/**
 * Versions changed under a real gateway process with a call in progress: the call ends by itself, new ones are answered 503, the next version
 * takes over; one that does not pass its gate is taken back together with the database it had changed; so is one on order.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callAndChoose, hears } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { freeTcpPort, freeUdpPort, siteRtpRange } from '@keepline/testkit/free-port';
import { writeShortFlow } from '@keepline/testkit/short-flow';
import { Softphone } from '@keepline/testkit/softphone';
import { tempDir } from '@keepline/testkit/temp-dir';
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { healthAt } from '../installer/src/install/await-health.ts';
import { type Appliance, changeVersion } from '../installer/src/upgrade/change-version.ts';
import { InstalledVersions } from '../installer/src/upgrade/installed-versions.ts';
import { ROOT } from './source-files.ts';

const AGENT_HZ = 620;
const GATE_MS = 120_000;

/** A version that is this tree but for its gateway, whose files are its own and some tables more. */
function makeVersion(
  folder: string,
  name: string,
  { tables, harm = '' }: { readonly tables: readonly string[]; readonly harm?: string },
): void {
  const version = join(folder, name);
  mkdirSync(version);
  for (const entry of readdirSync(ROOT)) if (entry !== 'gateway' && entry !== 'var') symlinkSync(join(ROOT, entry), join(version, entry));
  cpSync(join(ROOT, 'gateway/src'), join(version, 'gateway/src'), { recursive: true });
  cpSync(join(ROOT, 'gateway/package.json'), join(version, 'gateway/package.json'));
  const families = join(version, 'gateway/src/store/tables/all.ts');
  const text = readFileSync(families, 'utf8');
  const more = tables.map((table) => `  { name: '${table}', statements: ['CREATE TABLE ${table} (word TEXT) STRICT'] },\n`);
  const changed = text.replace(/\n\];\s*$/, `\n${more.join('')}];\n`);
  expect(changed).not.toBe(text);
  writeFileSync(families, changed);
  const main = join(version, 'gateway/src/main.ts');
  const start = '  const { log, store, events, onFault } = ground;\n';
  expect(readFileSync(main, 'utf8')).toContain(start);
  writeFileSync(main, readFileSync(main, 'utf8').replace(start, `${start}${harm}`));
}

/** The gateway of the version the link names, as one process: what systemd does on an installed machine. */
class OneProcess implements Appliance {
  readonly #versions: InstalledVersions;
  readonly #folder: string;
  readonly #data: string;
  readonly #health: string;
  #running: ChildProcess | undefined;

  constructor(folder: string, data: string, httpPort: number) {
    this.#folder = folder;
    this.#versions = new InstalledVersions(folder);
    this.#data = data;
    this.#health = `http://127.0.0.1:${httpPort}/api/health`;
  }

  current = (): string | undefined => this.#versions.current();
  previous = (): string | undefined => this.#versions.previous();
  isServing = (): boolean => this.#running?.exitCode === null;
  remember = (version: string | undefined): void => this.#versions.remember(version);
  point = (version: string): void => this.#versions.point(version);

  async stop(): Promise<void> {
    const child = this.#running;
    this.#running = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }

  async start(): Promise<void> {
    const script = join(this.#folder, 'current/gateway/src/main.ts');
    const child = spawn(process.execPath, [script, '--site', join(this.#data, 'site.yaml'), '--data', this.#data], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#running = child;
    let said = '';
    child.stderr.on('data', (piece: Buffer) => (said = `${said}${piece.toString()}`.slice(-2000)));
    const look = async (): Promise<string | undefined> =>
      child.exitCode === null ? await healthAt(this.#health) : `ended with ${child.exitCode}`;
    const status = await eventually('the health gate', async () => (await look())?.replace(/^down$/, ''), GATE_MS);
    if (status.startsWith('ended')) throw new Error(`${status}: ${said}`);
  }

  async putDatabaseBack(version: string): Promise<string> {
    const script = join(this.#versions.path(version), 'gateway/src/restore-point-cli.ts');
    return execFileSync(process.execPath, [script, '--data', this.#data], { encoding: 'utf8' }).trim();
  }
}

describe('an upgrade with a call in progress', () => {
  it('drains, switches, rolls back what fails, and goes back on order', { timeout: 480_000 }, async () => {
    const work = tempDir();
    const [folder, data] = [join(work.path, 'versions'), join(work.path, 'site')];
    for (const path of [folder, data]) mkdirSync(path);
    symlinkSync(ROOT, join(folder, '1.0.0'));
    makeVersion(folder, '1.1.0', { tables: ['made_by_1_1'] });
    makeVersion(folder, '1.2.0', {
      tables: ['made_by_1_1', 'made_by_1_2'],
      harm: "  if (log) throw new KeeplineError('BROKEN', 'planted', { hint: 'none' });\n",
    });
    const [phone, agent] = [await Softphone.open(), await Softphone.open()];
    agent.onRinging = (call) => void call.answer([AGENT_HZ]);
    writeShortFlow(data);
    const [httpPort, rtpPortMin] = [await freeTcpPort(), siteRtpRange(400)];
    const sip = { address: '127.0.0.1', port: await freeUdpPort() };
    const site = {
      network: { address: sip.address },
      sip: { port: sip.port },
      web: { httpPort, httpsPort: await freeTcpPort() },
      media: { rtpPortMin, rtpPortMax: rtpPortMin + 399, webRtcPort: await freeUdpPort() },
      queues: [{ name: 'service', wrapUpSeconds: 5 }],
      shutdownSeconds: 60,
      overload: { loopDelayMs: 10_000, edgeLateMs: 10_000 }, // calls are sent away for the upgrade alone
      agents: [{ id: 'phone1', name: 'Phone 1', skills: ['cards'], queues: ['service'], phone: `sip:agent1@127.0.0.1:${agent.port}` }],
    };
    writeFileSync(join(data, 'site.yaml'), stringify(site));
    const appliance = new OneProcess(folder, data, httpPort);
    const said: string[] = [];
    const say = (text: string): void => void said.push(text);
    const talk = async () => {
      const call = await callAndChoose(phone, { place: { sip } });
      await hears(call, AGENT_HZ, 60_000); // the agent may still be wrapping up the call before
      return call;
    };
    try {
      appliance.point('1.0.0');
      await appliance.start();
      const call = await talk();
      const upgrade = changeVersion('1.1.0', appliance, { back: false, say });
      await eventually('new calls are sent elsewhere', async () => {
        const late = await phone.place(sip, '95000');
        await late.answered.then(() => late.hangup()).catch(() => {}); // the first may slip in before the signal arrives
        return late.status === 503;
      });
      call.line.forget();
      await hears(call, AGENT_HZ);
      await call.hangup();
      expect(await upgrade).toEqual({ from: '1.0.0', to: '1.1.0' });
      await (await talk()).hangup();

      await expect(changeVersion('1.2.0', appliance, { back: false, say })).rejects.toMatchObject({
        code: 'UPGRADE_ROLLED_BACK',
        message: expect.stringContaining('planted'),
      });
      expect(appliance.current()).toBe('1.1.0');
      expect(said.join('\n')).toMatch(/main-\S+\.db is in place of the database/);
      await (await talk()).hangup();

      await changeVersion('1.0.0', appliance, { back: true, say });
      expect(appliance.current()).toBe('1.0.0');
      await (await talk()).hangup();
    } finally {
      await appliance.stop();
      await phone.close();
      await agent.close();
      work.remove();
    }
  });
});
