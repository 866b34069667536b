/**
 * What an exported WAV says of itself, pure: a signed note (C2SP signed-note) in a RIFF chunk of its own behind the audio, with the call, the
 * SHA-256 of the audio and that of the encrypted file in the ledger. Players skip a chunk they do not know (RIFF, "unknown chunks").
 */
import { type NoteSigner, openNote, signNote, verifierFrom } from '@keepline/compliance/note';
import { WAV_HEADER_BYTES } from './wav.ts';

/** First line of the note: nothing else that this key signs begins so. */
const TITLE = 'keepline recording export v1';
const CHUNK_NAME = 'klpn';
const CHUNK_HEAD_BYTES = 8;
/** Far above any note; a longer chunk is none of ours. */
export const CERTIFICATE_MAX_BYTES = 4096;

export interface Certificate {
  readonly recordingId: string;
  readonly callId: string;
  /** When the recording was opened, RFC 3339 in UTC. */
  readonly openedAt: string;
  /** `complete`, or why it may not be. */
  readonly state: string;
  /** SHA-256 of the bytes of the WAV's `data` chunk, hex. */
  readonly audioSha256: string;
  /** SHA-256 of the encrypted file as the ledger was closed with it, hex; `-` when it was never finished. */
  readonly ledgerSha256: string;
}
const FIELDS = ['recordingId', 'callId', 'openedAt', 'state', 'audioSha256', 'ledgerSha256'] as const;

/** The chunk, padded to an even length as RIFF asks. All certificates of one recording have the same length. */
export function certificateChunk(certificate: Certificate, signer: NoteSigner): Buffer {
  const text = [TITLE, ...FIELDS.map((field) => `${field} ${certificate[field]}`), ''].join('\n');
  const note = Buffer.from(signNote(text, signer));
  const chunk = Buffer.alloc(CHUNK_HEAD_BYTES + note.length + (note.length % 2));
  chunk.write(CHUNK_NAME, 0, 'latin1');
  chunk.writeUInt32LE(note.length, 4);
  note.copy(chunk, CHUNK_HEAD_BYTES);
  return chunk;
}

/** The RIFF size of a WAV that is followed by so many bytes of chunks. @param header at least the first 12 bytes; changed in place */
export function makeRoomFor(header: Buffer, moreBytes: number): void {
  header.writeUInt32LE(header.readUInt32LE(4) + moreBytes, 4);
}

/** Signed text out of the bytes behind the audio. @throws NoteInvalid @returns undefined when there is no certificate */
export function readCertificate(trailer: Buffer, verifierKey: string): Certificate | undefined {
  if (trailer.length < CHUNK_HEAD_BYTES || trailer.toString('latin1', 0, 4) !== CHUNK_NAME) return undefined;
  const note = trailer.subarray(CHUNK_HEAD_BYTES, CHUNK_HEAD_BYTES + trailer.readUInt32LE(4)).toString('utf8');
  const [title, ...lines] = openNote(note, verifierFrom(verifierKey)).split('\n');
  const facts = new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
  const [recordingId, callId, openedAt, state, audioSha256, ledgerSha256] = FIELDS.map((field) => facts.get(field));
  const whole = recordingId !== undefined && callId !== undefined && openedAt !== undefined && state !== undefined;
  if (title !== TITLE || !whole || audioSha256 === undefined || ledgerSha256 === undefined) return undefined;
  return { recordingId, callId, openedAt, state, audioSha256, ledgerSha256 };
}

/** Bytes of audio that a WAV of ours says it has; undefined when it is none. @param header its first 58 bytes */
export function audioBytesOf(header: Buffer): number | undefined {
  if (header.length < WAV_HEADER_BYTES || header.toString('latin1', 0, 4) !== 'RIFF') return undefined;
  return header.toString('latin1', 50, 54) === 'data' ? header.readUInt32LE(54) : undefined;
}
