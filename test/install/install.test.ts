/**
 * An installation as a bank does it: a signed bundle, a playbook over SSH to a bare Debian without internet, a call through it that is
 * answered and recorded, the playbook again, and everything taken away. Long: `./keepline test install`, not part of `./keepline test`.
 */
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { CUSTOMER_HZ, hears, talksOn } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { tonesOnTape } from '@keepline/testkit/recordings';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AGENT_HZ, BACKUPS, DATA, House } from './house.ts';

const PLAYBOOK_LIMIT_MS = 600_000;

describe('an installation from a bundle, without internet', () => {
  let house: House;
  /** Every path of the machine but its data and what the system writes as it runs. */
  let before: readonly string[];

  beforeAll(async () => {
    house = await House.open();
  }, PLAYBOOK_LIMIT_MS);
  afterAll(() => house?.close(), 120_000);

  it(
    'hardens the machine',
    async () => {
      expect(await house.playbook('site.yml', '--tags', 'hardening')).toMatchObject({ failed: 0, unreachable: 0 });
      before = await paths();
    },
    PLAYBOOK_LIMIT_MS,
  );

  it(
    'is a plan first: a dry run of the playbook passes and changes nothing',
    async () => {
      expect(await house.playbook('site.yml', '--check')).toMatchObject({ failed: 0 });
      expect(await paths()).toEqual(before);
    },
    PLAYBOOK_LIMIT_MS,
  );

  it(
    'installs by playbook, and the services are up and apart',
    async () => {
      const outcome = await house.playbook('site.yml');
      expect(outcome).toMatchObject({ failed: 0, unreachable: 0 });
      expect(outcome.changed).toBeGreaterThan(0);
      expect(await house.playbook('verify.yml')).toMatchObject({ failed: 0, changed: 0 });
    },
    PLAYBOOK_LIMIT_MS,
  );

  it(
    'changes nothing when it is run again',
    async () => {
      expect(await house.playbook('site.yml')).toMatchObject({ failed: 0, changed: 0 });
    },
    PLAYBOOK_LIMIT_MS,
  );

  it('keeps cloud-sync away from recordings, keys and main.db, from inside its own sandbox', async () => {
    const pid = (await house.machine.must('systemctl', 'show', '--property=MainPID', '--value', 'keepline-cloud-sync')).trim();
    const inside = (...command: string[]): Promise<{ status: number }> =>
      house.machine.run('nsenter', '--target', pid, '--mount', '--', 'runuser', '-u', 'keepline-sync', '--', ...command);
    expect((await inside('test', '-r', '/var/lib/keepline/link/outbox.db')).status).toBe(0);
    for (const path of ['main.db', 'recordings', 'keys', '.']) expect((await inside('ls', join(DATA, path))).status).not.toBe(0);
    expect((await inside('touch', '/etc/made-by-cloud-sync')).status).not.toBe(0);
    // Root in that sandbox sees an empty folder: the separation does not hang on file modes alone.
    const asRoot = await house.machine.run('nsenter', '--target', pid, '--mount', '--', 'ls', '-A', DATA);
    expect(asRoot.stdout.trim()).toBe('');
  });

  it('answers and records a call from outside', async () => {
    const answered: PhoneCall[] = [];
    house.agent.onRinging = (ringing) => void ringing.answer([AGENT_HZ]).then((answer) => answered.push(answer));
    const call = await house.talk();
    const talking = await eventually('the agent has answered', () => answered[0]);
    await hears(talking, CUSTOMER_HZ);
    await talksOn(call, 2000);
    await call.hangup();
    const recording = await eventually('the recording is whole', async () => {
      const list: Array<{ id: string; state: string }> = JSON.parse(await house.keepline('recordings', 'list', '--data', DATA, '--json'));
      return list.find(({ state }) => state === 'complete');
    });
    await house.keepline('recordings', 'export', recording.id, '--data', DATA, '--out', `${DATA}/heard.wav`);
    copyFileSync(join(house.machine.root, DATA, 'heard.wav'), join(house.work.path, 'heard.wav'));
    const tape = tonesOnTape(join(house.work.path, 'heard.wav'), CUSTOMER_HZ, AGENT_HZ);
    expect(tape.caller).toBeGreaterThan(0.5);
    expect(tape.agent).toBeGreaterThan(0.5);
  }, 120_000);

  it('keeps the first passwords out of the log', async () => {
    const passwords = await house.machine.must('cat', `${DATA}/first-passwords.json`);
    const journal = await house.machine.must('journalctl', '--no-pager', '-u', 'keepline-gateway');
    for (const { password } of JSON.parse(passwords) as Array<{ password: string }>) expect(journal).not.toContain(password);
  });

  it('has a tight sandbox', async () => {
    const score = async (unit: string): Promise<number> =>
      Number(/level for \S+: ([\d.]+)/.exec((await house.machine.run('systemd-analyze', 'security', '--no-pager', unit)).stdout)?.[1]);
    expect(await score('keepline-gateway')).toBeLessThan(2);
    expect(await score('keepline-cloud-sync')).toBeLessThan(2);
  });

  it('leaves nothing but its data when it is uninstalled, and nothing at all with --purge', async () => {
    await house.machine.must('keepline', 'uninstall');
    expect(await paths()).toEqual(before);
    expect(await house.machine.must('cat', '/etc/passwd', '/etc/group')).not.toContain('keepline');
    expect(existsSync(join(house.machine.root, DATA, 'main.db'))).toBe(true);
    const unpacked = (await house.machine.must('ls', '/var/lib/keepline/bundles')).trim();
    await house.machine.must(`/var/lib/keepline/bundles/${unpacked}/keepline`, 'uninstall', '--purge');
    expect(existsSync(join(house.machine.root, '/var/lib/keepline'))).toBe(false);
  }, 120_000);

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
      BACKUPS,
      '/dev',
    ];
    const skip = living.flatMap((path) => ['-path', path, '-prune', '-o']);
    return (await house.machine.must('find', '/', '-xdev', ...skip, '-print')).trim().split('\n').toSorted();
  }
});
