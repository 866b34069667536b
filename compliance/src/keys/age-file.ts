/**
 * Whole age v1 files (C2SP age.md): a sealer whose chunk 0 may come last, a reader by chunk, and both ends for small texts in memory.
 * A file is header, 16-byte nonce, sealed chunks; any `age` tool opens it.
 */
import type { FileHandle } from 'node:fs/promises';
import { type AgeSecret, HEADER_MAX_BYTES, headerLength, newPayloadNonce, unwrapFileKey, withoutArmor, wrapFileKey } from './age-header.ts';
import {
  CHUNK_BYTES,
  chunkCount,
  chunkOffset,
  openChunk,
  PAYLOAD_NONCE_BYTES,
  payloadKey,
  plaintextBytes,
  SEALED_CHUNK_BYTES,
  sealChunk,
} from './age-stream.ts';
import { AgeDamaged, AgeHeaderInvalid } from './errors.ts';

export {
  type AgeSecret,
  HEADER_MAX_BYTES,
  headerLength,
  newIdentity,
  newPayloadNonce,
  recipientOf,
  unwrapFileKey,
  wrapFileKey,
} from './age-header.ts';
export {
  CHUNK_BYTES,
  chunkCount,
  openChunk,
  PAYLOAD_NONCE_BYTES,
  payloadKey,
  plaintextBytes,
  SEALED_CHUNK_BYTES,
  sealedBytes,
} from './age-stream.ts';

/**
 * Seals one file. Chunks 1, 2, … come in order; chunk 0 comes once, at any time, as the writer of a WAV knows its header last.
 * The order is enforced, because a chunk sealed twice with different texts would give both away.
 */
export class AgeSealer {
  /** Header and nonce: the first bytes of the file. */
  readonly prefix: Buffer;
  readonly #key: Buffer;
  #firstSealed = false;
  #nextIndex = 1;
  #ended = false;

  private constructor(prefix: Buffer, key: Buffer) {
    this.prefix = prefix;
    this.#key = key;
  }

  /** @throws AgeKeyInvalid */
  static async to(recipient: string): Promise<AgeSealer> {
    const { header, fileKey } = await wrapFileKey(recipient);
    const nonce = newPayloadNonce();
    return new AgeSealer(Buffer.concat([header, nonce]), payloadKey(fileKey, nonce));
  }

  /** Where chunk `index` belongs in the file. */
  offsetOf(index: number): number {
    return this.prefix.length + chunkOffset(index);
  }

  /**
   * @param plain exactly 64 KiB, or less when it is the last chunk
   * @throws RangeError when the chunk was sealed before, is out of order or has the wrong size
   */
  seal(index: number, last: boolean, plain: Uint8Array): Buffer {
    const inOrder = index === 0 ? !this.#firstSealed && !(last && this.#nextIndex > 1) : index === this.#nextIndex && !this.#ended;
    if (!inOrder) throw new RangeError(`chunk ${index} of an age file sealed twice or out of order`);
    if (last ? plain.length > CHUNK_BYTES || (index > 0 && plain.length === 0) : plain.length !== CHUNK_BYTES)
      throw new RangeError(`chunk ${index} of an age file with ${plain.length} bytes`);
    if (index === 0) this.#firstSealed = true;
    else this.#nextIndex++;
    if (last) this.#ended = true;
    return sealChunk(this.#key, index, last, plain);
  }
}

/** What the start of a file says once an identity opened it. */
export interface OpenedPrefix {
  readonly key: Buffer;
  /** Offset of chunk 0. */
  readonly payloadOffset: number;
}

/** Opens header and nonce of `bytes`, the first 64 KiB of a file or more. @throws AgeNoMatch, AgeHeaderInvalid, AgeKeyInvalid */
export async function openPrefix(bytes: Uint8Array, secret: AgeSecret): Promise<OpenedPrefix> {
  const headerEnd = headerLength(bytes);
  const fileKey = await unwrapFileKey(bytes.subarray(0, headerEnd), secret);
  const nonce = bytes.subarray(headerEnd, headerEnd + PAYLOAD_NONCE_BYTES);
  if (nonce.length < PAYLOAD_NONCE_BYTES) throw new AgeHeaderInvalid('the file ends before its payload');
  return { key: payloadKey(fileKey, nonce), payloadOffset: headerEnd + PAYLOAD_NONCE_BYTES };
}

/** Reads any chunk of a finished file. The handle stays the caller's. */
export class AgeReader {
  /** Size of the text, bytes. */
  readonly size: number;
  readonly chunkCount: number;
  readonly #file: FileHandle;
  readonly #opened: OpenedPrefix;
  readonly #sealedBytes: number;

