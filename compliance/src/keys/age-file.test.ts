import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import * as cctv from 'cctv-age';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { KeeplineError } from '@keepline/contracts/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AgeSecret,
  AgeReader,
  AgeSealer,
  CHUNK_BYTES,
  decryptBytes,
  encryptBytes,
  newIdentity,
  plaintextBytes,
  recipientOf,
} from './age-file.ts';

let identity = '';
let recipient = '';
let dir: TempDir;
beforeAll(async () => {
  dir = tempDir();
  identity = await newIdentity();
  recipient = await recipientOf(identity);
});
afterAll(() => dir.remove());

/** Sizes around the seams of the format. */
const seams = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES - 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 1];

describe('age v1 files', () => {
  it('open again whole, at every size around a chunk', async () => {
    for (const size of seams) {
      const plain = randomBytes(size);
      expect((await decryptBytes(await encryptBytes(plain, recipient), identity)).equals(plain), `${size} bytes`).toBe(true);
    }
  });

  it('fail after a cut at any place, and after any changed byte', async () => {
    const sizes = fc.constantFrom(...seams);
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.integer({ min: 1, max: 255 }), async (size, pick, flip) => {
        const file = await encryptBytes(randomBytes(size), recipient);
        await expect(decryptBytes(file.subarray(0, pick % file.length), identity)).rejects.toThrow(/age|damaged/);
        const changed = Buffer.from(file);
        const at = pick % file.length;
        changed[at] = (changed[at] ?? 0) ^ flip;
        await expect(decryptBytes(changed, identity)).rejects.toBeInstanceOf(KeeplineError);
      }),
      { numRuns: 150 },
    );
  });

  it('fail when cut exactly at the end of a chunk, where every chunk left is good', async () => {
    const file = await encryptBytes(randomBytes(3 * CHUNK_BYTES), recipient);
    for (const chunks of [1, 2]) {
      const cut = file.subarray(0, file.length - chunks * (CHUNK_BYTES + 16));
      await expect(decryptBytes(cut, identity)).rejects.toMatchObject({ code: 'AGE_DAMAGED' });
    }
  });

  it('tell a foreign identity from damage', async () => {
    const file = await encryptBytes(Buffer.from('secret'), recipient);
    await expect(decryptBytes(file, await newIdentity())).rejects.toMatchObject({ code: 'AGE_NO_MATCH' });
    await expect(encryptBytes(Buffer.of(1), 'age1nonsense')).rejects.toMatchObject({ code: 'AGE_KEY_INVALID' });
  });

  it('are sealed with chunk 0 last and read chunk by chunk', async () => {
    for (const size of [CHUNK_BYTES + 5, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 1]) {
      const plain = randomBytes(size);
      const count = Math.ceil(size / CHUNK_BYTES);
      const sealer = await AgeSealer.to(recipient);
      const path = join(dir.path, `late-${size}.age`);
      const file = await open(path, 'wx+');
      await file.write(sealer.prefix, 0, sealer.prefix.length, 0);
      for (const index of [...Array.from({ length: count - 1 }, (_, i) => i + 1), 0]) {
        const sealed = sealer.seal(index, index === count - 1, plain.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES));
        await file.write(sealed, 0, sealed.length, sealer.offsetOf(index));
      }
      const reader = await AgeReader.open(file, identity);
      expect(reader.size).toBe(size);
      expect((await reader.chunk(1)).equals(plain.subarray(CHUNK_BYTES, 2 * CHUNK_BYTES))).toBe(true);
      const parts: Buffer[] = [];
      for await (const part of reader.chunks()) parts.push(part);
      expect(Buffer.concat(parts).equals(plain)).toBe(true);
      await file.truncate(sealer.offsetOf(1));
      await expect((await AgeReader.open(file, identity)).chunk(0), 'the cut is seen').rejects.toMatchObject({ code: 'AGE_DAMAGED' });
      await file.close();
    }
  });

  it('never seal one chunk twice: a nonce used for two texts gives both away', async () => {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const sealer = await AgeSealer.to(recipient);
    sealer.seal(1, false, chunk);
    sealer.seal(0, false, chunk);
    for (const [index, last] of [
      [0, false],
      [1, false],
      [1, true],
      [3, false],
    ] as const)
      expect(() => sealer.seal(index, last, chunk)).toThrow(/twice or out of order/);
    sealer.seal(2, true, Buffer.of(1));
    expect(() => sealer.seal(3, false, chunk)).toThrow(/out of order/);
    const short = await AgeSealer.to(recipient);
    expect(() => short.seal(0, false, Buffer.alloc(10))).toThrow(/10 bytes/);
  });

  it('refuse payload sizes that no text has', () => {
    for (const size of [0, 15, CHUNK_BYTES + 16 + 15, CHUNK_BYTES + 16 + 16]) expect(() => plaintextBytes(size)).toThrow(/damaged/);
    expect(plaintextBytes(16)).toBe(0);
    expect(plaintextBytes(CHUNK_BYTES + 16 + 17)).toBe(CHUNK_BYTES + 1);
  });
});

