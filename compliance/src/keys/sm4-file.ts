/**
 * Files under national algorithms, for whoever must hand exports on so: SM4-CTR (GB/T 32907, GB/T 17964) and HMAC-SM3 (GB/T 32905, GB/T 15852.2),
 * encrypt then authenticate, keys of each file by HKDF (RFC 5869) with HMAC-SM3. By OpenSSL, which is no certified module: see docs/keys.md.
 *
 * Layout: the line below, 32 random bytes, the sealed text, 32 bytes of HMAC over all of it. A format of our own; docs/keys.md says how to open it
 * with OpenSSL alone.
 */
import { createCipheriv, createDecipheriv, createHmac, getCiphers, getHashes, hkdfSync, randomBytes } from 'node:crypto';
import { type FileHandle, readFile } from 'node:fs/promises';
import { readAt } from './age-file.ts';
import { KeyFileInvalid, Sm4FileInvalid, Sm4Unavailable } from './errors.ts';
import { isMissing, requirePrivate } from './key-file.ts';

export const SM4_MASTER_BYTES = 32;
const HEAD = Buffer.from('keepline-sm4-file v1\n');
const SALT_BYTES = 32;
const TAG_BYTES = 32;
const SM4_BYTES = 16;
const PIECE_BYTES = 1_048_576;

interface FileKeys {
  readonly sm4: Buffer;
  readonly counter: Buffer;
  readonly mac: Buffer;
}

/** @param master 32 bytes @throws Sm4Unavailable where this Node has an OpenSSL without them */
function keysOf(master: Uint8Array, salt: Uint8Array): FileKeys {
  if (!getCiphers().includes('sm4-ctr') || !getHashes().includes('sm3')) throw new Sm4Unavailable(process.versions.openssl);
  if (master.length !== SM4_MASTER_BYTES) throw new RangeError(`a key of ${master.length} bytes`);
  const bytes = Buffer.from(hkdfSync('sm3', master, salt, 'keepline sm4 file v1', 2 * SM4_BYTES + TAG_BYTES));
  return { sm4: bytes.subarray(0, SM4_BYTES), counter: bytes.subarray(SM4_BYTES, 2 * SM4_BYTES), mac: bytes.subarray(2 * SM4_BYTES) };
}

/** The key in a private file, 64 hex digits as `keys sm4 new-key` writes them. @throws KeyStoreLax, KeyFileInvalid */
export async function readSm4Key(path: string): Promise<Buffer> {
  await requirePrivate(path, 'file').catch((thrown: unknown) => {
    throw isMissing(thrown) ? new KeyFileInvalid(path, 'there is no such file', thrown) : thrown;
  });
  const text = (await readFile(path, 'utf8')).trim();
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new KeyFileInvalid(path, `it is not ${2 * SM4_MASTER_BYTES} hex digits`);
  return Buffer.from(text, 'hex');
}

/** The sealed file, piece by piece. @throws Sm4Unavailable */
export async function* sealSm4(plain: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, master: Uint8Array): AsyncGenerator<Buffer> {
  const salt = randomBytes(SALT_BYTES);
  const { sm4, counter, mac } = keysOf(master, salt);
  const tag = createHmac('sm3', mac);
  const cipher = createCipheriv('sm4-ctr', sm4, counter);
  const head = Buffer.concat([HEAD, salt]);
  tag.update(head);
  yield head;
  for await (const piece of plain) {
    const sealed = cipher.update(piece);
    tag.update(sealed);
    yield sealed;
  }
  yield Buffer.concat([cipher.final(), tag.digest()]);
}

/**
 * The text of a sealed file. Nothing is given out before the whole file has been authenticated, so it is read twice.
 * @throws Sm4FileInvalid when it is none, was changed or cut, or belongs to another key; Sm4Unavailable
 */
export async function* openSm4(file: FileHandle, master: Uint8Array): AsyncGenerator<Buffer> {
  const { size } = await file.stat();
  const start = HEAD.length + SALT_BYTES;
  const end = size - TAG_BYTES;
  const head = await readAt(file, 0, Math.min(size, start));
  if (end < start || !head.subarray(0, HEAD.length).equals(HEAD)) throw new Sm4FileInvalid('it is none');
  const { sm4, counter, mac } = keysOf(master, head.subarray(HEAD.length));
  const tag = createHmac('sm3', mac).update(head);
  for await (const piece of pieces(file, start, end)) tag.update(piece);
  // Of equal length and compared where nobody can measure: the file lies on this machine.
  if (!tag.digest().equals(await readAt(file, end, TAG_BYTES))) throw new Sm4FileInvalid('it was changed, or sealed under another key');
  const decipher = createDecipheriv('sm4-ctr', sm4, counter);
  for await (const piece of pieces(file, start, end)) yield decipher.update(piece);
}

async function* pieces(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += PIECE_BYTES) yield readAt(file, at, Math.min(PIECE_BYTES, end - at));
}
