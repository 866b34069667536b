/**
 * The payload of age v1 (C2SP age.md, "Payload"): STREAM over ChaCha20-Poly1305 in chunks of 64 KiB, nonce = 11-byte big-endian chunk
 * counter, then 1 for the last chunk and 0 for any other. Chunks are independent, so any one can be sealed or opened alone. Sizes in bytes.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { AgeDamaged } from './errors.ts';

export const CHUNK_BYTES = 65_536;
export const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;
/** Length of the nonce between header and first chunk. */
export const PAYLOAD_NONCE_BYTES = 16;

const AEAD = 'chacha20-poly1305';

/** HKDF-SHA-256 of the file key with the payload nonce as salt and the label `payload`. */
export function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
}

/** Seals one chunk. The caller owes that no (key, index, last) ever sees two texts; `AgeSealer` keeps that promise for whole files. */
export function sealChunk(key: Uint8Array, index: number, last: boolean, plain: Uint8Array): Buffer {
  const cipher = createCipheriv(AEAD, key, chunkNonce(index, last), { authTagLength: TAG_BYTES });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws AgeDamaged when the chunk is not the one sealed at this place */
export function openChunk(key: Uint8Array, index: number, last: boolean, sealed: Uint8Array): Buffer {
  if (sealed.length < TAG_BYTES || sealed.length > SEALED_CHUNK_BYTES) throw new AgeDamaged(`chunk of ${sealed.length} bytes`, index);
  const decipher = createDecipheriv(AEAD, key, chunkNonce(index, last), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  try {
    decipher.final();
  } catch {
    throw new AgeDamaged(`chunk ${index} does not authenticate`, index);
  }
  return plain;
}

/** Number of chunks of a sealed payload. @throws AgeDamaged when no payload has this size */
export function chunkCount(sealedBytes: number): number {
  const count = Math.max(1, Math.ceil(sealedBytes / SEALED_CHUNK_BYTES));
  const lastBytes = sealedBytes - (count - 1) * SEALED_CHUNK_BYTES;
  // Only the only chunk may be empty: an empty last chunk after others would let one text have two forms.
  if (lastBytes < TAG_BYTES || (count > 1 && lastBytes === TAG_BYTES)) throw new AgeDamaged(`payload of ${sealedBytes} bytes`);
  return count;
}

/** Size of the text inside a sealed payload. @throws AgeDamaged when no payload has this size */
export function plaintextBytes(sealedBytes: number): number {
  return sealedBytes - chunkCount(sealedBytes) * TAG_BYTES;
}

/** Size of a text once sealed, the other way round. */
export function sealedBytes(plainBytes: number): number {
  return plainBytes + Math.max(1, Math.ceil(plainBytes / CHUNK_BYTES)) * TAG_BYTES;
}

/** Where chunk `index` starts, from the start of the payload. */
export function chunkOffset(index: number): number {
  return index * SEALED_CHUNK_BYTES;
}

function chunkNonce(index: number, last: boolean): Buffer {
  if (!Number.isSafeInteger(index) || index < 0 || index >= 2 ** 48) throw new RangeError(`chunk index ${index}`);
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6); // the low 6 of 11 bytes: 2^48 chunks are 2^64 bytes, more than a file can hold
  nonce[11] = last ? 1 : 0;
  return nonce;
}
