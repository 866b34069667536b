/** A rotation as a site with a cloud of its own does it: the seed never leaves the key store, the cloud's operator signs the public key. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueUserJwt, newOperatorSeeds, newUserSeed, publicKeyOf } from '@keepline/cloud-sync/hub-identity';
import { rightsOf } from '@keepline/cloud-sync/hub-rights';
import { readCloudUserKey } from '@keepline/compliance/cloud-user-key';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shownCredentials } from './credentials.ts';
import { type DataFolder, dataFolder, makeFolders } from './data-folder.ts';
import { prepareHub } from './hub-operator.ts';
import { rotateCredentials } from './rotate-credentials.ts';

let temp: TempDir;
let folder: DataFolder;
beforeEach(() => {
  temp = tempDir();
  folder = dataFolder(temp.path, join(temp.path, 'data'));
  makeFolders(folder);
});
afterEach(() => temp.remove());

const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600;
async function signed(publicKey: string): Promise<string> {
  const path = join(temp.path, `${publicKey}.jwt`);
  writeFileSync(path, await issueUserJwt(await newOperatorSeeds(), 'site', publicKey, rightsOf('demo').site, inAnHour()));
  return path;
}

describe('with a cloud of its own', () => {
  it('shows the key to be signed, the same until the answer comes, and puts the answer in place', async () => {
    const asked = await rotateCredentials(folder, undefined);
    expect(asked).toMatchObject({ state: 'awaits_signature', publicKey: expect.stringMatching(/^U[A-Z2-7]{55}$/) });
    expect((await rotateCredentials(folder, undefined)).publicKey).toBe(asked.publicKey);
    expect(existsSync(folder.siteCredentials)).toBe(false);
    const placed = await rotateCredentials(folder, await signed(asked.publicKey));
    expect(placed).toMatchObject({ state: 'in_place', publicKey: asked.publicKey });
    expect(shownCredentials(folder)).toMatchObject({ publicKey: asked.publicKey, expired: false });
    expect(statSync(folder.siteCredentials).mode & 0o077).toBe(0);
    const seed = await readCloudUserKey(folder.keys, 'current');
    expect(publicKeyOf(seed ?? '')).toBe(asked.publicKey);
    expect(JSON.stringify([asked, placed, shownCredentials(folder)])).not.toContain(seed);
    expect((await rotateCredentials(folder, undefined)).publicKey).not.toBe(asked.publicKey);
  });

  it('refuses an answer for another key, and what is in use stays', async () => {
    const { publicKey } = await rotateCredentials(folder, undefined);
    await rotateCredentials(folder, await signed(publicKey));
    const before = readFileSync(folder.siteCredentials, 'utf8');
    await rotateCredentials(folder, undefined);
    const foreign = await signed(newUserSeed().publicKey);
    await expect(rotateCredentials(folder, foreign)).rejects.toMatchObject({ code: 'CREDENTIALS_FOREIGN' });
    await expect(rotateCredentials(folder, join(temp.path, 'none'))).rejects.toMatchObject({ code: 'CREDENTIALS_FILE_UNREADABLE' });
    expect(readFileSync(folder.siteCredentials, 'utf8')).toBe(before);
  });
});

describe('with the stand-in cloud', () => {
  it('signs by itself and revokes the old key in the configuration of the server, which holds no seed', async () => {
    const place = { site: 'demo', host: '127.0.0.1', port: 4222, storeDir: join(folder.cloud, 'jetstream') };
    await prepareHub(folder, place);
    const first = shownCredentials(folder)?.publicKey;
    const config = readFileSync(folder.hubConfig, 'utf8');
    await prepareHub(folder, place);
    expect(shownCredentials(folder)?.publicKey).toBe(first); // a second start changes nothing
    const { publicKey } = await rotateCredentials(folder, undefined);
    expect(publicKey).not.toBe(first);
    const rotated = readFileSync(folder.hubConfig, 'utf8');
    expect(operatorOf(rotated)).toBe(operatorOf(config)); // a running server refuses another operator
    expect(claimsIn(rotated).some((claims) => claims.includes(`"${first}"`))).toBe(true);
    expect(rotated).not.toMatch(/\bS[OAU][A-Z2-7]{56}\b/);
    for (const file of [
      folder.hubOperator,
      folder.operatorCredentials,
      folder.publisherCredentials,
      folder.cloudCredentials,
      folder.readerCredentials,
    ])
      expect(statSync(file).mode & 0o077).toBe(0);
  });
});

const operatorOf = (config: string): string | undefined => /^operator: (.*)$/m.exec(config)?.[1];
const claimsIn = (config: string): string[] =>
  [...config.matchAll(/[\w-]+\.([\w-]+)\.[\w-]+/g)].map(([, body = '']) => Buffer.from(body, 'base64url').toString('utf8'));
