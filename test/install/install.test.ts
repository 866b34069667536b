/**
 * An installation as a bank does it: a signed bundle, a playbook over SSH to a bare Debian without internet, a call through it that is
 * answered and recorded, the playbook again, and everything taken away. Long: `./keepline test install`, not part of `./keepline test`.
 * KEEPLINE_BUNDLE names a bundle to test (with its .minisig and .pub beside it) instead of one made here.
 */
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { callAndChoose, CUSTOMER_HZ, hears, talksOn } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { BootedMachine } from '@keepline/testkit/nspawn';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { findProgram } from '@keepline/testkit/program';
import { tonesOnTape } from '@keepline/testkit/recordings';
import { Softphone } from '@keepline/testkit/softphone';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../source-files.ts';

const AGENT_HZ = 620;
const PLAYBOOK_LIMIT_MS = 600_000;
const DATA = '/var/lib/keepline/site';
const run = promisify(execFile);

describe('an installation from a bundle, without internet', () => {
  const work = tempDir();
  const bundle = process.env.KEEPLINE_BUNDLE ?? join(work.path, 'keepline.tar.zst');
  const publicKey = join(work.path, 'keepline.pub');
  let machine: BootedMachine;
  let agent: Softphone;
  let customer: Softphone;
  /** Every path of the machine but its data and what the system writes as it runs. */
  let before: readonly string[];

  beforeAll(async () => {
    if (process.env.KEEPLINE_BUNDLE === undefined) {
      const secretKey = join(work.path, 'keepline.key');
      execFileSync(findProgram('minisign'), ['-G', '-W', '-p', publicKey, '-s', secretKey]);
      await run(join(ROOT, 'keepline'), ['bundle', '--out', bundle, '--key', secretKey], { cwd: ROOT });
    } else copyFileSync(`${bundle}.pub`, publicKey);
    machine = await BootedMachine.boot();
    agent = await Softphone.open(machine.here);
    customer = await Softphone.open(machine.here);
    await writeInventory();
  }, PLAYBOOK_LIMIT_MS);
  afterAll(async () => {
    await agent?.close();
    await customer?.close();
    await machine?.close();
    work.remove();
  }, 60_000);

  it(
    'hardens the machine',
    async () => {
      expect(await playbook('site.yml', '--tags', 'hardening')).toMatchObject({ failed: 0, unreachable: 0 });
      before = await paths();
    },
    PLAYBOOK_LIMIT_MS,
  );

  it(
    'is a plan first: a dry run of the playbook passes and changes nothing',
    async () => {
      expect(await playbook('site.yml', '--check')).toMatchObject({ failed: 0 });
      expect(await paths()).toEqual(before);
    },
    PLAYBOOK_LIMIT_MS,
  );

  it(
    'installs by playbook, and the services are up and apart',
    async () => {
      const outcome = await playbook('site.yml');
      expect(outcome).toMatchObject({ failed: 0, unreachable: 0 });
      expect(outcome.changed).toBeGreaterThan(0);
      expect(await playbook('verify.yml')).toMatchObject({ failed: 0, changed: 0 });
    },
    PLAYBOOK_LIMIT_MS,
  );

  it(
    'changes nothing when it is run again',
    async () => {
      expect(await playbook('site.yml')).toMatchObject({ failed: 0, changed: 0 });
    },
    PLAYBOOK_LIMIT_MS,
  );

  it('keeps cloud-sync away from recordings, keys and main.db, from inside its own sandbox', async () => {
    const pid = (await machine.must('systemctl', 'show', '--property=MainPID', '--value', 'keepline-cloud-sync')).trim();
    const inside = (...command: string[]): Promise<{ status: number }> =>
      machine.run('nsenter', '--target', pid, '--mount', '--', 'runuser', '-u', 'keepline-sync', '--', ...command);
    expect((await inside('test', '-r', '/var/lib/keepline/link/outbox.db')).status).toBe(0);
    for (const path of ['main.db', 'recordings', 'keys', '.']) expect((await inside('ls', join(DATA, path))).status).not.toBe(0);
    expect((await inside('touch', '/etc/made-by-cloud-sync')).status).not.toBe(0);
    // Root in that sandbox sees an empty folder: the separation does not hang on file modes alone.
    const asRoot = await machine.run('nsenter', '--target', pid, '--mount', '--', 'ls', '-A', DATA);
    expect(asRoot.stdout.trim()).toBe('');
  });

  it('answers and records a call from outside', async () => {
    const answered: PhoneCall[] = [];
    agent.onRinging = (call) => void call.answer([AGENT_HZ]).then((talk) => answered.push(talk));
    const site = { place: { sip: { address: machine.address, port: 5060 } } };
    const call = await callAndChoose(customer, site);
    await hears(call, AGENT_HZ);
    const talk = await eventually('the agent has answered', () => answered[0]);
    await hears(talk, CUSTOMER_HZ);
    await talksOn(call, 2000);
    await call.hangup();
    const recording = await eventually('the recording is whole', async () => {
      const list: Array<{ id: string; state: string }> = JSON.parse(await keepline('recordings', 'list', '--data', DATA, '--json'));
      return list.find(({ state }) => state === 'complete');
    });
    await keepline('recordings', 'export', recording.id, '--data', DATA, '--out', `${DATA}/heard.wav`);
    copyFileSync(join(machine.root, DATA, 'heard.wav'), join(work.path, 'heard.wav'));
    const tape = tonesOnTape(join(work.path, 'heard.wav'), CUSTOMER_HZ, AGENT_HZ);
    expect(tape.caller).toBeGreaterThan(0.5);
    expect(tape.agent).toBeGreaterThan(0.5);
  }, 120_000);

  it('keeps the first passwords out of the log', async () => {
    const passwords = await machine.must('cat', `${DATA}/first-passwords.json`);
    const journal = await machine.must('journalctl', '--no-pager', '-u', 'keepline-gateway');
    for (const { password } of JSON.parse(passwords) as Array<{ password: string }>) expect(journal).not.toContain(password);
  });

  it('has a tight sandbox', async () => {
    const score = async (unit: string): Promise<number> =>
      Number(/level for \S+: ([\d.]+)/.exec((await machine.run('systemd-analyze', 'security', '--no-pager', unit)).stdout)?.[1]);
    expect(await score('keepline-gateway')).toBeLessThan(2);
    expect(await score('keepline-cloud-sync')).toBeLessThan(2);
  });

  it('leaves nothing but its data when it is uninstalled, and nothing at all with --purge', async () => {
    await machine.must('keepline', 'uninstall');
    expect(await paths()).toEqual(before);
    expect(await machine.must('cat', '/etc/passwd', '/etc/group')).not.toContain('keepline');
    expect(existsSync(join(machine.root, DATA, 'main.db'))).toBe(true);
    const unpacked = (await machine.must('ls', '/var/lib/keepline/bundles')).trim();
    await machine.must(`/var/lib/keepline/bundles/${unpacked}/keepline`, 'uninstall', '--purge');
    expect(existsSync(join(machine.root, '/var/lib/keepline'))).toBe(false);
  }, 120_000);

  const keepline = (...args: string[]): Promise<string> => machine.must('runuser', '-u', 'keepline', '--', 'keepline', ...args);

  async function paths(): Promise<string[]> {
    const living = [
      '/proc',
      '/sys',
      '/run',
      '/tmp',
      '/var/tmp',
      '/var/log',
      '/var/lib/keepline',
      '/var/lib/systemd',
      '/var/lib/private',
      '/root/.ansible',
      '/dev',
    ];
    const skip = living.flatMap((path) => ['-path', path, '-prune', '-o']);
    return (await machine.must('find', '/', '-xdev', ...skip, '-print')).trim().split('\n').toSorted();
  }

  async function writeInventory(): Promise<void> {
    const listed = execFileSync('tar', ['-I', 'zstd', '-tf', bundle], { encoding: 'utf8', maxBuffer: 1 << 28 });
    const version = /^keepline-([^/]+)\//.exec(listed)?.[1] ?? '';
    const hosts = {
      keepline: {
        hosts: { target: { ansible_host: machine.address, ansible_user: 'root', ansible_ssh_private_key_file: machine.sshKey } },
        vars: {
          ansible_ssh_common_args: '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null',
          ansible_python_interpreter: '/usr/bin/python3',
          keepline_bundle: bundle,
          keepline_version: version,
          keepline_public_key: publicKey,
          base_time_zone_china: false,
          keepline_site: {
            site: 'north',
            network: { address: machine.address },
            sip: { trunks: [{ name: 'carrier', sources: [`${machine.here}/32`] }] },
            cloud: { servers: [] },
            agents: [
              { id: 'phone1', name: 'Phone 1', skills: ['cards'], queues: ['service'], phone: `sip:agent1@${machine.here}:${agent.port}` },
            ],
          },
        },
      },
    };
    writeFileSync(join(work.path, 'inventory.json'), JSON.stringify({ all: { children: hosts } }));
  }

  /** The totals of ansible's recap. @throws Error with all it printed when a task failed */
  async function playbook(name: string, ...args: string[]): Promise<Record<'changed' | 'failed' | 'unreachable', number>> {
    const folder = join(ROOT, 'ansible');
    const env = {
      ...process.env,
      ANSIBLE_CONFIG: join(folder, 'ansible.cfg'),
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_HOME: join(work.path, 'ansible'),
      LC_ALL: 'C.UTF-8',
    };
    const { stdout } = await run(findProgram('ansible-playbook'), ['-i', join(work.path, 'inventory.json'), `playbooks/${name}`, ...args], {
      cwd: folder,
      env,
      maxBuffer: 1 << 26,
    }).catch((fault: { stdout?: string; stderr?: string }) => {
      throw new Error(`${name} failed:\n${fault.stdout}\n${fault.stderr}`);
    });
    const recap = /^target\s*:.*$/m.exec(stdout)?.[0] ?? '';
    const total = (word: string): number => Number(new RegExp(`${word}=(\\d+)`).exec(recap)?.[1]);
    if (args.length === 0 && total('changed') > 0)
      console.log(
        stdout
          .split('\n')
          .filter((line) => /^(TASK|changed)/.test(line))
          .join('\n'),
      );
    return { changed: total('changed'), failed: total('failed'), unreachable: total('unreachable') };
  }
});
