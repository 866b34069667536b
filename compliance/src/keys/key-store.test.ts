import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recipientOf } from './age-header.ts';
import { openKeyStore, readKeyStore } from './key-store.ts';

let home: TempDir;
let dir = '';
const clock = new FakeClock(Date.UTC(2026, 0, 2));
const opened = () => openKeyStore(dir, { site: 'demo', clock });
beforeEach(() => {
  home = tempDir();
  dir = join(home.path, 'keys');
});
afterEach(() => home.remove());

describe('the key store', () => {
  it('makes every key at first start, private to its user, with kind and time', async () => {
    const store = await opened();
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(readdirSync(dir).filter((name) => (statSync(join(dir, name)).mode & 0o777) !== 0o600)).toEqual([]);
    expect(store.created).toEqual([
      'recording-identity',
      'recording-recipient',
      'pseudonym',
      'identity',
      'column',
      'audit-signer',
      'audit-verifier',
    ]);
    expect(store.inventory.every((key) => key.createdMs === clock.now())).toBe(true);
    expect(store.pseudonymKey()).toHaveLength(32);
    expect(await recipientOf(await store.recordingIdentity())).toBe(store.recordingRecipient());
    expect(readFileSync(join(dir, 'recording.identity'), 'utf8')).toMatch(/^# kind: recording-identity\n# created: 2026-01-02T/);
  });

  it('is only read by the tools beside the gateway, which make no keys', async () => {
    await expect(readKeyStore(dir)).rejects.toMatchObject({ code: 'KEY_STORE_ABSENT' });
    const store = await opened();
    expect((await readKeyStore(dir)).recordingRecipient()).toBe(store.recordingRecipient());
    rmSync(join(dir, 'audit.signer'));
    await expect(readKeyStore(dir)).rejects.toMatchObject({ code: 'KEY_STORE_ABSENT', offending: join(dir, 'audit.signer') });
  });

  it('never changes a key afterwards', async () => {
    const first = await opened();
    const again = await opened();
    expect(again.created).toEqual([]);
    expect(again.recordingRecipient()).toBe(first.recordingRecipient());
    expect(again.pseudonymKey().equals(first.pseudonymKey())).toBe(true);
    expect(again.auditSigner().verifierKey).toBe(first.auditSigner().verifierKey);
  });

  it('agrees on one set of keys when several processes start at once', async () => {
    const stores = await Promise.all([opened(), opened(), opened(), opened()]);
    expect(new Set(stores.map((store) => store.recordingRecipient())).size).toBe(1);
    expect(new Set(stores.map((store) => store.pseudonymKey().toString('hex'))).size).toBe(1);
    expect(readdirSync(dir).filter((name) => name.endsWith('.draft'))).toEqual([]);
  });

  it('hands out copies, so that nobody can change the key of the others', async () => {
    const store = await opened();
    store.pseudonymKey().fill(0);
    expect(store.pseudonymKey().every((byte) => byte === 0)).toBe(false);
  });

  it('goes on recording when the identity was moved away, and never makes a second one', async () => {
    const recipient = (await opened()).recordingRecipient();
    renameSync(join(dir, 'recording.identity'), join(home.path, 'elsewhere'));
    const store = await opened();
    expect(store.recordingRecipient()).toBe(recipient);
    expect(store.created).toEqual([]);
    await expect(store.recordingIdentity()).rejects.toMatchObject({ code: 'KEY_IDENTITY_ABSENT' });
  });

  it('derives a lost recipient from the identity it had', async () => {
    const recipient = (await opened()).recordingRecipient();
    rmSync(join(dir, 'recording.recipient'));
    expect((await opened()).recordingRecipient()).toBe(recipient);
  });

  it.each(['recording.identity', 'recording.recipient', 'pseudonym.key', 'audit.signer'])(
    'refuses %s when others may read it',
    async (name) => {
      const store = await opened();
      chmodSync(join(dir, name), 0o640);
      const use = name === 'recording.identity' ? store.recordingIdentity() : opened();
      await expect(use).rejects.toMatchObject({ code: 'KEY_STORE_LAX', offending: join(dir, name) });
    },
  );

  it('refuses a folder others may enter, and a link in place of a key', async () => {
    await opened();
    chmodSync(dir, 0o750);
    await expect(opened()).rejects.toMatchObject({ code: 'KEY_STORE_LAX' });
    chmodSync(dir, 0o700);
    renameSync(join(dir, 'pseudonym.key'), join(home.path, 'aside'));
    symlinkSync(join(home.path, 'aside'), join(dir, 'pseudonym.key'));
    await expect(opened()).rejects.toMatchObject({ code: 'KEY_STORE_LAX' });
  });

  it.each([
    ['pseudonym.key', '# kind: pseudonym\n# created: 2026-01-02T00:00:00Z\nAAAA\n'],
    ['pseudonym.key', '# kind: audit-signer\n# created: 2026-01-02T00:00:00Z\nAAAA\n'],
    ['audit.signer', '# kind: audit-signer\n# created: 2026-01-02T00:00:00Z\nPRIVATE+KEY+x+00000000+AAAA\n'],
    ['audit.signer', '# kind: audit-signer\n# created: never\nx\n'],
    ['audit.signer', ''],
  ])('refuses a %s that is no such key instead of replacing it', async (name, text) => {
    await opened();
    writeFileSync(join(dir, name), text);
    await expect(opened()).rejects.toMatchObject({ code: 'KEY_FILE_INVALID', offending: join(dir, name) });
    expect(readFileSync(join(dir, name), 'utf8')).toBe(text);
  });

  it('writes files that the stock age tool takes as they are', async () => {
    if (spawnSync('age', ['--version']).error) throw new Error('the age tool is missing; install it with: apt-get install age');
    await opened();
    const sealed = spawnSync('age', ['-R', join(dir, 'recording.recipient')], { input: 'to the record' });
    const opening = spawnSync('age', ['-d', '-i', join(dir, 'recording.identity')], { input: sealed.stdout });
    expect(opening.stdout.toString()).toBe('to the record');
  });
});
