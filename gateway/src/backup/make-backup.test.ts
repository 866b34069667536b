import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newIdentity, recipientOf } from '@keepline/compliance/age';
import { newNoteKey, signerFrom } from '@keepline/compliance/note';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../store/connection.ts';
import { restoredMark } from '../store/restored-mark.ts';
import { BackupPlace } from './backup-place.ts';
import { chooseFiles, filesBeside } from './data-files.ts';
import { makeBackup } from './make-backup.ts';
import { beyond, objectsOf, openHead, PART_BYTES, readHead } from './manifest.ts';
import { restore } from './open-backup.ts';
import { alone } from './place-lock.ts';

const signer = signerFrom(newNoteKey('keepline/demo/audit'));
const clock = new FakeClock();
const BY = { who: 'os:li', role: 'operator', from: 'console', at: '2026-11-23T04:00:00.000Z' };
let work: TempDir;
let data: string;
let place: BackupPlace;
let identity: string;
beforeEach(async () => {
  work = tempDir();
  data = join(work.path, 'site');
  mkdirSync(join(data, 'recordings'), { recursive: true });
  place = new BackupPlace(join(work.path, 'place'));
  identity = await newIdentity();
});
afterEach(() => work.remove());

const make = async (beside: Record<string, string> = {}) => {
  clock.advance(1000); // names of backups sort by the second
  return makeBackup({ data, site: 'demo', place, recipient: await recipientOf(identity), withKeys: false, beside, signer, clock });
};

describe('what belongs to a backup', () => {
  const paths = [
    'run/up.pid',
    'log/gateway.log',
    'backup/objects/ab/x.age',
    'restore-points/main-1.db',
    'main.db',
    'main.db-wal',
    'outbox.db',
    'site.yaml',
  ];
  const audit = [
    'audit/checkpoint',
    'audit/lock',
    'audit/entries.jsonl',
    'audit/entries.index',
    'audit/checkpoints.jsonl',
    'audit/tile/0/000',
  ];
  const keys = ['keys/audit.signer', 'keys/audit.verifier', 'keys/recording.recipient', 'first-passwords.json'];

  it('leaves out what is of this run, and secrets unless they are wanted', () => {
    expect(chooseFiles([...paths, ...keys], false).files).toEqual(['keys/audit.verifier', 'keys/recording.recipient', 'site.yaml']);
    expect(chooseFiles(keys, true).files).toEqual(keys.toSorted());
  });

  it('takes the settings of an installed site along, its cloud credentials with the keys only, and never what a restore brought back', async () => {
    expect(filesBeside('/data', '/data/site.yaml', false)).toEqual({});
    expect(filesBeside('/data', '/etc/keepline/site.yaml', false)).toEqual({ 'beside/site.yaml': '/etc/keepline/site.yaml' });
    expect(filesBeside('/data', undefined, true)).toEqual({ 'beside/cloud.creds': '/data/run/cloud.creds' });
    expect(chooseFiles(['beside/site.yaml', 'restored.json'], true).files).toEqual([]);
    const settings = join(work.path, 'site.yaml');
    writeFileSync(settings, 'site: north\n');
    await make({ 'beside/site.yaml': settings, 'beside/cloud.creds': join(work.path, 'not-there') });
    const target = join(work.path, 'elsewhere');
    await restore(place, await place.open(undefined, signer.verifierKey), { target, identity, verifierKey: signer.verifierKey, by: BY });
    expect(readdirSync(join(target, 'beside'))).toEqual(['site.yaml']);
    expect(restoredMark(target)).toMatchObject(BY);
    expect(readFileSync(join(target, 'beside/site.yaml'), 'utf8')).toBe('site: north\n');
  });

  it('is read in the order in which one names the other', () => {
    expect(chooseFiles(paths, false).databases).toEqual(['outbox.db', 'main.db']);
    const order = ['audit/tile/0/000', 'audit/checkpoint', 'audit/checkpoints.jsonl', 'audit/entries.index', 'audit/entries.jsonl'];
    expect(chooseFiles(audit, false).files).toEqual(order);
  });
});