  private constructor(file: FileHandle, opened: OpenedPrefix, sealedBytes: number) {
    this.#file = file;
    this.#opened = opened;
    this.#sealedBytes = sealedBytes;
    this.size = plaintextBytes(sealedBytes);
    this.chunkCount = chunkCount(sealedBytes);
  }

  /** @throws AgeNoMatch, AgeHeaderInvalid, AgeKeyInvalid, AgeDamaged when no file has this size */
  static async open(file: FileHandle, identity: string): Promise<AgeReader> {
    const { size } = await file.stat();
    const opened = await openPrefix(await readAt(file, 0, Math.min(size, HEADER_MAX_BYTES + PAYLOAD_NONCE_BYTES)), identity);
    return new AgeReader(file, opened, size - opened.payloadOffset);
  }

  /**
   * The text of one chunk. A file cut at a chunk's end fails on what is now its last chunk; the size alone does not tell.
   * @throws AgeDamaged
   */
  async chunk(index: number): Promise<Buffer> {
    if (index < 0 || index >= this.chunkCount) throw new AgeDamaged(`no chunk ${index}`, index);
    const start = chunkOffset(index);
    const length = Math.min(SEALED_CHUNK_BYTES, this.#sealedBytes - start);
    const sealed = await readAt(this.#file, this.#opened.payloadOffset + start, length);
    return openChunk(this.#opened.key, index, index === this.chunkCount - 1, sealed);
  }

  /** All text in order; the last chunk is checked first, so that a cut file yields nothing. @throws AgeDamaged */
  async *chunks(): AsyncGenerator<Buffer> {
    await this.chunk(this.chunkCount - 1);
    for (let index = 0; index < this.chunkCount; index++) yield await this.chunk(index);
  }
}

/** Encrypts a text that fits in memory. @throws AgeKeyInvalid */
export async function encryptBytes(plain: Uint8Array, recipient: string): Promise<Buffer> {
  const sealer = await AgeSealer.to(recipient);
  const parts = [sealer.prefix];
  const lastIndex = Math.max(0, Math.ceil(plain.length / CHUNK_BYTES) - 1);
  for (let index = 0; index <= lastIndex; index++)
    parts.push(sealer.seal(index, index === lastIndex, plain.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)));
  return Buffer.concat(parts);
}

/** Decrypts a file that fits in memory, armored or not. @throws AgeNoMatch, AgeHeaderInvalid, AgeKeyInvalid, AgeDamaged when changed or cut */
export async function decryptBytes(given: Uint8Array, secret: AgeSecret): Promise<Buffer> {
  const file = withoutArmor(given);
  const { key, payloadOffset } = await openPrefix(file, secret);
  const sealed = file.subarray(payloadOffset);
  const count = chunkCount(sealed.length);
  const parts: Buffer[] = [];
  for (let index = 0; index < count; index++) {
    const start = chunkOffset(index);
    parts.push(openChunk(key, index, index === count - 1, sealed.subarray(start, start + SEALED_CHUNK_BYTES)));
  }
  return Buffer.concat(parts);
}

/** Reads up to `length` bytes at `offset`; less only at the end of the file. */
export async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
