import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditLog, type AuditEntry } from '../audit/audit-log.ts';
import { verifyAuditLog } from '../audit/verify.ts';
import { decryptBytes, encryptBytes } from './age-file.ts';
import { followHandovers } from './audit-handover.ts';
import { FORMER_MAX } from './former-keys.ts';
import { forgetIdentity, lockIdentity, splitIdentity, unlockIdentity } from './identity-shares.ts';
import { openKeyStore, readKeyStore } from './key-store.ts';
import { readHandovers } from './load-keys.ts';
import { initRoot, keyStatus } from './root-change.ts';
import { rotateAuditSigner, rotateRecording, rotateSymmetric } from './rotate-key.ts';

let home: TempDir;
let dir = '';
const clock = new FakeClock(Date.UTC(2026, 0, 2));
const at = (...names: string[]): string => join(home.path, ...names);
const opened = () => openKeyStore(dir, { site: 'demo', clock });
const entry: AuditEntry = {
  ...{ who: 'os:test', role: 'operator', from: 'console', act: 'recording.list', object: '', purpose: '' },
  ...{ outcome: 'intent', correlation: 'act-1' },
};
beforeEach(async () => {
  home = tempDir();
  dir = at('keys');
  await opened();
});
afterEach(() => home.remove());

describe('rotation of the recording pair', () => {
  it('encrypts to a new recipient in the running store, and opens the old and the new', async () => {
    const store = await opened();
    const text = Buffer.from('of the old key');
    const old = await encryptBytes(text, store.recordingRecipient());
    const recipient = await rotateRecording(dir, clock.now());
    expect(store.recordingRecipient()).not.toBe(recipient);
    await store.refresh();
    expect(store.recordingRecipient()).toBe(recipient);
    const fresh = await encryptBytes(text, recipient);
    for (const sealed of [old, fresh]) expect(await decryptBytes(sealed, await store.recordingIdentity())).toEqual(text);
    const [newest = ''] = (await store.recordingIdentity()).split('\n');
    await expect(decryptBytes(old, newest)).rejects.toMatchObject({ code: 'AGE_NO_MATCH' });
    expect(await decryptBytes(fresh, newest)).toEqual(text);
  });

  it('goes on where it was killed, whichever file was written last', async () => {
    const store = await opened();
    const old = await encryptBytes(Buffer.from('x'), store.recordingRecipient());
    const before = readFileSync(join(dir, 'recording.identity'));
    const recipient = await rotateRecording(dir, clock.now());
    // killed before the identity took its own name: it lies under its id
    const [former = ''] = readdirSync(dir).filter((name) => /^recording\.identity\.[0-9a-f]{8}$/.test(name));
    expect(readFileSync(join(dir, former)).equals(before)).toBe(true);
    renameSync(join(dir, 'recording.identity'), join(dir, 'recording.identity.0123abcd'));
    writeFileSync(join(dir, 'recording.identity'), before, { mode: 0o600 });
    for (const recipients of [recipient, await rotateRecording(dir, clock.now())]) {
      const sealed = await encryptBytes(Buffer.from('y'), recipients);
      const identities = await (await opened()).recordingIdentity();
      for (const one of [old, sealed]) expect((await decryptBytes(one, identities)).length).toBe(1);
    }
  });

  it('leaves the shares of the former identity good, and a new split takes the past with it', async () => {
    const store = await opened();
    const old = await encryptBytes(Buffer.from('old'), store.recordingRecipient());
    const shares = await splitIdentity(dir, 2, 3);
    await unlockIdentity(dir, shares, clock.now(), 1);
    await forgetIdentity(dir);
    await lockIdentity(dir);
    const fresh = await encryptBytes(Buffer.from('new'), await rotateRecording(dir, clock.now()));
    expect((await decryptBytes(fresh, await store.recordingIdentity())).toString()).toBe('new');
    await expect(decryptBytes(old, await store.recordingIdentity())).rejects.toMatchObject({ code: 'AGE_NO_MATCH' });
    await unlockIdentity(dir, shares.slice(1), clock.now(), 1);
    expect((await decryptBytes(old, await store.recordingIdentity())).toString()).toBe('old');
    await lockIdentity(dir);

    const newest = await encryptBytes(Buffer.from('newest'), await rotateRecording(dir, clock.now()));
    const second = await splitIdentity(dir, 2, 2);
    await unlockIdentity(dir, second, clock.now(), 1);
    await forgetIdentity(dir);
    await lockIdentity(dir);
    await expect(store.recordingIdentity()).rejects.toMatchObject({ code: 'KEY_IDENTITY_ABSENT' });
    await unlockIdentity(dir, second, clock.now(), 1);
    for (const [sealed, text] of [
      [fresh, 'new'],
      [newest, 'newest'],
    ] as const)
      expect((await decryptBytes(sealed, await store.recordingIdentity())).toString()).toBe(text);
  });

  it('lets the shares open the identity on another machine, from a backup of the folder that holds no key in clear', async () => {
    const store = await opened();
    const sealed = await encryptBytes(Buffer.from('what was said'), store.recordingRecipient());
    const shares = await splitIdentity(dir, 3, 5);
    const elsewhere = at('elsewhere');
    await openKeyStore(elsewhere, { site: 'demo', clock });
    for (const name of ['recording.recipient', 'recording.identity.split'])
      writeFileSync(join(elsewhere, name), readFileSync(join(dir, name)), { mode: 0o600 });
    rmSync(join(elsewhere, 'recording.identity'));
    rmSync(dir, { recursive: true });
    await expect((await readKeyStore(elsewhere)).recordingIdentity()).rejects.toMatchObject({ code: 'KEY_IDENTITY_ABSENT' });
    await expect(unlockIdentity(elsewhere, shares.slice(0, 2), Date.now(), 15)).rejects.toMatchObject({ code: 'KEY_SHARE_INVALID' });
    await unlockIdentity(elsewhere, shares.slice(1, 4), Date.now(), 15);
    expect((await decryptBytes(sealed, await (await readKeyStore(elsewhere)).recordingIdentity())).toString()).toBe('what was said');
  });
});