describe('a backup', () => {
  it('of a log that grew sends the grown end only', async () => {
    writeFileSync(join(data, 'log.jsonl'), Buffer.alloc(PART_BYTES + 10, 1));
    expect((await make()).writtenParts).toBe(2);
    writeFileSync(join(data, 'log.jsonl'), Buffer.alloc(20, 2), { flag: 'a' });
    expect((await make()).writtenParts).toBe(1);
    expect((await make()).writtenParts).toBe(0);
  });

  it('holds a database that lies elsewhere behind a link, as one file', async () => {
    const elsewhere = join(work.path, 'outbox.db');
    const database = await Connection.open(elsewhere);
    await database.exec('CREATE TABLE t (a INTEGER) STRICT; INSERT INTO t VALUES (7)');
    await database.close();
    symlinkSync(elsewhere, join(data, 'outbox.db'));
    await make();
    const target = join(work.path, 'restored');
    await restore(place, await place.open(undefined, signer.verifierKey), { target, identity, verifierKey: signer.verifierKey, by: BY });
    expect(statSync(join(target, 'outbox.db')).isFile()).toBe(true);
    const restored = await Connection.open(join(target, 'outbox.db'));
    expect(await restored.get('SELECT a FROM t')).toEqual({ a: 7 });
    await restored.close();
  });

  it('that goes takes the parts with it that no other needs', async () => {
    writeFileSync(join(data, 'site.yaml'), 'one');
    writeFileSync(join(data, 'same'), 'same');
    const first = await make();
    writeFileSync(join(data, 'site.yaml'), 'two');
    await make();
    expect(await place.remove([first.head.id])).toEqual({ objects: 1 });
    const kept = await place.open(undefined, signer.verifierKey);
    for (const name of objectsOf(kept.files)) expect(statSync(place.objectPath(name)).isFile()).toBe(true);
    const left = readdirSync(join(place.path, 'objects'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.endsWith('.age'))).toHaveLength(2);
  });

  it('is written anew for another recipient, beside the older ones, which still open for the former', async () => {
    writeFileSync(join(data, 'site.yaml'), 'one');
    const { head } = await make();
    const former = identity;
    identity = await newIdentity();
    expect((await make()).writtenParts).toBe(1);
    const target = join(work.path, 'restored');
    await restore(place, await place.open(undefined, signer.verifierKey), { target, identity, verifierKey: signer.verifierKey, by: BY });
    expect(readFileSync(join(target, 'site.yaml'), 'utf8')).toBe('one');
    const older = join(work.path, 'older');
    await restore(place, await place.open(head.id, signer.verifierKey), {
      target: older,
      identity: former,
      verifierKey: signer.verifierKey,
      by: BY,
    });
    expect(readFileSync(join(older, 'site.yaml'), 'utf8')).toBe('one');
  });

  it('of a later format, or signed by somebody else, is refused', async () => {
    writeFileSync(join(data, 'site.yaml'), 'one');
    const { head } = await make();
    const note = readFileSync(place.notePath(head.id), 'utf8');
    const stranger = signerFrom(newNoteKey('keepline/demo/audit')).verifierKey;
    expect(() => openHead(note, stranger)).toThrow(expect.objectContaining({ code: 'BACKUP_INVALID' }));
    expect(() => readHead(note.replace('backup/1', 'backup/2'))).toThrow(/keepline-backup\/2/);
  });

  it('is kept while it is among the newest', () => {
    expect(beyond(['3', '1', '2'], 2)).toEqual(['1']);
    expect(beyond(['1'], 5)).toEqual([]);
  });

  it('is made by one process at a time, and a lock a dead one left is taken over', async () => {
    await alone(place.path, () => expect(alone(place.path, async () => {})).rejects.toMatchObject({ code: 'BACKUP_RUNNING' }));
    writeFileSync(join(place.path, 'running.lock'), '4194305\n'); // above the largest process number
    await expect(alone(place.path, async () => 'done')).resolves.toBe('done');
  });
});
