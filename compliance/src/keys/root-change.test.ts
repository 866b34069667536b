import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBytes, sealBytes } from './aes-seal.ts';
import { SECRET_FILES } from './key-names.ts';
import { openKeyStore, readKeyStore } from './key-store.ts';
import { initRoot, keyStatus, rewrapRoot } from './root-change.ts';
import { rootSecrets } from './root-secrets.ts';

let home: TempDir;
let dir = '';
const clock = new FakeClock(Date.UTC(2026, 0, 2));
const given = (name: string, text: string): string => {
  const path = join(home.path, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};
const passphrase = (text: string) => rootSecrets({ KEEPLINE_PASSPHRASE_FILE: given('passphrase', `${text}\n`) });
const GOOD = 'four words are enough 四个词';
const opened = (secrets = rootSecrets({})) => openKeyStore(dir, { site: 'demo', clock, secrets });
const filesText = (): string =>
  readdirSync(dir)
    .map((name) => readFileSync(join(dir, name), 'utf8'))
    .join('\n');
beforeEach(() => {
  home = tempDir();
  dir = join(home.path, 'keys');
});
afterEach(() => home.remove());

describe('sealed values', () => {
  it('open for the same key and place only, whole and unchanged', () => {
    const bytes = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });
    fc.assert(
      fc.property(bytes(32), fc.uint8Array({ maxLength: 300 }), fc.string(), fc.nat(), (key, text, place, pick) => {
        const sealed = sealBytes(key, text, place);
        expect(openBytes(key, sealed, place)?.equals(Buffer.from(text))).toBe(true);
        expect(openBytes(key, sealed, `${place}x`)).toBeUndefined();
        const changed = Buffer.from(sealed);
        changed[pick % changed.length] = (changed[pick % changed.length] ?? 0) ^ 1;
        expect(openBytes(key, changed, place)).toBeUndefined();
        expect(openBytes(key, sealed.subarray(0, pick % sealed.length), place)).toBeUndefined();
      }),
    );
  });
});

describe('a key store under a root key', () => {
  it('keeps its keys and shows none of them on the disk', async () => {
    const before = await opened();
    const secrets = [
      await before.recordingIdentity(),
      before.pseudonymKey().toString('base64'),
      before.identityKey().toString('base64'),
      readFileSync(join(dir, 'column.key'), 'utf8').trimEnd().split('\n').at(-1) ?? '',
    ];
    const column = (await before.columnKeys()).current.id;
    for (const secret of secrets) expect(filesText()).toContain(secret); // the search works
    expect(await initRoot(dir, { from: 'passphrase' }, passphrase(GOOD), clock.now())).toEqual(Object.keys(SECRET_FILES));
    for (const secret of secrets) expect(filesText()).not.toContain(secret);
    expect(filesText()).not.toContain('PRIVATE+KEY');
    const after = await opened(passphrase(GOOD));
    expect(after).toMatchObject({ root: 'passphrase', created: [] });
    expect(await after.recordingIdentity()).toBe(secrets[0]);
    expect(after.pseudonymKey().toString('base64')).toBe(secrets[1]);
    expect((await after.columnKeys()).current.id).toBe(column);
    expect(after.auditSigner().verifierKey).toBe(before.auditSigner().verifierKey);
  });

  it('is refused without the passphrase and with another one, and takes it in any Unicode form', async () => {
    await opened();
    await initRoot(dir, { from: 'passphrase' }, passphrase('Ångström and the rest'), clock.now());
    await expect(opened()).rejects.toMatchObject({ code: 'KEY_ROOT_LOCKED' });
    await expect(readKeyStore(dir, passphrase('Angstrom and the rest'))).rejects.toMatchObject({ code: 'KEY_ROOT_LOCKED' });
    expect((await opened(passphrase('A\u030angstro\u0308m and the rest'))).root).toBe('passphrase');
  });

  it('seals keys that are made later', async () => {
    mkdirSync(dir, { mode: 0o700 });
    await initRoot(dir, { from: 'passphrase' }, passphrase(GOOD), clock.now());
    await opened(passphrase(GOOD));
    expect((await keyStatus(dir)).files.map(({ state }) => state)).toEqual(Object.keys(SECRET_FILES).map(() => 'sealed'));
  });

  it('goes on where an init was cut off, and is not begun twice', async () => {
    const store = await opened();
    const clear = readFileSync(join(dir, 'pseudonym.key'));
    await initRoot(dir, { from: 'passphrase' }, passphrase(GOOD), clock.now());
    writeFileSync(join(dir, 'pseudonym.key'), clear); // as a cut between two files leaves it
    expect((await opened(passphrase(GOOD))).pseudonymKey().equals(store.pseudonymKey())).toBe(true);
    expect(await initRoot(dir, { from: 'passphrase' }, passphrase(GOOD), clock.now())).toEqual(['pseudonym.key']);
    await expect(initRoot(dir, { from: 'passphrase' }, passphrase(GOOD), clock.now())).rejects.toMatchObject({ code: 'KEY_ROOT_EXISTS' });
  });

  it('refuses a passphrase that can be guessed, and changes nothing', async () => {
    await opened();
    await expect(initRoot(dir, { from: 'passphrase' }, passphrase('too short'), clock.now())).rejects.toMatchObject({
      code: 'KEY_ROOT_UNFIT',
    });
    expect((await keyStatus(dir)).root).toBe('file');
  });

  it('moves to a credential of systemd; the passphrase opens nothing then', async () => {
    await opened();
    await initRoot(dir, { from: 'passphrase' }, passphrase(GOOD), clock.now());
    given('keepline-root', 'x'.repeat(40));
    const credential = rootSecrets({ CREDENTIALS_DIRECTORY: home.path });
    await rewrapRoot(dir, passphrase(GOOD), { from: 'credential', name: 'keepline-root' }, credential, clock.now());
    expect((await opened(credential)).root).toBe('credential');
    await expect(opened(passphrase(GOOD))).rejects.toMatchObject({ code: 'KEY_ROOT_LOCKED' });
    given('keepline-root', 'y'.repeat(40));
    await expect(opened(credential)).rejects.toMatchObject({ code: 'KEY_ROOT_LOCKED' });
  });

  it('refuses a key file put in the place of another of its own kind', async () => {
    await opened();
    await initRoot(dir, { from: 'passphrase' }, passphrase(GOOD), clock.now());
    const text = readFileSync(join(dir, 'pseudonym.key'), 'utf8');
    writeFileSync(join(dir, 'pseudonym.key'), text.replace('2026-01-02', '2026-01-03'));
    await expect(opened(passphrase(GOOD))).rejects.toMatchObject({ code: 'KEY_FILE_INVALID' });
  });
});