describe('rotation of symmetric keys', () => {
  it('keeps the former one beside the new, sealed under the root as all are', async () => {
    const passphrase = at('passphrase');
    writeFileSync(passphrase, 'six words that nobody would guess\n', { mode: 0o600 });
    process.env['KEEPLINE_PASSPHRASE_FILE'] = passphrase;
    try {
      const { rootSecrets } = await import('./root-secrets.ts');
      await initRoot(dir, { from: 'passphrase' }, rootSecrets(), clock.now());
      const store = await opened();
      const before = { pseudonym: store.pseudonymKey(), accounts: store.identityKey() };
      await rotateSymmetric(dir, 'pseudonyms', clock.now());
      await rotateSymmetric(dir, 'accounts', clock.now());
      await store.refresh();
      expect(store.pseudonymKey()).not.toEqual(before.pseudonym);
      expect(await store.pseudonymKeys()).toEqual([store.pseudonymKey(), before.pseudonym]);
      expect(store.identityKeys()).toEqual([store.identityKey(), before.accounts]);
      expect(store.identityKey()).not.toEqual(before.accounts);
      const { files } = await keyStatus(dir);
      expect(files).toHaveLength(7);
      expect(files.filter(({ state }) => state !== 'sealed')).toEqual([]);
    } finally {
      delete process.env['KEEPLINE_PASSPHRASE_FILE'];
    }
  });

  it('is refused when too many former keys are kept, and changes nothing then', async () => {
    for (let i = 0; i < FORMER_MAX; i++) await rotateSymmetric(dir, 'pseudonyms', clock.now());
    const before = readFileSync(join(dir, 'pseudonym.key'), 'utf8');
    await expect(rotateSymmetric(dir, 'pseudonyms', clock.now())).rejects.toMatchObject({ code: 'KEY_FORMER_LIMIT' });
    expect(readFileSync(join(dir, 'pseudonym.key'), 'utf8')).toBe(before);
  });
});

