/**
 * C2SP tlog-cosignature, cosignature/v1 with Ed25519 (key type 0x04), pure: a witness says that at a time it saw this checkpoint, and that it
 * extends everything it saw before. The signature line carries 4 bytes of key id, 8 of seconds since 1970 (big-endian), 64 of signature.
 */
import { NoteInvalid } from './errors.ts';
import {
  COSIGNATURE,
  ID_BYTES,
  newNoteKey,
  type NoteSigner,
  type NoteVerifier,
  SIGNATURE_BYTES,
  signerFrom,
  verifierFrom,
} from './signed-note.ts';

const TIME_BYTES = 8;

export const newWitnessKey = (name: string): string => newNoteKey(name, COSIGNATURE);
/** @throws NoteInvalid */
export const witnessSigner = (text: string): NoteSigner => signerFrom(text, COSIGNATURE);
/** @throws NoteInvalid */
export const witnessVerifier = (text: string): NoteVerifier => verifierFrom(text, COSIGNATURE);

/** The text of a note: what is signed. @throws NoteInvalid */
export function textOfNote(note: string): string {
  const at = note.lastIndexOf('\n\n');
  if (at < 0) throw new NoteInvalid('it has no signatures');
  return note.slice(0, at + 1);
}

/** @param text of the checkpoint @param seconds since 1970 @returns one signature line with its newline */
export function cosign(text: string, seconds: number, signer: NoteSigner): string {
  const time = Buffer.alloc(TIME_BYTES);
  time.writeBigUInt64BE(BigInt(seconds));
  const { id } = witnessVerifier(signer.verifierKey);
  return `\u2014 ${signer.name} ${Buffer.concat([id, time, signer.sign(signedText(text, seconds))]).toString('base64')}\n`;
}

/** @param lines signature lines @returns when the witness signed, seconds since 1970; undefined when no line of it holds */
export function cosignedAt(text: string, lines: string, witness: NoteVerifier): number | undefined {
  for (const line of lines.split('\n')) {
    const [, name, body = ''] = /^\u2014 ([^+\s]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
    const bytes = Buffer.from(body, 'base64');
    if (
      name !== witness.name ||
      bytes.length !== ID_BYTES + TIME_BYTES + SIGNATURE_BYTES ||
      !bytes.subarray(0, ID_BYTES).equals(witness.id)
    )
      continue;
    const seconds = Number(bytes.readBigUInt64BE(ID_BYTES));
    if (Number.isSafeInteger(seconds) && witness.verify(signedText(text, seconds), bytes.subarray(ID_BYTES + TIME_BYTES))) return seconds;
  }
  return undefined;
}

const signedText = (text: string, seconds: number): string => `cosignature/v1\ntime ${seconds}\n${text}`;
