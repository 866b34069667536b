import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readKeyFile } from './key-file.ts';
import { type KeyStore, openKeyStore } from './key-store.ts';
import { initRoot, keyStatus, rewrapRoot, secretFiles } from './root-change.ts';
import { rootSecrets } from './root-secrets.ts';
import { rotateSymmetric } from './rotate-key.ts';
import { beginStoreKey, endStoreKey, resealFiles, rotateStoreKey } from './rotate-store-key.ts';
import { openRoot } from './store-key.ts';

const clock = new FakeClock(Date.UTC(2026, 0, 2));
let home: TempDir;
let dir = '';
let store: KeyStore;
/** A credential of systemd: as strong as a passphrase, without the second that argon2id takes. */
const credential = (name: string) => {
  mkdirSync(join(home.path, name), { recursive: true });
  writeFileSync(join(home.path, name, 'keepline-root'), name.repeat(8), { mode: 0o600 });
  return rootSecrets({ CREDENTIALS_DIRECTORY: join(home.path, name) });
};
const opened = (secrets = credential('first')): Promise<KeyStore> => openKeyStore(dir, { site: 'demo', clock, secrets });
const nobodyWaits = async (): Promise<void> => {};

/** Every secret of a store, as its holder sees it. */
const secretsOf = async (of: KeyStore): Promise<unknown> => ({
  recordings: await of.recordingIdentity(),
  pseudonyms: (await of.pseudonymKeys()).map((key) => key.toString('hex')),
  accounts: of.identityKeys().map((key) => key.toString('hex')),
  columns: (await of.columnKeys()).current.sealing.toString('hex'),
  audit: of.auditSigner().verifierKey,
});
/** How each file lies, for whoever holds the root. */
async function underWhich(secrets = credential('first')): Promise<Set<string | undefined>> {
  const { storeKey } = await openRoot(dir, secrets);
  const states = new Set<string | undefined>();
  for (const [name, kind] of await secretFiles(dir)) states.add((await readKeyFile(join(dir, name), kind, storeKey))?.isSealed);
  return states;
}

beforeEach(async () => {
  home = tempDir();
  dir = join(home.path, 'keys');
  await opened();
  await initRoot(dir, { from: 'credential', name: 'keepline-root' }, credential('first'), clock.now());
  await rotateSymmetric(dir, 'pseudonyms', clock.now(), credential('first')); // a former key lies under the store key as well
  store = await opened();
});
afterEach(() => home.remove());

describe('rotation of the store key', () => {
  it('leaves every key as it was, and the former store key opens none of them', async () => {
    const before = await secretsOf(store);
    const former = (await openRoot(dir, credential('first'))).storeKey;
    if (!former) throw new Error('no store key');
    const resealed = await rotateStoreKey(dir, clock.now(), nobodyWaits, credential('first'));
    expect(resealed.toSorted()).toEqual((await keyStatus(dir)).files.map(({ name }) => name).toSorted());
    expect(await secretsOf(await opened())).toEqual(before);
    expect(await underWhich()).toEqual(new Set(['now']));
    for (const [name, kind] of await secretFiles(dir))
      await expect(readKeyFile(join(dir, name), kind, { current: former.current })).rejects.toMatchObject({ code: 'KEY_FILE_INVALID' });
    expect((await openRoot(dir, credential('first'))).storeKey?.former).toBeUndefined();
    expect(readFileSync(join(dir, 'root.json'), 'utf8')).not.toContain('former');
  });

  it('is taken up by a process that has the store open, at any moment of it', async () => {
    const before = await secretsOf(store);
    const seen: unknown[] = [];
    const look = async (): Promise<void> => {
      await store.refresh();
      seen.push(await secretsOf(store));
    };
    await beginStoreKey(dir, clock.now(), credential('first'));
    await look();
    for await (const _ of resealFiles(dir, credential('first'))) await look();
    await endStoreKey(dir, credential('first'));
    await look();
    expect(seen.length).toBeGreaterThan(5);
    for (const each of seen) expect(each).toEqual(before);
  });

  it('goes on wherever it was cut off, and opens in the meantime', async () => {
    const before = await secretsOf(store);
    const files = (await secretFiles(dir)).length;
    for (let done = 0; done <= files; done++) {
      await beginStoreKey(dir, clock.now(), credential('first'));
      const half = readFileSync(join(dir, 'root.json'), 'utf8');
      const resealing = resealFiles(dir, credential('first'));
      for (let i = 0; i < done; i++) await resealing.next();
      await resealing.return(undefined); // as far as it came before it was killed
      expect(await secretsOf(await opened()), `cut after ${done}`).toEqual(before);
      await beginStoreKey(dir, clock.now(), credential('first')); // run again: no third key
      expect(readFileSync(join(dir, 'root.json'), 'utf8')).toBe(half);
      await rotateStoreKey(dir, clock.now(), nobodyWaits, credential('first'));
      expect(await underWhich()).toEqual(new Set(['now']));
      expect(await secretsOf(await opened())).toEqual(before);
    }
  });

  it('seals anew what another process made under the former key while it ran', async () => {
    const late = join(home.path, 'late');
    copyFileSync(join(dir, 'pseudonym.key'), late); // lies under the former key
    const resealed = await rotateStoreKey(
      dir,
      clock.now(),
      async () => copyFileSync(late, join(dir, 'pseudonym.key')),
      credential('first'),
    );
    expect(resealed.filter((name) => name === 'pseudonym.key')).toHaveLength(2);
    expect(await underWhich()).toEqual(new Set(['now']));
  });

  it('that was cut off survives a change of the root', async () => {
    const before = await secretsOf(store);
    await beginStoreKey(dir, clock.now(), credential('first'));
    await rewrapRoot(dir, credential('first'), { from: 'credential', name: 'keepline-root' }, credential('other'), clock.now());
    expect(await secretsOf(await opened(credential('other')))).toEqual(before);
    await rotateStoreKey(dir, clock.now(), nobodyWaits, credential('other'));
    expect(await secretsOf(await opened(credential('other')))).toEqual(before);
  });

  it('is refused without the root and in file mode, and changes nothing', async () => {
    const text = readFileSync(join(dir, 'root.json'), 'utf8');
    await expect(rotateStoreKey(dir, clock.now(), nobodyWaits, credential('wrong'))).rejects.toMatchObject({ code: 'KEY_ROOT_LOCKED' });
    expect(readFileSync(join(dir, 'root.json'), 'utf8')).toBe(text);
    const plain = join(home.path, 'plain');
    await openKeyStore(plain, { site: 'demo', clock });
    const names = readdirSync(plain);
    await expect(rotateStoreKey(plain, clock.now(), nobodyWaits)).rejects.toMatchObject({ code: 'KEY_ROOT_ABSENT' });
    expect(readdirSync(plain)).toEqual(names);
  });
});
