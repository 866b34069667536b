/**
 * C2SP signed-note with Ed25519 (type 0x01): a text, a blank line, and lines `— <name> <base64(4-byte key id || signature)>`.
 * Keys travel as text: verifier `<name>+<id>+<base64(0x01 || key)>`, signer `PRIVATE+KEY+<name>+<id>+<base64(0x01 || seed)>`.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { NoteInvalid } from './errors.ts';

/** Types of keys: a log's own signature, and the timestamped cosignature of a witness (C2SP tlog-cosignature). */
export const ED25519 = 0x01;
export const COSIGNATURE = 0x04;
export type KeyType = typeof ED25519 | typeof COSIGNATURE;
const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
export const ID_BYTES = 4;
/** Bounds of what is read from outside. */
export const NOTE_MAX_BYTES = 1_000_000;
export const NOTE_MAX_SIGNATURES = 100;
// Fixed DER heads of RFC 8410: all Ed25519 keys have the same length, so only the key itself differs.
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

export interface NoteSigner {
  readonly name: string;
  /** Public half as text; give it to whoever checks the log. */
  readonly verifierKey: string;
  sign(text: string): Uint8Array;
}

export interface NoteVerifier {
  readonly name: string;
  readonly id: Buffer;
  verify(text: string, signature: Uint8Array): boolean;
  /** Keys of the same name before this one, each good for checkpoints of the entries it handed over and no more. */
  readonly former?: readonly NoteVerifier[];
}

/** A fresh signing key as text. @param name without spaces and plus signs */
export function newNoteKey(name: string, type: KeyType = ED25519): string {
  const seed = randomBytes(KEY_BYTES);
  const { id } = publicHalf(name, privateKey(seed), type);
  return `PRIVATE+KEY+${name}+${id.toString('hex')}+${encoded(seed, type)}`;
}

/** @throws NoteInvalid */
export function signerFrom(text: string, type: KeyType = ED25519): NoteSigner {
  const parts = /^PRIVATE\+KEY\+([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  const [, name = '', id = '', body = ''] = parts ?? [];
  if (!parts) throw new NoteInvalid('not a signing key');
  const key = privateKey(decoded(body, type));
  const half = publicHalf(name, key, type);
  if (half.id.toString('hex') !== id) throw new NoteInvalid('the signing key does not match its id');
  return {
    name,
    verifierKey: half.text,
    sign: (message) => sign(null, Buffer.from(message), key),
  };
}

/**
 * @param text one verifier key, or one and after it those before it, each as ` <key>@<entries>` (a ring, see docs/keys.md)
 * @throws NoteInvalid
 */
export function verifierFrom(text: string, type: KeyType = ED25519): NoteVerifier {
  const [current = '', ...before] = text.split(' ');
  const verifier = oneVerifier(current, type);
  const former = before.map((key) => formerVerifier(key, type));
  if (former.length >= NOTE_MAX_SIGNATURES) throw new NoteInvalid('the verifier key has too many former keys');
  if (former.some(({ name }) => name !== verifier.name)) throw new NoteInvalid('a former verifier key has another name');
  return former.length === 0 ? verifier : { ...verifier, former };
}

/** A key that was handed over: a checkpoint (three lines under its name) of more entries was signed by somebody who should not. */
function formerVerifier(text: string, type: KeyType): NoteVerifier {
  const [, key = '', entries] = /^(.+)@(0|[1-9][0-9]{0,14})$/.exec(text) ?? [];
  if (entries === undefined) throw new NoteInvalid('a former verifier key does not say how many entries it signed');
  const verifier = oneVerifier(key, type);
  const isLater = (message: string): boolean => {
    const [origin, size = ''] = message.split('\n', 2);
    return origin === verifier.name && Number(size) > Number(entries);
  };
  return { ...verifier, verify: (message, signature) => !isLater(message) && verifier.verify(message, signature) };
}

function oneVerifier(text: string, type: KeyType): NoteVerifier {
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  const [, name = '', id = '', body = ''] = parts ?? [];
  if (!parts) throw new NoteInvalid('not a verifier key');
  const raw = decoded(body, type);
  const idBytes = keyId(name, raw, type);
  if (idBytes.toString('hex') !== id) throw new NoteInvalid('the verifier key does not match its id');
  const key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: 'der', type: 'spki' });
  return { name, id: idBytes, verify: (message, signature) => verify(null, Buffer.from(message), key, signature) };
}

/** @param text ends with a newline and has no blank line @throws NoteInvalid */
export function signNote(text: string, signer: NoteSigner): string {
  requireText(text);
  const id = verifierFrom(signer.verifierKey).id;
  return `${text}\n\u2014 ${signer.name} ${Buffer.concat([id, signer.sign(text)]).toString('base64')}\n`;
}

/**
 * The text of a note that carries a good signature of `verifier`. Signatures of others are left alone, as the format asks; one that
 * claims this key and fails is refused even beside a good one. @throws NoteInvalid
 */
export function openNote(note: string, verifier: NoteVerifier): string {
  if (Buffer.byteLength(note) > NOTE_MAX_BYTES) throw new NoteInvalid('it is too long');
  const at = note.lastIndexOf('\n\n');
  if (at < 0 || !note.endsWith('\n')) throw new NoteInvalid('it has no signatures');
  const text = note.slice(0, at + 1);
  requireText(text);
  const lines = note.slice(at + 2, -1).split('\n');
  if (lines.length > NOTE_MAX_SIGNATURES) throw new NoteInvalid('it has too many signatures');
  let good = false;
  for (const line of lines) {
    const parts = /^\u2014 ([^+\s]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
    if (!parts) throw new NoteInvalid('a signature line is malformed');
    const [, name, body = ''] = parts;
    const bytes = Buffer.from(body, 'base64');
    if (bytes.toString('base64') !== body || bytes.length <= ID_BYTES) throw new NoteInvalid('a signature line is malformed');
    const claimed = [verifier, ...(verifier.former ?? [])].find((key) => name === key.name && bytes.subarray(0, ID_BYTES).equals(key.id));
    if (!claimed) continue;
    const signature = bytes.subarray(ID_BYTES);
    if (signature.length !== SIGNATURE_BYTES || !claimed.verify(text, signature)) throw new NoteInvalid('the signature is wrong');
    good = true;
  }
  if (!good) throw new NoteInvalid(`it is not signed by ${verifier.name}`);
  return text;
}

function requireText(text: string): void {
  if (!text.endsWith('\n') || /[^\P{Cc}\n]/u.test(text)) throw new NoteInvalid('its text has control characters or no end');
}

function keyId(name: string, publicKey: Uint8Array, type: KeyType): Buffer {
  return createHash('sha256').update(`${name}\n`).update(Uint8Array.of(type)).update(publicKey).digest().subarray(0, ID_BYTES);
}

function publicHalf(name: string, key: KeyObject, type: KeyType): { id: Buffer; text: string } {
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_HEAD.length);
  const id = keyId(name, raw, type);
  return { id, text: `${name}+${id.toString('hex')}+${encoded(raw, type)}` };
}

const privateKey = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });

const encoded = (key: Uint8Array, type: KeyType): string => Buffer.concat([Uint8Array.of(type), key]).toString('base64');

function decoded(body: string, type: KeyType): Buffer {
  const bytes = Buffer.from(body, 'base64');
  if (bytes[0] !== type || bytes.length !== 1 + KEY_BYTES) throw new NoteInvalid('not an Ed25519 key of this type');
  return bytes.subarray(1);
}
