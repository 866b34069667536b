/** Against the stock program in both directions: what it signs we accept, what we sign it accepts, and neither takes what was changed. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, readPublicKey, readSecretKey, signDigest, verifyDigest } from './minisign.ts';

const folder = tempDir();
const at = (name: string): string => join(folder.path, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');
const minisign = (...args: string[]): { status: number | null; stdout: string } =>
  spawnSync('minisign', args, { cwd: folder.path, encoding: 'utf8' });
const pub = (): ReturnType<typeof readPublicKey> => readPublicKey(read('k.pub'), 'k.pub');

beforeAll(() => {
  minisign('-G', '-W', '-p', 'k.pub', '-s', 'k.key');
  writeFileSync(at('file'), 'a bundle');
});
afterAll(() => folder.remove());

describe('signatures of bundles', () => {
  it('are accepted by the stock program, with the trusted comment', async () => {
    writeFileSync(at('ours.minisig'), signDigest(await digestOf(at('file')), readSecretKey(read('k.key'), 'k.key'), 'keepline 1.2.3'));
    const checked = minisign('-V', '-p', 'k.pub', '-m', 'file', '-x', 'ours.minisig');
    expect(checked.status).toBe(0);
    expect(checked.stdout).toContain('Trusted comment: keepline 1.2.3');
    expect(verifyDigest(await digestOf(at('file')), read('ours.minisig'), pub(), 'file')).toBe('keepline 1.2.3');
  });

  it('of the stock program are accepted', async () => {
    expect(minisign('-S', '-H', '-s', 'k.key', '-m', 'file', '-x', 'theirs.minisig', '-t', 'by hand').status).toBe(0);
    expect(verifyDigest(await digestOf(at('file')), read('theirs.minisig'), pub(), 'file')).toBe('by hand');
  });

  it('do not hold for another file, another key or another comment', async () => {
    const text = signDigest(await digestOf(at('file')), readSecretKey(read('k.key'), 'k.key'), 'keepline 1.2.3');
    const digest = await digestOf(at('file'));
    writeFileSync(at('other'), 'a bundle');
    appendFileSync(at('other'), '.');
    const invalid = (why: string): object => ({ code: 'BUNDLE_SIGNATURE_INVALID', message: expect.stringContaining(why) });
    const other = await digestOf(at('other'));
    expect(() => verifyDigest(other, text, pub(), 'f')).toThrow(expect.objectContaining(invalid('not the one that was signed')));
    const forged = text.replace('1.2.3', '1.2.4');
    expect(() => verifyDigest(digest, forged, pub(), 'f')).toThrow(expect.objectContaining(invalid('comment was changed')));
    minisign('-G', '-W', '-p', 'l.pub', '-s', 'l.key');
    const stranger = readPublicKey(read('l.pub'), 'l.pub');
    expect(() => verifyDigest(digest, text, stranger, 'f')).toThrow(expect.objectContaining(invalid('another key')));
    expect(() => verifyDigest(digest, 'nonsense', pub(), 'f')).toThrow(expect.objectContaining(invalid('form of minisign')));
  });

  it('are not made with what is no key', () => {
    expect(() => readSecretKey(read('k.pub'), 'k.pub')).toThrow(expect.objectContaining({ code: 'BUNDLE_KEY_UNUSABLE' }));
    expect(() => readPublicKey(read('k.key'), 'k.key')).toThrow(expect.objectContaining({ code: 'BUNDLE_KEY_UNUSABLE' }));
  });
});
