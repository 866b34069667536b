/**
 * Secrets the gateway must read back (TOTP), sealed with the identity key of the key store: AES-256-GCM, bound to the account they
 * belong to, so that a row copied to another account opens nothing. Layout: nonce (12), tag (16), sealed text.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SealBroken } from './errors.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Keys of 32 bytes: the one in use, then those before it whose secrets are not sealed anew yet. */
export type SealKeys = () => readonly Uint8Array[];

export class Seal {
  readonly #keys: SealKeys;

  /** @param keys asked at each use: they may be rotated meanwhile */
  constructor(keys: SealKeys) {
    this.#keys = keys;
  }

  close(secret: Uint8Array, owner: string): Buffer {
    const [key] = this.#keys();
    if (!key) throw new SealBroken('no key');
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(owner));
    const text = Buffer.concat([cipher.update(secret), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]);
  }

  /** @throws SealBroken when the bytes, the key or the owner are not those it was closed with */
  open(sealed: Uint8Array, owner: string): Buffer {
    let fault: unknown;
    for (const key of this.#keys()) {
      try {
        return this.#openUnder(key, Buffer.from(sealed), owner);
      } catch (thrown) {
        fault = thrown;
      }
    }
    throw new SealBroken(fault);
  }

  /** The same secret under the key in use; undefined when it is under that already. @throws SealBroken */
  anew(sealed: Uint8Array, owner: string): Buffer | undefined {
    const [current] = this.#keys();
    try {
      if (current) this.#openUnder(current, Buffer.from(sealed), owner);
      return undefined;
    } catch {
      return this.close(this.open(sealed, owner), owner);
    }
  }

  #openUnder(key: Uint8Array, bytes: Buffer, owner: string): Buffer {
    // the length is named, else a tag cut short would be accepted
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(owner));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  }
}
