/** What tests of installing share: a booted machine with two phones on its cable, the inventory that names it, playbooks run against it. */
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newIdentity, recipientOf } from '@keepline/compliance/age';
import { APPROVAL_ACTS } from '@keepline/contracts/approvals';
import { callAndChoose, hears } from '@keepline/testkit/customer';
import { BootedMachine } from '@keepline/testkit/nspawn';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { findProgram } from '@keepline/testkit/program';
import { Softphone } from '@keepline/testkit/softphone';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { ROOT } from '../source-files.ts';
import type { NextBundle } from './next-bundle.ts';

const run = promisify(execFile);
export const AGENT_HZ = 620;
export const DATA = '/var/lib/keepline/site';
/** Outside the data, so that the sandbox of the gateway has to be opened for it. */
export const BACKUPS = '/srv/keepline-backup';

export class House {
  readonly machine: BootedMachine;
  readonly agent: Softphone;
  readonly customer: Softphone;
  readonly work: TempDir;
  readonly bundle: string;
  readonly publicKey: string;
  readonly secretKey: string;
  readonly version: string;
  /** Opens the backups; at a bank it lies in a safe. */
  readonly backupIdentity: string;
  readonly #recipient: string;

  private constructor(facts: Pick<House, 'machine' | 'agent' | 'customer' | 'work' | 'bundle' | 'backupIdentity'>, recipient: string) {
    this.machine = facts.machine;
    this.agent = facts.agent;
    this.customer = facts.customer;
    this.work = facts.work;
    this.bundle = facts.bundle;
    this.backupIdentity = facts.backupIdentity;
    this.publicKey = join(facts.work.path, 'keepline.pub');
    this.secretKey = join(facts.work.path, 'keepline.key');
    const listed = execFileSync('tar', ['-I', 'zstd', '-tf', facts.bundle], { encoding: 'utf8', maxBuffer: 1 << 28 });
    this.version = /^keepline-([^/]+)\//.exec(listed)?.[1] ?? '';
    this.#recipient = recipient;
  }

  /**
   * A machine without Keepline, and the bundle: the one KEEPLINE_BUNDLE names (with .minisig, .pub and .key beside it), else one made here.
   * @param also Debian packages that are on it beside those of every machine
   */
  static async open(also: readonly string[] = []): Promise<House> {
    const work = tempDir();
    const given = process.env.KEEPLINE_BUNDLE;
    const bundle = given ?? join(work.path, 'keepline.tar.zst');
    const [publicKey, secretKey] = [join(work.path, 'keepline.pub'), join(work.path, 'keepline.key')];
    if (given === undefined) {
      execFileSync(findProgram('minisign'), ['-G', '-W', '-p', publicKey, '-s', secretKey]);
      await run(join(ROOT, 'keepline'), ['bundle', '--out', bundle, '--key', secretKey], { cwd: ROOT });
    } else {
      copyFileSync(`${given}.pub`, publicKey);
      copyFileSync(`${given}.key`, secretKey);
    }
    const machine = await BootedMachine.boot(also);
    const [agent, customer] = [await Softphone.open(machine.here), await Softphone.open(machine.here)];
    agent.onRinging = (ringing) => void ringing.answer([AGENT_HZ]);
    const backupIdentity = await newIdentity();
    const house = new House({ machine, agent, customer, work, bundle, backupIdentity }, await recipientOf(backupIdentity));
    house.name({ file: bundle, version: house.version });
    return house;
  }

  async close(): Promise<void> {
    await this.agent.close();
    await this.customer.close();
    await this.machine.close();
    this.work.remove();
  }

  readonly keepline = (...args: string[]): Promise<string> => this.machine.must('runuser', '-u', 'keepline', '--', 'keepline', ...args);

  /** What a door on the loopback address answers; Debian's minimal install has neither curl nor wget. */
  read(url: string): Promise<string> {
    return this.machine.must('python3', '-c', `import urllib.request as u; print(u.urlopen("${url}").read().decode())`);
  }

