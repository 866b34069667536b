/** Backups as evidence: made by the product, looked at on a disk and over a real sshd; what is missing, changed or signed by somebody else is found. */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { newIdentity, recipientOf } from '@keepline/compliance/age';
import { newNoteKey, signerFrom } from '@keepline/compliance/note';
import { eventually } from '@keepline/testkit/eventually';
import { freeTcpPort } from '@keepline/testkit/free-port';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BackupPlace } from '../backup/backup-place.ts';
import { makeBackup } from '../backup/make-backup.ts';
import { sendOffsite } from '../backup/offsite.ts';
import { backupFacts, offsiteFacts } from './backups.ts';

const signer = signerFrom(newNoteKey('keepline/demo/audit'));
const stranger = signerFrom(newNoteKey('keepline/demo/audit')).verifierKey;
const MADE_MS = Date.UTC(2026, 10, 20, 3, 30);
const LOOKED_MS = MADE_MS + 5 * 3_600_000;
const nowhere = { address: '', port: 22, folder: '.', identityFile: '', knownHosts: '' };
let work: TempDir;
let folder: string;
let place: BackupPlace;
const settings = (change: object = {}) => ({
  ...{ schedule: '', folder, recipient: '', withKeys: false, keep: 3, oldHours: 50, offsite: nowhere },
  ...change,
});
const largest = (root: string): string => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.age'));
  return join(root, files.toSorted((a, b) => statSync(join(root, b)).size - statSync(join(root, a)).size)[0] ?? '');
};

beforeEach(async () => {
  work = tempDir();
  folder = join(work.path, 'place');
  place = new BackupPlace(folder);
  const data = join(work.path, 'site');
  mkdirSync(data);
  writeFileSync(join(data, 'site.yaml'), 'site: demo\n');
  writeFileSync(join(data, 'log.jsonl'), 'x'.repeat(5000));
  const recipient = await recipientOf(await newIdentity());
  await makeBackup({ data, site: 'demo', place, recipient, withKeys: false, beside: {}, signer, clock: { now: () => MADE_MS } });
});
afterEach(() => work.remove());

it('a whole backup is told with its age; a changed part and a missing one are counted apart, and nobody else’s signature is taken', async () => {
  const look = () => backupFacts(work.path, settings(), signer.verifierKey, LOOKED_MS);
  const whole = { ageHours: 5, parts: 2, absent: 0, hashed: 2, differing: 0 };
  expect(await look()).toMatchObject({ place: folder, backups: 1, newest: whole });
  await expect(backupFacts(work.path, settings(), stranger, LOOKED_MS)).rejects.toMatchObject({ code: 'BACKUP_INVALID' });
  const part = largest(folder);
  const bytes = readFileSync(part);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(part, bytes);
  expect(await look()).toMatchObject({ newest: { ...whole, differing: 1 } });
  rmSync(part);
  expect(await look()).toMatchObject({ newest: { ...whole, absent: 1, hashed: 1 } });
});

it('no setting is no backup, and neither is an empty place', async () => {
  const none = { place: '', backups: 0, newest: null };
  expect(await backupFacts(work.path, settings({ folder: '' }), signer.verifierKey, LOOKED_MS)).toEqual(none);
  expect(await offsiteFacts(settings(), signer.verifierKey, LOOKED_MS)).toEqual(none);
  expect(await backupFacts(work.path, settings({ folder: 'empty' }), signer.verifierKey, LOOKED_MS)).toEqual({ ...none, place: 'empty' });
});

it('the place in the other building is asked itself: what was never sent, is cut there or cannot be reached is not taken for a copy', async () => {
  const there = join(work.path, 'vault');
  mkdirSync(there);
  const sshd = await startSshd(join(work.path, 'sshd'));
  try {
    const offsite = { ...sshd.target, address: `${userInfo().username}@127.0.0.1`, folder: there };
    const look = () => offsiteFacts(settings({ offsite }), signer.verifierKey, LOOKED_MS);
    expect(await look()).toMatchObject({ backups: 0, newest: null });
    await sendOffsite(place, offsite, 3);
    const whole = { ageHours: 5, parts: 2, absent: 0, hashed: 1, differing: 0 };
    expect(await look()).toMatchObject({ place: offsite.address, backups: 1, newest: whole });
    writeFileSync(largest(there), 'cut');
    expect(await look()).toMatchObject({ newest: { ...whole, absent: 1 } });
    await expect(offsiteFacts(settings({ offsite }), stranger, LOOKED_MS)).rejects.toMatchObject({ code: 'BACKUP_INVALID' });
    const unknown = { ...offsite, knownHosts: '/dev/null' };
    await expect(offsiteFacts(settings({ offsite: unknown }), signer.verifierKey, LOOKED_MS)).rejects.toMatchObject({
      code: 'BACKUP_OFFSITE_FAILED',
    });
  } finally {
    sshd.close();
  }
}, 60_000);

async function startSshd(dir: string) {
  mkdirSync(dir);
  for (const name of ['host', 'user']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, name)]);
  const port = await freeTcpPort();
  copyFileSync(join(dir, 'user.pub'), join(dir, 'authorized_keys'));
  writeFileSync(join(dir, 'known_hosts'), `[127.0.0.1]:${port} ${readFileSync(join(dir, 'host.pub'), 'utf8')}`);
  const lines = [
    ...[`ListenAddress 127.0.0.1:${port}`, `HostKey ${join(dir, 'host')}`, `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`],
    ...['PidFile none', 'StrictModes no', 'PermitRootLogin prohibit-password', 'UsePAM no', 'Subsystem sftp internal-sftp'],
  ];
  writeFileSync(join(dir, 'config'), `${lines.join('\n')}\n`);
  mkdirSync('/run/sshd', { recursive: true }); // where sshd shuts its unprivileged half in
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(dir, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  server.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
  await eventually('sshd listens', () => said.includes('Server listening'));
  const target = { port, identityFile: join(dir, 'user'), knownHosts: join(dir, 'known_hosts') };
  return { target, close: () => void server.kill('SIGTERM') };
}
