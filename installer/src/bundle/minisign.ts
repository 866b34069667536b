/**
 * Signatures that the stock `minisign` program makes and checks (format: https://jedisct1.github.io/minisign/, "Signature format"):
 * Ed25519 over the BLAKE2b-512 of the file (algorithm `ED`), and a second one over the first and the trusted comment, so that neither can
 * be exchanged. Keys are minisign's own; of secret keys only those without a password (`minisign -G -W`), because a build has nobody to ask.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { KeeplineError } from '../before-packages.ts';

const KEY_ID_BYTES = 8;
const SIGNATURE_BYTES = 64;
/** DER in front of a raw key: RFC 8410 §7 (PKCS #8) and §4 (SubjectPublicKeyInfo). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

export interface SecretKey {
  readonly id: Buffer;
  readonly key: KeyObject;
}
export interface PublicKey {
  readonly id: Buffer;
  readonly key: KeyObject;
}

/** @throws KeeplineError BUNDLE_KEY_UNUSABLE */
export function readSecretKey(text: string, path: string): SecretKey {
  const bytes = base64Line(text, 1);
  // Ed | key derivation (2) | B2 | salt (32) | limits (16) | id (8) | seed and public key (64) | checksum (32)
  if (bytes?.length !== 158 || bytes.toString('latin1', 0, 2) !== 'Ed') throw keyUnusable(path, 'it is no secret key of minisign');
  if (bytes.readUInt16LE(2) !== 0) throw keyUnusable(path, 'it is closed with a password');
  const id = bytes.subarray(54, 54 + KEY_ID_BYTES);
  const pair = bytes.subarray(62, 62 + 64);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, pair.subarray(0, 32)]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
  if (!raw.equals(pair.subarray(32))) throw keyUnusable(path, 'its two halves do not belong together');
  return { id, key };
}

/** @throws KeeplineError BUNDLE_KEY_UNUSABLE */
export function readPublicKey(text: string, path: string): PublicKey {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const bytes = base64Line(text, lines.length > 1 ? 1 : 0); // the second line of a file, or the bare word as `minisign -P` takes it
  if (bytes?.length !== 42 || bytes.toString('latin1', 0, 2) !== 'Ed') throw keyUnusable(path, 'it is no public key of minisign');
  const key = createPublicKey({ key: Buffer.concat([SPKI, bytes.subarray(10)]), format: 'der', type: 'spki' });
  return { id: bytes.subarray(2, 2 + KEY_ID_BYTES), key };
}

/** Text of the `.minisig` file. @param digest BLAKE2b-512 of the file @param trusted one line, shown by whoever verifies */
export function signDigest(digest: Buffer, { id, key }: SecretKey, trusted: string): string {
  const signature = sign(null, digest, key);
  const global = sign(null, Buffer.concat([signature, Buffer.from(trusted)]), key);
  return [
    'untrusted comment: signature of a Keepline bundle',
    Buffer.concat([Buffer.from('ED'), id, signature]).toString('base64'),
    `trusted comment: ${trusted}`,
    global.toString('base64'),
    '',
  ].join('\n');
}

/** The trusted comment of a signature that holds. @throws KeeplineError BUNDLE_SIGNATURE_INVALID */
export function verifyDigest(digest: Buffer, signatureText: string, { id, key }: PublicKey, path: string): string {
  const lines = signatureText.split('\n');
  const bytes = base64Line(signatureText, 1);
  const trusted = /^trusted comment: (.*)$/.exec(lines[2] ?? '')?.[1];
  const global = base64Line(signatureText, 3);
  if (bytes?.length !== 2 + KEY_ID_BYTES + SIGNATURE_BYTES || bytes.toString('latin1', 0, 2) !== 'ED' || trusted === undefined)
    throw signatureInvalid(path, 'it is not in the form of minisign');
  if (!bytes.subarray(2, 10).equals(id)) throw signatureInvalid(path, 'it was made with another key');
  const signature = bytes.subarray(10);
  if (!verify(null, digest, key, signature)) throw signatureInvalid(path, 'the file is not the one that was signed');
  if (global === undefined || !verify(null, Buffer.concat([signature, Buffer.from(trusted)]), key, global))
    throw signatureInvalid(path, 'its trusted comment was changed');
  return trusted;
}

/** BLAKE2b-512 of a file of any size. */
export async function digestOf(path: string): Promise<Buffer> {
  const hash = createHash('blake2b512');
  await pipeline(createReadStream(path), hash);
  return hash.digest();
}

function base64Line(text: string, line: number): Buffer | undefined {
  const word = text.split('\n')[line]?.trim();
  return word === undefined || !/^[A-Za-z0-9+/]+=*$/.test(word) ? undefined : Buffer.from(word, 'base64');
}

function keyUnusable(path: string, why: string): KeeplineError {
  return new KeeplineError('BUNDLE_KEY_UNUSABLE', `${path} cannot be used: ${why}`, {
    hint: 'Make a key for builds: minisign -G -W -p keepline.pub -s keepline.key; docs/install.md says how it is kept.',
    offending: path,
  });
}

function signatureInvalid(path: string, why: string): KeeplineError {
  return new KeeplineError('BUNDLE_SIGNATURE_INVALID', `the signature of ${path} does not hold: ${why}`, {
    hint: 'Do not install it. Fetch bundle and signature again, and compare the public key with the one you were given on paper.',
    offending: path,
  });
}