  /** What systemd has to say against a unit; it ends well even where it does not know a key. */
  async faultsOfUnit(unit: string): Promise<string> {
    const { stdout, stderr } = await this.machine.run('systemd-analyze', 'verify', '--no-pager', `/etc/systemd/system/${unit}.service`);
    return `${stdout}${stderr}`.trim();
  }

  /** A call from outside that its agent has answered; the agent may still be wrapping up the one before. */
  async talk(): Promise<PhoneCall> {
    const call = await callAndChoose(this.customer, { place: { sip: this.#door } });
    await hears(call, AGENT_HZ, 60_000);
    return call;
  }

  /** Is a new call answered 503? One that slips in is ended. */
  async refuses(): Promise<boolean> {
    const late = await this.customer.place(this.#door, '95000');
    await late.answered.then(() => late.hangup()).catch(() => {});
    return late.status === 503;
  }

  /** The versions the links name. */
  async running(): Promise<{ current: string; previous: string }> {
    const link = async (name: string): Promise<string> => (await this.machine.must('readlink', `/opt/keepline/${name}`)).trim();
    return { current: await link('current'), previous: await link('previous') };
  }

  get #door(): { address: string; port: number } {
    return { address: this.machine.address, port: 5060 };
  }

  get site(): object {
    const { here, address } = this.machine;
    return {
      site: 'north',
      network: { address },
      sip: { trunks: [{ name: 'carrier', sources: [`${here}/32`] }] },
      cloud: { servers: [] },
      queues: [{ name: 'service', wrapUpSeconds: 5 }],
      backup: { folder: BACKUPS, recipient: this.#recipient },
      identity: { fourEyes: [...APPROVAL_ACTS] },
      agents: [{ id: 'phone1', name: 'Phone 1', skills: ['cards'], queues: ['service'], phone: `sip:agent1@${here}:${this.agent.port}` }],
    };
  }

  /** Writes the inventory: from now on this is the version that is asked for. @param more variables of the roles */
  name(wanted: NextBundle, more: object = {}): void {
    const { machine, publicKey } = this;
    const hosts = {
      keepline: {
        hosts: { target: { ansible_host: machine.address, ansible_user: 'root', ansible_ssh_private_key_file: machine.sshKey } },
        vars: {
          ansible_ssh_common_args: '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null',
          ansible_python_interpreter: '/usr/bin/python3',
          keepline_bundle: wanted.file,
          keepline_version: wanted.version,
          keepline_public_key: publicKey,
          base_time_zone_china: false,
          keepline_site: this.site,
          ...more,
        },
      },
      keepline_hub: { hosts: { target: {} } },
    };
    writeFileSync(join(this.work.path, 'inventory.json'), JSON.stringify({ all: { children: hosts } }));
  }

  /** The totals of ansible's recap. @throws Error with all it printed when a task failed */
  async playbook(name: string, ...args: string[]): Promise<Record<'changed' | 'failed' | 'unreachable', number>> {
    const folder = join(ROOT, 'ansible');
    const env = {
      ...process.env,
      ANSIBLE_CONFIG: join(folder, 'ansible.cfg'),
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_HOME: join(this.work.path, 'ansible'),
      LC_ALL: 'C.UTF-8',
    };
    const command = ['-i', join(this.work.path, 'inventory.json'), `playbooks/${name}`, ...args];
    const { stdout } = await run(findProgram('ansible-playbook'), command, { cwd: folder, env, maxBuffer: 1 << 26 }).catch(
      (fault: { stdout?: string; stderr?: string }) => {
        throw new Error(`${name} failed:\n${fault.stdout}\n${fault.stderr}`);
      },
    );
    const recap = /^target\s*:.*$/m.exec(stdout)?.[0] ?? '';
    const total = (word: string): number => Number(new RegExp(`${word}=(\\d+)`).exec(recap)?.[1]);
    return { changed: total('changed'), failed: total('failed'), unreachable: total('unreachable') };
  }
}
