/**
 * A recording as it leaves the house: the WAV, and behind it the certificate that says whose call it is and that nobody changed it. And the
 * other end: whether such a file is still what left.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { readAt } from '@keepline/compliance/age';
import type { NoteSigner } from '@keepline/compliance/note';
import { messageOf } from '@keepline/contracts/errors';
import { ExportNotProven } from './errors.ts';
import {
  audioBytesOf,
  type Certificate,
  CERTIFICATE_MAX_BYTES,
  certificateChunk,
  makeRoomFor,
  readCertificate,
} from './export-certificate.ts';
import type { LedgerRow } from './ledger.ts';
import { WAV_HEADER_BYTES, type WavSource } from './wav.ts';

const NO_HASH = '0'.repeat(64);
const READ_BYTES = 1_048_576;

export interface SignedWav {
  /** Of the whole file, bytes. */
  readonly size: number;
  bytes(): AsyncGenerator<Buffer>;
}

/** The file as it goes out; the audio is hashed on its way and the certificate comes last. */
export function signedWav(source: WavSource, row: LedgerRow, signer: NoteSigner): SignedWav {
  const certificate = (audioSha256: string): Buffer =>
    certificateChunk(
      {
        recordingId: row.id,
        callId: row.callId,
        openedAt: new Date(row.openedAtMs).toISOString(),
        state: row.state,
        audioSha256,
        ledgerSha256: row.sha256 ?? '-',
      },
      signer,
    );
  const room = certificate(NO_HASH).length;
  return {
    size: source.size + room,
    async *bytes() {
      const hash = createHash('sha256');
      let skip = WAV_HEADER_BYTES;
      for await (const chunk of source.chunks()) {
        hash.update(chunk.subarray(skip));
        if (skip > 0) makeRoomFor(chunk, room);
        skip = 0;
        yield chunk;
      }
      yield certificate(hash.digest('hex'));
    },
  };
}

/** What the file says of itself, once its signature and the hash of its audio are right. @throws ExportNotProven */
export async function verifySignedWav(path: string, verifierKey: string): Promise<Certificate> {
  const file = await open(path, 'r');
  try {
    const audioBytes = audioBytesOf(await readAt(file, 0, WAV_HEADER_BYTES));
    if (audioBytes === undefined) throw new ExportNotProven(path, 'it is not a WAV of a recording');
    const hash = createHash('sha256');
    const end = WAV_HEADER_BYTES + audioBytes;
    for (let at = WAV_HEADER_BYTES; at < end; ) {
      const piece = await readAt(file, at, Math.min(READ_BYTES, end - at));
      if (piece.length === 0) throw new ExportNotProven(path, 'it was cut');
      hash.update(piece);
      at += piece.length;
    }
    const certificate = certificateIn(path, await readAt(file, end, CERTIFICATE_MAX_BYTES), verifierKey);
    if (certificate.audioSha256 !== hash.digest('hex')) throw new ExportNotProven(path, 'its audio was changed');
    return certificate;
  } finally {
    await file.close();
  }
}

function certificateIn(path: string, trailer: Buffer, verifierKey: string): Certificate {
  let found: Certificate | undefined;
  try {
    found = readCertificate(trailer, verifierKey);
  } catch (thrown) {
    throw new ExportNotProven(path, messageOf(thrown));
  }
  if (!found) throw new ExportNotProven(path, 'it carries no certificate');
  return found;
}
