/**
 * Session keys from a master key and salt: RFC 3711 §4.3 with the AES-CM function and a key derivation rate of 0; RFC 7714 §11 uses the same,
 * its 96-bit salt followed by zeros.
 */
import { createCipheriv } from 'node:crypto';
import type { CryptoSuite } from '../sdp/crypto-attribute.ts';

/** For one direction and one of RTP and RTCP. */
export interface SessionKeys {
  readonly cipher: Uint8Array;
  /** Empty with GCM, which authenticates by itself. */
  readonly auth: Uint8Array;
  readonly salt: Uint8Array;
}

const CIPHER_KEY_BYTES = 16;
const AUTH_KEY_BYTES = 20;
const LABELS = { rtp: [0, 1, 2], rtcp: [3, 4, 5] } as const;

export const saltBytes = (suite: CryptoSuite): number => (suite === 'AEAD_AES_128_GCM' ? 12 : 14);

/** @param master key and salt as they stand in SDP */
export function deriveKeys(master: Uint8Array, suite: CryptoSuite, of: 'rtp' | 'rtcp'): SessionKeys {
  const [cipher, auth, salt] = LABELS[of];
  return {
    cipher: derive(master, cipher, CIPHER_KEY_BYTES),
    auth: suite === 'AEAD_AES_128_GCM' ? new Uint8Array(0) : derive(master, auth, AUTH_KEY_BYTES),
    salt: derive(master, salt, saltBytes(suite)),
  };
}

export function wipe(keys: SessionKeys): void {
  for (const key of [keys.cipher, keys.auth, keys.salt]) key.fill(0);
}

/** `bytes` of the key stream for a label: the label stands over the eighth byte of the salt, two bytes count blocks. */
function derive(master: Uint8Array, label: number, bytes: number): Uint8Array {
  const block = new Uint8Array(16);
  block.set(master.subarray(CIPHER_KEY_BYTES));
  block[7] = (block[7] ?? 0) ^ label;
  return createCipheriv('aes-128-ctr', master.subarray(0, CIPHER_KEY_BYTES), block).update(new Uint8Array(bytes));
}
