/**
 * The header of age v1 (C2SP age.md): who can open the file. Stanzas, X25519 and the header MAC are done by the `age-encryption`
 * library; this file only takes the file key out of it, so that the payload can be sealed out of order.
 */
import { randomBytes } from 'node:crypto';
import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { messageOf } from '@keepline/contracts/errors';
import { PAYLOAD_NONCE_BYTES, TAG_BYTES } from './age-stream.ts';
import { AgeHeaderInvalid, AgeKeyInvalid, AgeNoMatch } from './errors.ts';

/** Longest header that is read, bytes: about 300 X25519 recipients. */
export const HEADER_MAX_BYTES = 65_536;
const VERSION_LINE = 'age-encryption.org/v1\n';
const ARMOR_LINE = '-----BEGIN AGE';

/**
 * What opens a file: identities (`AGE-SECRET-KEY-1…`, or `…-PQ-1…` of the hybrid kind) with white space between them, of which one must fit, or the
 * passphrase of an `age -p`.
 */
export type AgeSecret = string | { readonly passphrase: string };

export interface WrappedKey {
  readonly header: Buffer;
  /** 16 random bytes, used for this file alone. */
  readonly fileKey: Uint8Array;
}

/** Makes a fresh file key and the header that gives it to `recipient` (`age1…`, X25519). @throws AgeKeyInvalid */
export async function wrapFileKey(recipient: string): Promise<WrappedKey> {
  let fileKey: Uint8Array | undefined;
  const encrypter = new Encrypter();
  if (!/^age1[02-9ac-hj-np-z]{58}$/.test(recipient)) throw new AgeKeyInvalid('recipient');
  try {
    encrypter.addRecipient(recipient);
  } catch (cause) {
    throw new AgeKeyInvalid('recipient', cause);
  }
  // A recipient may look at the file key and add no stanza: the library has no other way to hand the key out.
  encrypter.addRecipient({
    wrapFileKey(key) {
      fileKey = key.slice();
      return [];
    },
  });
  const empty = await encrypter.encrypt(new Uint8Array(0)); // header, payload nonce, one empty chunk
  if (!fileKey) throw new AgeKeyInvalid('recipient');
  return { header: Buffer.from(empty.subarray(0, empty.length - PAYLOAD_NONCE_BYTES - TAG_BYTES)), fileKey };
}

/** A nonce for the payload; the one the library drew has already sealed its empty chunk. */
export function newPayloadNonce(): Buffer {
  return randomBytes(PAYLOAD_NONCE_BYTES);
}

/**
 * Length of the header at the start of `bytes`, up to and with the line of the MAC.
 * @throws AgeHeaderInvalid when there is none within the first 64 KiB
 */
export function headerLength(bytes: Uint8Array): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEADER_MAX_BYTES)).toString('latin1');
  if (!text.startsWith(VERSION_LINE)) throw new AgeHeaderInvalid('unknown first line');
  // No line of a stanza can start with "--- ": arguments lines start with "-> " and base64 has no space.
  const mac = text.indexOf('\n--- ');
  const end = mac < 0 ? -1 : text.indexOf('\n', mac + 1);
  if (end < 0) throw new AgeHeaderInvalid('the header has no end');
  return end + 1;
}

/** @throws AgeNoMatch, AgeHeaderInvalid, AgeKeyInvalid */
export async function unwrapFileKey(header: Uint8Array, secret: AgeSecret): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  try {
    if (typeof secret === 'string') for (const identity of secret.trim().split(/\s+/)) decrypter.addIdentity(identity);
    else decrypter.addPassphrase(secret.passphrase);
  } catch (cause) {
    throw new AgeKeyInvalid('identity', cause);
  }
  try {
    return await decrypter.decryptHeader(header);
  } catch (cause) {
    // The library throws plain errors; this one sentence is the only sign of a foreign recipient.
    if (messageOf(cause).startsWith('no identity matched')) throw new AgeNoMatch(cause);
    throw new AgeHeaderInvalid(messageOf(cause), cause);
  }
}

/** A fresh X25519 identity, `AGE-SECRET-KEY-1…`. */
export function newIdentity(): Promise<string> {
  return generateX25519Identity();
}

/** @throws AgeKeyInvalid */
export async function recipientOf(identity: string): Promise<string> {
  try {
    return await identityToRecipient(identity);
  } catch (cause) {
    throw new AgeKeyInvalid('identity', cause);
  }
}

/**
 * The bytes of a file that may have come as text (age.md, "ASCII armor"), as keys pasted from a vault do.
 * @throws AgeHeaderInvalid when it begins as armor and is none
 */
export function withoutArmor(file: Uint8Array): Uint8Array {
  const text = Buffer.from(file.buffer, file.byteOffset, file.length);
  if (!text.subarray(0, ARMOR_LOOK_BYTES).toString('latin1').trimStart().toUpperCase().startsWith(ARMOR_LINE)) return file;
  try {
    return armor.decode(text.toString('latin1'));
  } catch (cause) {
    throw new AgeHeaderInvalid(`its armor is damaged: ${messageOf(cause)}`, cause);
  }
}

/** White space allowed before the armor, and its first line. */
const ARMOR_LOOK_BYTES = 4096;