describe('the stock age tool', () => {
  it('opens what we seal and seals what we open', async () => {
    if (spawnSync('age', ['--version']).error) throw new Error('the age tool is missing; install it with: apt-get install age');
    const plain = randomBytes(2 * CHUNK_BYTES + 17);
    const keyFile = join(dir.path, 'identity');
    const ours = join(dir.path, 'ours.age');
    const theirs = join(dir.path, 'theirs.age');
    await writeFile(keyFile, `${identity}\n`, { mode: 0o600 });
    await writeFile(ours, await encryptBytes(plain, recipient));
    expect(execFileSync('age', ['-d', '-i', keyFile, ours], { maxBuffer: 1e7 }).equals(plain)).toBe(true);
    execFileSync('age', ['-r', recipient, '-o', theirs], { input: plain });
    expect((await decryptBytes(await readFile(theirs), identity)).equals(plain)).toBe(true);
  });
});

/** The words of the vectors and ours; success is told by the hash of the text instead. */
const CODE_OF: Readonly<Record<string, string>> = {
  'no match': 'AGE_NO_MATCH',
  'payload failure': 'AGE_DAMAGED',
  'header failure': 'AGE_HEADER_INVALID',
  'HMAC failure': 'AGE_HEADER_INVALID',
  'armor failure': 'AGE_HEADER_INVALID',
};

/** As `age -i A -i B`: the first key that fits decides. */
async function decryptWith(file: Uint8Array, [first = '', ...others]: readonly AgeSecret[]): Promise<Buffer> {
  return decryptBytes(file, first).catch((thrown: unknown) => {
    if (others.length > 0 && thrown instanceof KeeplineError && thrown.code === 'AGE_NO_MATCH') return decryptWith(file, others);
    throw thrown;
  });
}

describe('public age vectors (C2SP CCTV)', () => {
  const vectors = Object.entries(cctv).filter(([name]) => name !== 'default');

  it('are all there', () => {
    expect(vectors.length).toBe(143);
  });

  it.each(vectors)('%s', async (_name, vector) => {
    const bytes = Buffer.from(vector);
    const split = bytes.indexOf('\n\n');
    const facts = bytes
      .subarray(0, split)
      .toString('utf8')
      .split('\n')
      .map((line) => line.split(': '));
    // Several keys may be given; one of them opens the file, or none does.
    const secrets = facts.flatMap(([name, value = '']): AgeSecret[] =>
      name === 'identity' ? [value] : name === 'passphrase' ? [{ passphrase: value }] : [],
    );
    const fact = (key: string): string | undefined => facts.find(([name]) => name === key)?.[1];
    const rest = bytes.subarray(split + 2);
    const file = fact('compressed') === 'zlib' ? inflateSync(rest) : rest;
    const outcome = await decryptWith(file, secrets.length > 0 ? secrets : [identity]).then(
      (plain) => createHash('sha256').update(plain).digest('hex'),
      (thrown: unknown) => (thrown instanceof KeeplineError ? thrown.code : String(thrown)),
    );
    expect(outcome).toBe(CODE_OF[fact('expect') ?? ''] ?? fact('payload'));
  });
});
