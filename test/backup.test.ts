/**
 * A backup of a site with a call in progress, a copy of it in another building over a real sshd, and the site put back from that copy: audit
 * log, ledger, databases and recordings hold there. A wrong key, a cut part and a changed list leave the target as it was.
 */
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newIdentity, recipientOf } from '@keepline/compliance/age';
import { openKeyStore } from '@keepline/compliance/keys';
import { systemClock as clock } from '@keepline/contracts/clock';
import { callAndChoose, CUSTOMER_HZ, hears, talksOn } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { freeTcpPort } from '@keepline/testkit/free-port';
import { exportRecording, listRecordings, tonesOnTape } from '@keepline/testkit/recordings';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, staffedSite } from '@keepline/testkit/staffed-site';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchLedger } from '../gateway/src/journeys/ledger-watch.ts';
import { Store } from '../gateway/src/store/store.ts';
import { allTables } from '../gateway/src/store/tables/all.ts';
import { ROOT } from './source-files.ts';

const command = promisify(execFile);
const CLI = join(ROOT, 'gateway/src/backup-cli.ts');
interface Head {
  readonly id: string;
  readonly writtenParts: number;
  readonly offsite?: { readonly backups: number; readonly parts: number };
}

describe('backup and restore', () => {
  const work = tempDir();
  const at = (...names: string[]): string => join(work.path, ...names);
  const place = at('backups');
  const [identity, other] = [at('backup.identity'), at('other.identity')];
  let recipient: string;
  let verifier: string;
  let recordingId: string;
  let first: Head;
  let second: Head;

  const backup = async (...args: string[]): Promise<Head> =>
    JSON.parse((await command(process.execPath, [CLI, 'run', '--json', ...args])).stdout);
  const restore = (from: string, target: string, key = identity): { status: number | null; said: string } => {
    const given = ['restore', '--from', from, '--identity', key, '--verifier', verifier, '--data', target];
    const { status, stderr } = spawnSync(process.execPath, [CLI, ...given], { encoding: 'utf8' });
    return { status, said: stderr };
  };

  beforeAll(async () => {
    for (const file of [identity, other]) writeFileSync(file, `# made for a test\n${await newIdentity()}\n`, { mode: 0o600 });
    recipient = await recipientOf(readFileSync(identity, 'utf8').split('\n')[1] ?? '');
    const house = await staffedSite(1);
    const phone = await Softphone.open();
    const { data } = house.site.place;
    try {
      const done = await callAndChoose(phone, house.site);
      await hears(done, PHONE_AGENT_HZ);
      await talksOn(done, 1500);
      await done.hangup();
      recordingId = await eventually(
        'the recording is whole',
        async () => (await listRecordings(data)).find(({ state }) => state === 'complete')?.id,
      );
      first = await backup('--data', data, '--to', place, '--recipient', recipient, '--with-keys');
      await eventually('the agent is free again', async () => {
        const call = await callAndChoose(phone, house.site);
        return hears(call, PHONE_AGENT_HZ).then(() => call);
      });
      second = await backup('--data', data, '--to', place, '--recipient', recipient, '--with-keys', '--keep', '2');
      verifier =
        readFileSync(join(data, 'keys/audit.verifier'), 'utf8')
          .split('\n')
          .find((line) => line.startsWith('keepline/')) ?? '';
    } finally {
      await phone.close();
      await house.close();
    }
  }, 180_000);
  afterAll(() => work.remove());

  it('sends what changed only: a recording that was there is not sealed again', () => {
    expect(second.writtenParts).toBeLessThan(first.writtenParts);
    expect(readdirSync(join(place, 'backups')).filter((name) => name.endsWith('.note'))).toHaveLength(2);
  });

  it('puts the site back elsewhere: audit log, ledger and recordings hold', async () => {
    const target = at('elsewhere/site');
    mkdirSync(at('elsewhere'));
    expect(restore(place, target)).toEqual({ status: 0, said: '' });
    await command(process.execPath, [join(ROOT, 'compliance/src/audit-cli.ts'), 'verify', '--data', target]);
    expect((await listRecordings(target)).map(({ state }) => state)).toContain('complete');
    const tape = tonesOnTape(await exportRecording(target, recordingId, at('elsewhere')), CUSTOMER_HZ, PHONE_AGENT_HZ);
    expect(tape.agent).toBeGreaterThan(0.5);
    const store = await Store.open(join(target, 'main.db'), allTables);
    const faults: unknown[] = [];
    const watch = watchLedger({ store, clock, alarm: (fault) => faults.push(fault), onFault: (fault) => faults.push(fault) });
    await watch.check();
    watch.stop();
    await store.close();
    expect(faults).toEqual([]);
  });

  it('is nothing when it is killed in the middle; the next one is whole and takes away what was left', async () => {
    const [data, to] = [at('elsewhere/site'), at('killed')];
    writeFileSync(join(data, 'recordings/large.bin'), randomBytes(40 * 1024 * 1024)); // so that there is a middle
    const args = ['run', '--json', '--data', data, '--to', to, '--recipient', recipient];
    const child = spawn(process.execPath, [CLI, ...args], { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('close', (_code, signal) => resolve(signal)));
    const parts = (): string[] => readdirSync(to, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.age'));
    await eventually('the first part is there', () => existsSync(to) && parts().length > 0, 30_000);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    const left = (): string[] => readdirSync(join(data, 'backup')).filter((name) => name.startsWith('snapshot-'));
    expect(left()).toHaveLength(1);
    expect(JSON.parse((await command(process.execPath, [CLI, 'list', '--json', '--data', data, '--from', to])).stdout)).toEqual([]);

    await command(process.execPath, [CLI, ...args]);
    expect(left()).toEqual([]);
    await command(process.execPath, [CLI, 'verify', '--data', data, '--from', to]);
    rmSync(join(data, 'recordings/large.bin'));
  }, 120_000);

  it('opens with the stock age tool: it needs no Keepline to get at the data', () => {
    const part = readdirSync(join(place, 'objects'), { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.age')) ?? '';
    const plain = execFileSync('age', ['--decrypt', '--identity', identity, join(place, 'objects', part)]);
    expect(plain.length).toBeGreaterThan(0);
  });

  it('leaves keys out unless it is told, and such a site does not start with new ones', async () => {
    const without = at('without-keys');
    await backup('--data', at('elsewhere/site'), '--to', without, '--recipient', recipient);
    expect(restore(without, at('keyless'))).toEqual({ status: 0, said: '' });
    expect(readdirSync(at('keyless/keys')).toSorted()).toEqual(['audit.verifier', 'recording.recipient']);
    expect(existsSync(at('keyless/first-passwords.json'))).toBe(false);
    await expect(openKeyStore(at('keyless/keys'), { site: 'demo', clock })).rejects.toMatchObject({ code: 'KEY_FILE_INVALID' });
  });

  /** The largest part the newest backup needs. */
  const largest = (from: string): string => {
    const lines = readFileSync(join(from, 'backups', `${second.id}.list`), 'utf8')
      .trimEnd()
      .split('\n');
    const names = lines.flatMap((line) =>
      (JSON.parse(line) as { parts: Array<{ sealedSha256: string }> }).parts.map(({ sealedSha256 }) => sealedSha256),
    );
    const paths = names.map((name) => join(from, 'objects', name.slice(0, 2), `${name}.age`));
    return paths.toSorted((a, b) => statSync(b).size - statSync(a).size)[0] ?? '';
  };

  it.each([
    { how: 'with another identity', code: 'BACKUP_KEY_WRONG', key: other, harm: () => {} },
    { how: 'when a part is cut', code: 'BACKUP_DAMAGED', key: identity, harm: (from: string) => truncateSync(largest(from), 1000) },
    { how: 'when a part is missing', code: 'BACKUP_DAMAGED', key: identity, harm: (from: string) => rmSync(largest(from)) },
    {
      how: 'when the list names a place outside the folder',
      code: 'BACKUP_INVALID',
      key: identity,
      harm: (from: string) =>
        appendFileSync(join(from, 'backups', `${second.id}.list`), '{"path":"../../etc/cron.d/x","bytes":0,"mtimeMs":0,"parts":[]}\n'),
    },
    {
      how: 'when the signed head was changed',
      code: 'BACKUP_INVALID',
      key: identity,
      harm(from: string) {
        const note = join(from, 'backups', `${second.id}.note`);
        writeFileSync(note, readFileSync(note, 'utf8').replace('keys yes', 'keys no'));
      },
    },
  ])('leaves the target as it was $how: $code', ({ code, key, harm }) => {
    const from = at('harmed');
    rmSync(from, { recursive: true, force: true });
    cpSync(place, from, { recursive: true });
    harm(from);
    const { status, said } = restore(from, at('refused'), key);
    expect(said).toContain(code);
    expect(status).toBe(1);
    expect(existsSync(at('refused'))).toBe(false);
    expect(readdirSync(work.path).filter((name) => name.includes('restoring'))).toEqual([]);
  });

  it('never writes over data', () => {
    mkdirSync(at('full'));
    writeFileSync(at('full/main.db'), 'mine');
    expect(restore(place, at('full')).said).toContain('RESTORE_TARGET_NOT_EMPTY');
    expect(readFileSync(at('full/main.db'), 'utf8')).toBe('mine');
  });

  it('goes to another building over sftp, a part once, and is whole when it is fetched from there', { timeout: 180_000 }, async () => {
    const sshd = await startSshd(at('sshd'));
    try {
      const data = at('elsewhere/site');
      const offsite = {
        address: `${userInfo().username}@127.0.0.1`,
        port: sshd.port,
        folder: at('far'),
        identityFile: sshd.identity,
        knownHosts: sshd.knownHosts,
      };
      mkdirSync(at('far'));
      const settings = at('offsite.yaml');
      writeFileSync(settings, JSON.stringify({ backup: { folder: place, recipient, withKeys: true, keep: 2, offsite } }));
      const third = await backup('--data', data, '--site', settings);
      expect(third.offsite?.backups).toBe(2);
      const fourth = await backup('--data', data, '--site', settings);
      expect(fourth.offsite?.backups).toBe(1);
      expect(fourth.offsite?.parts).toBeLessThan(third.offsite?.parts ?? 0);
      expect(readdirSync(at('far/backups')).filter((name) => name.endsWith('.note'))).toHaveLength(2);
      expect(restore(at('far'), at('from-far'))).toEqual({ status: 0, said: '' });
      writeFileSync(settings, JSON.stringify({ backup: { folder: place, recipient, offsite: { ...offsite, knownHosts: '/dev/null' } } }));
      await expect(backup('--data', data, '--site', settings)).rejects.toThrow('BACKUP_OFFSITE_FAILED');
    } finally {
      sshd.close();
    }
  });
});

async function startSshd(dir: string): Promise<{ port: number; identity: string; knownHosts: string; close(): void }> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const name of ['host', 'user']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, name)]);
  const port = await freeTcpPort();
  cpSync(join(dir, 'user.pub'), join(dir, 'authorized_keys'));
  writeFileSync(join(dir, 'known_hosts'), `[127.0.0.1]:${port} ${readFileSync(join(dir, 'host.pub'), 'utf8')}`);
  const lines = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${join(dir, 'host')}`,
    `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
    `PidFile none`,
    `StrictModes no`, // the folder lies below /tmp, which all may write to
    `PermitRootLogin prohibit-password`,
    `UsePAM no`,
    `Subsystem sftp internal-sftp`,
  ];
  writeFileSync(join(dir, 'config'), `${lines.join('\n')}\n`);
  mkdirSync('/run/sshd', { recursive: true }); // where sshd shuts its unprivileged half in
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(dir, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  server.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
  await eventually('sshd listens', () => said.includes('Server listening'));
  return { port, identity: join(dir, 'user'), knownHosts: join(dir, 'known_hosts'), close: () => void server.kill('SIGTERM') };
}
