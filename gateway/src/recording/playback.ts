/**
 * A recording as a WAV again, chunk by chunk, given the identity. Opening one is a sensitive act: callers wrap it in `audited`.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AgeReader,
  CHUNK_BYTES,
  HEADER_MAX_BYTES,
  headerLength,
  PAYLOAD_NONCE_BYTES,
  plaintextBytes,
  readAt,
} from '@keepline/compliance/age';
import type { RecordingId } from '@keepline/contracts/ids';
import { RecordingChanged, RecordingFileGone } from './errors.ts';
import { openInterrupted } from './interrupted.ts';
import { digestOf } from './recording-disk.ts';
import { samplesIn, type WavSource } from './wav.ts';

/** What the ledger knows of the file. */
export interface KnownFile {
  readonly id: RecordingId;
  readonly file: string;
  /** Hex; '' when the file was never finished. */
  readonly sha256: string;
}

/**
 * Opens a recording, finished or not. A finished one must have the hash it was closed with, whoever can decrypt it: anybody may encrypt
 * something else to the same recipient.
 * @throws RecordingFileGone, RecordingChanged, AgeNoMatch, AgeDamaged
 */
export async function openPlayback(dir: string, { id, file, sha256 }: KnownFile, identity: string): Promise<WavSource> {
  if (file.endsWith('.part')) return openInterrupted(dir, id, identity);
  await requireUnchanged(dir, { id, file, sha256 });
  const handle = await open(join(dir, file), 'r');
  try {
    const reader = await AgeReader.open(handle, identity);
    return {
      samples: samplesIn(reader.size),
      size: reader.size,
      chunks: () => reader.chunks(),
      chunk: (index) => reader.chunk(index),
      close: () => handle.close(),
    };
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

/** The bytes from `start` to before `end`, a chunk at a time; only the chunks they lie in are decrypted. @throws AgeDamaged */
export async function* slice(source: Pick<WavSource, 'chunk'>, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const index = Math.floor(at / CHUNK_BYTES);
    const chunk = await source.chunk(index);
    yield chunk.subarray(at - index * CHUNK_BYTES, Math.min(chunk.length, end - index * CHUNK_BYTES));
    at = (index + 1) * CHUNK_BYTES;
  }
}

/** @throws RecordingFileGone, RecordingChanged */
export async function requireUnchanged(dir: string, { id, file, sha256 }: KnownFile): Promise<void> {
  const path = join(dir, file);
  const digest = await digestOf(path).catch(() => undefined);
  if (!digest) throw new RecordingFileGone(path);
  if (digest.sha256 !== sha256) throw new RecordingChanged(id);
}

/** Length of a finished file in samples, from its size alone. @throws AgeHeaderInvalid, AgeDamaged */
export async function finishedSamples(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const payloadOffset = headerLength(await readAt(file, 0, HEADER_MAX_BYTES)) + PAYLOAD_NONCE_BYTES;
    return samplesIn(plaintextBytes(size - payloadOffset));
  } finally {
    await file.close();
  }
}
