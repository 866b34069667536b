/** The text of one chunk of a recording, put together from pieces of its audio: what a call in progress and a crash leave in the journal. Pure. */
import { CHUNK_BYTES } from '@keepline/compliance/age';
import { ALAW_SILENCE, wavOffset } from './wav.ts';

/** A piece of audio at its place, within one chunk. */
export interface Piece {
  readonly sample: number;
  readonly alaw: Uint8Array;
}

/** 64 KiB of silence with the pieces laid where they belong; the room of the WAV header in chunk 0 stays silence. */
export class ChunkText {
  readonly bytes = Buffer.alloc(CHUNK_BYTES, ALAW_SILENCE);

  lay({ sample, alaw }: Piece): void {
    const at = wavOffset(sample) % CHUNK_BYTES;
    this.bytes.set(alaw.subarray(0, CHUNK_BYTES - at), at);
  }
}

/** Which chunk a sample lies in. */
export function chunkOf(sample: number): number {
  return Math.floor(wavOffset(sample) / CHUNK_BYTES);
}