describe('rotation of the audit key', () => {
  const open = async (keys: Awaited<ReturnType<typeof opened>>) =>
    AuditLog.open({
      ...{ dir: at('audit'), signer: keys.auditSigner(), clock, refreshSigner: () => keys.refreshSigner() },
      onFault: (fault) => {
        throw fault;
      },
    });

  it('goes on in a log that another process has open, and the whole log verifies from the first key', async () => {
    const keys = await opened();
    const first = keys.auditSigner().verifierKey;
    const gateway = await open(keys); // it never hears of the rotation but through the disk
    for (let i = 0; i < 3; i++) await gateway.append(entry);
    await gateway.checkpoint();
    const secret = readFileSync(join(dir, 'audit.signer'), 'utf8').split('\n')[2] ?? '';

    const console_ = await open(await readKeyStore(dir));
    await console_.append(entry);
    await console_.handOver(async (entries) => void (await rotateAuditSigner(dir, entries, clock.now())));
    await console_.append(entry);
    await console_.close();

    for (let i = 0; i < 3; i++) await gateway.append(entry);
    await gateway.checkpoint();
    await gateway.close();
    const ring = keys.auditSigner().verifierKey;
    expect(ring.split(' ')).toEqual([expect.stringContaining('keepline/demo/audit+'), `${first}@4`]);
    expect(await verifyAuditLog(at('audit'), ring)).toMatchObject({ ok: true, entries: 8, signed: 8 });
    expect(await verifyAuditLog(at('audit'), first), 'the first key alone does not reach beyond its handover').toMatchObject({ ok: false });
    const followed = followHandovers(first, await readHandovers(dir));
    expect(followed).toBe(ring);
    expect((await verifyAuditLog(at('audit'), followed)).ok).toBe(true);
    for (const name of readdirSync(dir)) expect(readFileSync(join(dir, name), 'utf8')).not.toContain(secret);

    const again = await open(await readKeyStore(dir));
    await again.append(entry);
    await again.close();
    expect(await verifyAuditLog(at('audit'), ring)).toMatchObject({ ok: true, entries: 9, signed: 9 });
  });

  it('is mended when it was killed before the public half was written, and stands unused when killed before the key was', async () => {
    const keys = await opened();
    const first = keys.auditSigner().verifierKey;
    const names = ['audit.signer', 'audit.verifier'] as const;
    const before = names.map((name) => readFileSync(join(dir, name)));
    await rotateAuditSigner(dir, 5, clock.now());
    const after = readFileSync(join(dir, 'audit.signer'));
    const restore = (i: 0 | 1): void => writeFileSync(join(dir, names[i]), before[i] ?? '', { mode: 0o600 });
    restore(1);
    const ring = (await readKeyStore(dir)).auditSigner().verifierKey;
    expect(ring.endsWith(` ${first}@5`)).toBe(true);
    expect(readFileSync(join(dir, 'audit.verifier'), 'utf8')).toContain(ring);

    restore(0);
    restore(1);
    expect((await readKeyStore(dir)).auditSigner().verifierKey, 'a handover to a key that nobody has').toBe(first);
    const second = await rotateAuditSigner(dir, 6, clock.now());
    expect(second.endsWith(` ${first}@6`)).toBe(true);
    expect(existsSync(join(dir, 'audit.signer')) && !readFileSync(join(dir, 'audit.signer')).equals(after)).toBe(true);
    writeFileSync(join(dir, 'audit.verifier'), readFileSync(join(dir, 'audit.verifier'), 'utf8').replace(/\+[0-9a-f]{8}\+/, '+00000000+'));
    await expect(readKeyStore(dir)).rejects.toMatchObject({ code: 'KEY_FILE_INVALID' });
  });
});
