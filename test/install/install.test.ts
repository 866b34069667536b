/**
 * An installation as a bank does it: a signed bundle, a playbook over SSH to a bare Debian without internet, a call through it that is
 * answered and recorded, the playbook again, and everything taken away. Long: `./keepline test install`, not part of `./keepline test`.
 */
import { copyFileSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CUSTOMER_HZ, hears, talksOn } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { tonesOnTape } from '@keepline/testkit/recordings';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { AGENT_HZ, BACKUPS, DATA, House } from './house.ts';
import { Person } from './people.ts';

const PLAYBOOK_LIMIT_MS = 600_000;
const AT_THE_SITE = ['--data', DATA];

describe('an installation from a bundle, without internet', () => {
  let house: House;
  /** Every path of the machine but its data and what the system writes as it runs. */
  let before: readonly string[];
  let recordingId: string;
  /** When the playbook began to install, performance.now(). */
  let beganAtMs: number;

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
      beganAtMs = performance.now();
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
    recordingId = await eventually('the recording is whole', async () => {
      const list: Array<{ id: string; state: string }> = JSON.parse(await house.keepline('recordings', 'list', ...AT_THE_SITE, '--json'));
      return list.find(({ state }) => state === 'complete')?.id;
    });
    expect(recordingId).toMatch(/^rec-/);
    const seconds = Math.round((performance.now() - beganAtMs) / 1000);
    console.log(
      `bundle of ${Math.round(statSync(house.bundle).size / 1e6)} MB to a recorded call, with two more runs of the playbook: ${seconds} s`,
    );
  }, 120_000);

  it('lets the recording out only with the consent of a second person, and it holds both sides', async () => {
    const coded = async (...args: string[]): Promise<Array<{ user: string; code: string }>> =>
      JSON.parse(await house.keepline('users', ...args, ...AT_THE_SITE, '--json')) as Array<{ user: string; code: string }>;
    const made = [...(await coded('init', '--names', 'sys,sec,aud')), ...(await coded('add', 'officer', '--roles', 'compliance_officer'))];
    const person = (id: string): Promise<Person> => Person.enrol(house, id, made.find(({ user }) => user === id)?.code ?? '');
    const [asks, decides] = [await person('officer'), await person('sec')];
    const exportTo = (...more: string[]): Promise<string> =>
      house.keepline('recordings', 'export', recordingId, ...AT_THE_SITE, '--out', `${DATA}/heard.wav`, ...more);
    await expect(exportTo()).rejects.toThrow('APPROVAL_NEEDED');

    const wish = { act: 'recording.export', object: recordingId, params: { as: 'wav' }, purpose: 'complaint of a customer', hours: 1 };
    const { id = '' } = await asks.ask('POST', '/api/approvals', wish);
    await expect(asks.ask('POST', `/api/approvals/${id}/approve`, { reason: 'my own' })).rejects.toThrow('answered 403');
    await expect(exportTo('--approval', id)).rejects.toThrow('APPROVAL_REFUSED');
    await decides.ask('POST', `/api/approvals/${id}/approve`, { reason: 'both at the desk' });
    await exportTo('--approval', id);
    copyFileSync(join(house.machine.root, DATA, 'heard.wav'), join(house.work.path, 'heard.wav'));
    const tape = tonesOnTape(join(house.work.path, 'heard.wav'), CUSTOMER_HZ, AGENT_HZ);
    expect(tape.caller).toBeGreaterThan(0.5);
    expect(tape.agent).toBeGreaterThan(0.5);
  }, 180_000);

  it('speaks, without a voice of its own: its prompts came with the bundle', async () => {
    const [welcome] = await Promise.all([
      house.machine.must('stat', '--format=%s', `${DATA}/prompts/zh/welcome.wav`),
      house.machine.must('cmp', `${DATA}/prompts/zh/welcome.wav`, '/opt/keepline/current/gateway/prompts/zh/welcome.wav'),
    ]);
    expect(Number(welcome)).toBeGreaterThan(16_000); // two seconds; a signal is shorter
    expect((await house.machine.run('sh', '-c', 'command -v espeak-ng')).status).not.toBe(0);
  });

  it('is well by its own doctor, who calls its echo', async () => {
    const { stdout } = await house.machine.run('keepline', 'doctor', '--json');
    const { findings } = JSON.parse(stdout) as { findings: Array<{ check: string; verdict: string; found: string }> };
    const echo = findings.find(({ check }) => check === 'loopback call');
    console.log(`doctor: ${echo?.verdict}, ${echo?.found}`);
    expect(echo?.found).toMatch(/^MOS [1-4]\.\d\d: answered after/);
    // The machine of a test may be too busy for a good score, and has no time server: nothing else may fail.
    expect(findings.filter(({ check, verdict }) => verdict === 'fail' && check !== 'loopback call')).toEqual([]);
  }, 120_000);

  it('keeps the first passwords out of the log', async () => {
    const passwords = await house.machine.must('cat', `${DATA}/first-passwords.json`);
    const journal = await house.machine.must('journalctl', '--no-pager', '-u', 'keepline-gateway');
    for (const { password } of JSON.parse(passwords) as Array<{ password: string }>) expect(journal).not.toContain(password);
  });

  it('has a tight sandbox', async () => {
    const score = async (unit: string): Promise<number> =>
      Number(/level for \S+: ([\d.]+)/.exec((await house.machine.run('systemd-analyze', 'security', '--no-pager', unit)).stdout)?.[1]);
    const scores = { gateway: await score('keepline-gateway'), cloudSync: await score('keepline-cloud-sync') };
    console.log(`systemd-analyze security: ${JSON.stringify(scores)}`);
    for (const unit of ['keepline-gateway', 'keepline-cloud-sync']) expect(await house.faultsOfUnit(unit)).toBe('');
    expect(scores.gateway).toBeLessThan(2);
    expect(scores.cloudSync).toBeLessThan(2);
  });

  it('is backed up as it runs, keys included, to a disk of its own', async () => {
    const site = ['--site', '/etc/keepline/site.yaml'];
    const made: { id: string } = JSON.parse(await house.keepline('backup', 'run', '--with-keys', ...AT_THE_SITE, ...site, '--json'));
    expect(await house.keepline('backup', 'verify', made.id, ...AT_THE_SITE, ...site)).toContain(made.id);
    copyFileSync(join(house.machine.root, DATA, 'keys/audit.verifier'), join(house.work.path, 'audit.verifier'));
  }, 120_000);

  it('leaves nothing but its data when it is uninstalled, and nothing at all with --purge', async () => {
    await house.machine.must('keepline', 'uninstall');
    expect(await paths()).toEqual(before);
    expect(await house.machine.must('cat', '/etc/passwd', '/etc/group')).not.toContain('keepline');
    expect(existsSync(join(house.machine.root, DATA, 'main.db'))).toBe(true);
    const unpacked = (await house.machine.must('ls', '/var/lib/keepline/bundles')).trim();
    await house.machine.must(`/var/lib/keepline/bundles/${unpacked}/keepline`, 'uninstall', '--purge');
    expect(existsSync(join(house.machine.root, '/var/lib/keepline'))).toBe(false);
  }, 120_000);

  it(
    'comes back from its backup on a machine that is clean, and takes the next call there',
    async () => {
      const { machine, version, work } = house;
      const put = (name: string, text: string): void => writeFileSync(join(machine.root, 'root', name), text, { mode: 0o600 });
      copyFileSync(house.bundle, join(machine.root, 'root/bundle'));
      copyFileSync(join(work.path, 'audit.verifier'), join(machine.root, 'root/audit.verifier'));
      put('backup.identity', `${house.backupIdentity}\n`);
      await machine.must('tar', '-I', 'zstd', '-xf', '/root/bundle', '-C', '/root');
      const keepline = `/root/keepline-${version}/keepline`;
      await machine.must('mkdir', '-p', '/var/lib/keepline');
      const keys = ['--identity', '/root/backup.identity', '--verifier', '/root/audit.verifier'];
      await machine.must(keepline, 'restore', '--from', BACKUPS, ...keys, ...AT_THE_SITE);
      // What had not left for the cloud lies in the folder shared with cloud-sync.
      await machine.must('mkdir', '-p', '/var/lib/keepline/link');
      await machine.must('mv', `${DATA}/outbox.db`, '/var/lib/keepline/link/');
      expect(await machine.must('cat', `${DATA}/beside/site.yaml`)).toContain('site: north');
      put('site.yaml', stringify(house.site));
      await machine.must(keepline, 'install', '--site', '/root/site.yaml');
      await house.keepline('audit', 'verify', ...AT_THE_SITE);
      expect(await house.keepline('recordings', 'list', ...AT_THE_SITE)).toContain(recordingId);
      const { parts } = JSON.parse(await house.read('http://127.0.0.1:8080/api/health')) as { parts: Record<string, string> };
      expect(parts).toMatchObject({ ledger: 'ok', audit: 'ok', recorder: 'ok' });
      await (await house.talk()).hangup();
    },
    PLAYBOOK_LIMIT_MS,
  );

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