const BINDING = process.env['KEEPLINE_PKCS11JS'] ?? findBinding();
const MODULE = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'].find((path) => existsSync(path));

/** Where the set-up puts it. */
function findBinding(): string | undefined {
  const root = join(import.meta.dirname, '../../../.runtime/pkcs11js');
  return existsSync(root) ? readdirSync(root).map((name) => join(root, name))[0] : undefined;
}

describe('a root key in a PKCS#11 token (SoftHSM)', () => {
  const setUp = (pin: string) => {
    if (MODULE === undefined) throw new Error('SoftHSM is missing; install it with: apt-get install softhsm2');
    if (BINDING === undefined) throw new Error('pkcs11js is not compiled; ./keepline test does it');
    mkdirSync(join(home.path, 'tokens'), { recursive: true });
    process.env['SOFTHSM2_CONF'] = given('softhsm2.conf', `directories.tokendir = ${home.path}/tokens\nobjectstore.backend = file\n`);
    execFileSync('softhsm2-util', ['--init-token', '--free', '--label', 'bank', '--so-pin', '87654321', '--pin', '1234']);
    return {
      choice: { from: 'pkcs11', module: MODULE, token: 'bank', label: 'keepline' } as const,
      secrets: rootSecrets({ KEEPLINE_PKCS11_PIN_FILE: given('pin', pin), KEEPLINE_PKCS11JS: BINDING }),
    };
  };

  it('opens the store, and only with its PIN', async () => {
    const { choice, secrets } = setUp('1234');
    const before = await opened();
    await initRoot(dir, choice, secrets, clock.now());
    const after = await opened(secrets);
    expect(after.root).toBe('pkcs11');
    expect(after.pseudonymKey().equals(before.pseudonymKey())).toBe(true);
    const wrong = rootSecrets({ KEEPLINE_PKCS11_PIN_FILE: given('wrong', '9999'), KEEPLINE_PKCS11JS: BINDING });
    await expect(opened(wrong)).rejects.toMatchObject({ code: 'KEY_HSM_FAILED' });
    await expect(opened(rootSecrets({ KEEPLINE_PKCS11_PIN_FILE: join(home.path, 'pin') }))).rejects.toMatchObject({
      code: 'KEY_HSM_BINDING_ABSENT',
    });
  });

  it('gives the store to no other key of the same name', async () => {
    const { choice, secrets } = setUp('1234');
    await opened();
    await initRoot(dir, choice, secrets, clock.now());
    execFileSync('softhsm2-util', ['--delete-token', '--token', 'bank']);
    execFileSync('softhsm2-util', ['--init-token', '--free', '--label', 'bank', '--so-pin', '87654321', '--pin', '1234']);
    await expect(opened(secrets)).rejects.toMatchObject({ code: 'KEY_HSM_FAILED', message: expect.stringContaining('no key labelled') });
  });
});
