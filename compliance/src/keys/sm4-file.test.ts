import { spawnSync } from 'node:child_process';
import { createCipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSm4, sealSm4 } from './sm4-file.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const master = randomBytes(32);
let home: TempDir;
const at = (name: string): string => join(home.path, name);
beforeEach(() => {
  home = tempDir();
});
afterEach(() => home.remove());

async function joined(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
const sealed = (plain: Uint8Array): Promise<Buffer> => joined(sealSm4([plain], master));
async function opened(bytes: Buffer, key: Uint8Array = master): Promise<Buffer> {
  writeFileSync(at('file'), bytes);
  const file = await open(at('file'), 'r');
  try {
    return await joined(openSm4(file, key));
  } finally {
    await file.close();
  }
}

describe('the national algorithms of this Node', () => {
  // GB/T 32907-2016, annex A, example 1: key and block are the same. A counter block that is enciphered is the key stream.
  it('have the key stream of the block in the annex of GB/T 32907', () => {
    const key = hex('0123456789abcdef fedcba9876543210');
    expect(createCipheriv('sm4-ctr', key, key).update(Buffer.alloc(16)).toString('hex')).toBe('681edf34d206965e86b3e94f536e4246');
  });

  // GB/T 32905-2016, annex A, examples 1 and 2.
  it.each([
    ['abc', '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'],
    ['abcd'.repeat(16), 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732'],
  ])('have the digest of the annex of GB/T 32905 for %s', (text, digest) => {
    expect(createHash('sm3').update(text).digest('hex')).toBe(digest);
  });

  it('make of SM3 the HMAC of RFC 2104', () => {
    const sm3 = (...parts: Uint8Array[]): Buffer => createHash('sm3').update(Buffer.concat(parts)).digest();
    const key = randomBytes(64);
    const text = randomBytes(100);
    const pad = (byte: number): Buffer => Buffer.from(key.map((one) => one ^ byte));
    expect(createHmac('sm3', key).update(text).digest()).toEqual(sm3(pad(0x5c), sm3(pad(0x36), text)));
  });
});

describe('a file under SM4 and SM3', () => {
  it.each([0, 1, 15, 16, 17, 1_048_576, 2_500_001])('opens to the %i bytes that were sealed, and shows none of them', async (length) => {
    const plain = randomBytes(length);
    const file = await sealed(plain);
    expect(file.length).toBe(length + 'keepline-sm4-file v1\n'.length + 64);
    if (length > 15) expect(file.includes(plain.subarray(0, 16))).toBe(false);
    expect((await opened(file)).equals(plain)).toBe(true);
  });

  it('gives out nothing of a file that was changed, cut, lengthened or sealed under another key', async () => {
    const file = await sealed(Buffer.from('what was said'));
    const invalid = { code: 'SM4_FILE_INVALID' };
    for (let byte = 0; byte < file.length; byte++) {
      const changed = Buffer.from(file);
      changed[byte] = (changed[byte] ?? 0) ^ 1;
      await expect(opened(changed)).rejects.toMatchObject(invalid);
    }
    for (const other of [file.subarray(0, -1), file.subarray(0, 40), Buffer.alloc(0), Buffer.concat([file, Buffer.from('x')])])
      await expect(opened(other)).rejects.toMatchObject(invalid);
    await expect(opened(file, randomBytes(32))).rejects.toMatchObject(invalid);
  });

  it('never uses one key stream for two files', async () => {
    const plain = Buffer.alloc(64);
    expect((await sealed(plain)).equals(await sealed(plain))).toBe(false);
  });

  it('is opened without Keepline, by OpenSSL and what docs/keys.md says of the layout', async () => {
    if (spawnSync('openssl', ['version']).error) throw new Error('openssl is missing; install it with: apt-get install openssl');
    const file = await sealed(Buffer.from('evidence outlives the vendor'));
    const [salt, text] = [file.subarray(21, 53), file.subarray(53, -32)];
    const keys = Buffer.from(hkdfSync('sm3', master, salt, 'keepline sm4 file v1', 64)).toString('hex');
    const options = ['enc', '-d', '-sm4-ctr', '-K', keys.slice(0, 32), '-iv', keys.slice(32, 64)];
    expect(spawnSync('openssl', options, { input: text }).stdout.toString()).toBe('evidence outlives the vendor');
    const mac = ['mac', '-digest', 'SM3', '-macopt', `hexkey:${keys.slice(64)}`, '-in', '-', 'HMAC'];
    const tag = spawnSync('openssl', mac, { input: file.subarray(0, -32), encoding: 'utf8' })
      .stdout.trim()
      .toLowerCase();
    expect(tag).toBe(file.subarray(-32).toString('hex'));
  });

  it('is made and opened by the command, never over a file that is there', () => {
    const script = fileURLToPath(new URL('../sm4-cli.ts', import.meta.url));
    const run = (...args: string[]) => spawnSync(process.execPath, [script, 'sm4', ...args], { encoding: 'utf8' });
    writeFileSync(at('plain'), 'an exported report');
    expect(run('new-key', '--out', at('key')).stderr).toBe('');
    expect(statSync(at('key')).mode & 0o777).toBe(0o600);
    expect(run('seal', at('plain'), '--key-file', at('key'), '--out', at('sealed')).stderr).toBe('');
    expect(run('open', at('sealed'), '--key-file', at('key'), '--out', at('again')).stderr).toBe('');
    expect(readFileSync(at('again'), 'utf8')).toBe('an exported report');
    expect(run('seal', at('plain'), '--key-file', at('key'), '--out', at('again')).status).toBe(1);
    writeFileSync(at('sealed'), readFileSync(at('sealed')).subarray(0, -1));
    expect(run('open', at('sealed'), '--key-file', at('key'), '--out', at('third')).stderr).toContain('SM4_FILE_INVALID');
    expect(existsSync(at('third'))).toBe(false);
  }, 60_000);
});
