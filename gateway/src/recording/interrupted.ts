/**
 * What a killed gateway left of a recording: chunks 1 … n in `.part`, chunk 0 and the audio since the last whole chunk in `.tail`. With the
 * identity both become one WAV; without it their sizes still tell how long it is.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CHUNK_BYTES,
  HEADER_MAX_BYTES,
  headerLength,
  openChunk,
  openPrefix,
  PAYLOAD_NONCE_BYTES,
  readAt,
  SEALED_CHUNK_BYTES,
  unwrapFileKey,
} from '@keepline/compliance/age';
import type { RecordingId } from '@keepline/contracts/ids';
import { ChunkText, chunkOf } from './chunk-text.ts';
import { RecordingFileGone } from './errors.ts';
import { partName, tailName } from './file-names.ts';
import { frameHeads, journalKey, openSlot, SLOT_BYTES, SLOTS, slotsOf } from './tail-journal.ts';
import { samplesIn, WAV_HEADER_BYTES, type WavSource, wavHeader, wavOffset } from './wav.ts';

const PREFIX_MAX_BYTES = HEADER_MAX_BYTES + PAYLOAD_NONCE_BYTES;

/** Joins both files. A torn or damaged chunk is taken from the journal if that has it, and is silence otherwise. @throws AgeNoMatch, RecordingFileGone */
export async function openInterrupted(dir: string, id: RecordingId, identity: string): Promise<WavSource> {
  const fromTail = await journaledChunks(dir, id, identity);
  const path = join(dir, partName(id));
  const part = await openFile(path);
  try {
    const sealed = await SealedChunks.open(part, identity);
    const wavBytes = Math.max(WAV_HEADER_BYTES, await sealed.wavBytes(), fromTail.wavBytes);
    const samples = samplesIn(wavBytes);
    const size = wavOffset(samples);
    const chunkAt = async (index: number): Promise<Buffer> => {
      const chunk = (await sealed.chunk(index)) ?? (fromTail.chunks.get(index) ?? new ChunkText()).bytes;
      if (index === 0) wavHeader(samples).copy(chunk);
      return chunk.subarray(0, Math.min(chunk.length, size - index * CHUNK_BYTES));
    };
    return {
      samples,
      size,
      async *chunks() {
        for (let index = 0; index * CHUNK_BYTES < size; index++) yield await chunkAt(index);
      },
      chunk: chunkAt,
      close: () => part.close(),
    };
  } catch (thrown) {
    await part.close();
    throw thrown;
  }
}

/** Length in samples as sizes and clear frame heads tell it, for the ledger: no key is needed, and nothing is proven. */
export async function measureInterrupted(dir: string, id: RecordingId): Promise<{ samples: number; bytes: number }> {
  const tail = await readTail(dir, id);
  let wavBytes = 0;
  if (tail.length > 0)
    for (const slot of slotsOf(tail, headerLength(tail) + PAYLOAD_NONCE_BYTES))
      for (const { sample, samples } of frameHeads(slot)) wavBytes = Math.max(wavBytes, wavOffset(sample + samples));
  const part = await openFile(join(dir, partName(id)));
  try {
    const { size } = await part.stat();
    const payload = size - headerLength(await readAt(part, 0, PREFIX_MAX_BYTES)) - PAYLOAD_NONCE_BYTES;
    wavBytes = Math.max(wavBytes, Math.floor(payload / SEALED_CHUNK_BYTES) * CHUNK_BYTES);
    return { samples: samplesIn(wavBytes), bytes: size };
  } finally {
    await part.close();
  }
}

/** Chunks of an unfinished file: chunk 0 may be a hole, the last one torn, and any may carry the flag of the end or not. */
class SealedChunks {
  readonly #file: FileHandle;
  readonly #key: Uint8Array;
  readonly #offset: number;
  readonly #count: number;

  private constructor(file: FileHandle, key: Uint8Array, offset: number, count: number) {
    this.#file = file;
    this.#key = key;
    this.#offset = offset;
    this.#count = count;
  }

  static async open(file: FileHandle, identity: string): Promise<SealedChunks> {
    const { size } = await file.stat();
    const { key, payloadOffset } = await openPrefix(await readAt(file, 0, Math.min(size, PREFIX_MAX_BYTES)), identity);
    return new SealedChunks(file, key, payloadOffset, Math.ceil((size - payloadOffset) / SEALED_CHUNK_BYTES));
  }

  async chunk(index: number): Promise<Buffer | undefined> {
    if (index >= this.#count) return undefined;
    const sealed = await readAt(this.#file, this.#offset + index * SEALED_CHUNK_BYTES, SEALED_CHUNK_BYTES);
    for (const last of [false, true]) {
      try {
        return openChunk(this.#key, index, last, sealed);
      } catch {
        // not sealed that way, or not whole
      }
    }
    return undefined;
  }

  /** End of the last chunk that is whole. */
  async wavBytes(): Promise<number> {
    for (let index = this.#count - 1; index >= 0; index--) {
      const chunk = await this.chunk(index);
      if (chunk) return index * CHUNK_BYTES + chunk.length;
    }
    return 0;
  }
}

async function journaledChunks(
  dir: string,
  id: RecordingId,
  identity: string,
): Promise<{ chunks: Map<number, ChunkText>; wavBytes: number }> {
  const chunks = new Map<number, ChunkText>();
  let wavBytes = 0;
  const tail = await readTail(dir, id);
  if (tail.length === 0) return { chunks, wavBytes };
  const headerEnd = headerLength(tail);
  const nonce = tail.subarray(headerEnd, headerEnd + PAYLOAD_NONCE_BYTES);
  const key = journalKey(await unwrapFileKey(tail.subarray(0, headerEnd), identity), nonce, id);
  for (const slot of slotsOf(tail, headerEnd + PAYLOAD_NONCE_BYTES)) {
    for (const { sample, alaw } of openSlot(key, slot)) {
      const index = chunkOf(sample);
      const chunk = chunks.get(index) ?? new ChunkText();
      chunk.lay({ sample, alaw });
      chunks.set(index, chunk);
      wavBytes = Math.max(wavBytes, wavOffset(sample) + alaw.length);
    }
  }
  return { chunks, wavBytes };
}

/** The journal, or nothing when it was lost: the whole chunks are still worth having. */
async function readTail(dir: string, id: RecordingId): Promise<Buffer> {
  let file: FileHandle;
  try {
    file = await open(join(dir, tailName(id)), 'r');
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const { size } = await file.stat();
    return await readAt(file, 0, Math.min(size, PREFIX_MAX_BYTES + SLOTS * SLOT_BYTES));
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch {
    throw new RecordingFileGone(path);
  }
}
