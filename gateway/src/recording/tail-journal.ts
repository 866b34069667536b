/**
 * Layout and sealing of a tail journal, pure: the audio of a recording that is not yet in its age file, so that a killed process loses
 * half a second and not the 4 s of a chunk. Prefix (age header and 16-byte nonce), then three slots: slot 0 for the audio of chunk 0, slots
 * 1 and 2 in turn for the chunk that fills. See docs/adr/0002-recording-tail.md.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { CHUNK_BYTES, newPayloadNonce, wrapFileKey } from '@keepline/compliance/age';
import { MAX_SAMPLES, SAMPLE_BYTES } from './wav.ts';

/** Counter (8), first sample (8), length of the audio (4), all big-endian. */
const FRAME_HEAD_BYTES = 20;
const TAG_BYTES = 16;
const FRAME_BYTES = FRAME_HEAD_BYTES + TAG_BYTES;
/** Twice a chunk: room for its audio even in blocks of 3 ms. A file of three slots is sparse beyond what is used. */
export const SLOT_BYTES = 2 * CHUNK_BYTES;
export const SLOTS = 3;
/** A block per millisecond for 72 hours stays far below; a larger number is not a counter. */
const COUNTER_MAX = 2 ** 40;
const AEAD = 'chacha20-poly1305';

export interface Frame {
  /** Never used twice under one key: it is the nonce. */
  readonly counter: number;
  readonly sample: number;
  readonly alaw: Buffer;
}

/**
 * HKDF-SHA-256 of the journal's own file key, salt = the nonce behind its header. The label differs from age's `payload`, and names the
 * recording, so that frames of one journal mean nothing in another.
 */
export function journalKey(fileKey: Uint8Array, nonce: Uint8Array, recordingId: string): Buffer {
  return Buffer.from(hkdfSync('sha256', fileKey, nonce, `keepline recording tail v1 ${recordingId}`, 32));
}

export interface Placed {
  /** From the start of the journal file. */
  readonly offset: number;
  readonly bytes: Buffer;
}

/** What a slot holds of one chunk. */
interface Held {
  chunk: number;
  bytes: number;
  frames: number;
}

/**
 * Seals frames, says where they belong, and opens them again for the file. A journal is written by one process, in one go; it is never
 * opened again to append.
 */
export class TailSealer {
  readonly prefix: Buffer;
  readonly #key: Buffer;
  readonly #held: readonly Held[] = Array.from({ length: SLOTS }, () => ({ chunk: 0, bytes: 0, frames: 0 }));
  #counter = 0;
  #chunk = 0;

  private constructor(prefix: Buffer, key: Buffer) {
    this.prefix = prefix;
    this.#key = key;
  }

  /** @throws AgeKeyInvalid */
  static async to(recipient: string, recordingId: string): Promise<TailSealer> {
    const { header, fileKey } = await wrapFileKey(recipient);
    const nonce = newPayloadNonce();
    return new TailSealer(Buffer.concat([header, nonce]), journalKey(fileKey, nonce, recordingId));
  }

  /**
   * One piece of audio of one chunk. Chunks must not go back: the slot of chunk n is used again by chunk n + 2.
   * @returns undefined when the slot is full, which takes blocks below 3 ms
   */
  seal(chunk: number, sample: number, alaw: Uint8Array): Placed | undefined {
    if (chunk < this.#chunk) throw new RangeError(`chunk ${chunk} of a tail journal after ${this.#chunk}`);
    this.#chunk = chunk;
    const held = this.#slot(chunk);
    if (held.chunk !== chunk) Object.assign(held, { chunk, bytes: 0, frames: 0 });
    if (held.bytes + FRAME_BYTES + alaw.length > SLOT_BYTES) return undefined;
    const head = Buffer.alloc(FRAME_HEAD_BYTES);
    head.writeBigUInt64BE(BigInt(this.#counter), 0);
    head.writeBigUInt64BE(BigInt(sample), 8);
    head.writeUInt32BE(alaw.length, 16);
    const cipher = createCipheriv(AEAD, this.#key, frameNonce(this.#counter), { authTagLength: TAG_BYTES }).setAAD(head, {
      plaintextLength: alaw.length,
    });
    const bytes = Buffer.concat([head, cipher.update(alaw), cipher.final(), cipher.getAuthTag()]);
    const offset = this.#offsetOf(chunk) + held.bytes;
    this.#counter++;
    held.bytes += bytes.length;
    held.frames++;
    return { offset, bytes };
  }

  /** Where the frames of this chunk lie in the journal file; a length of 0 when there are none, or their slot is used again. */
  placeOf(chunk: number): { readonly offset: number; readonly length: number } {
    const held = this.#slot(chunk);
    return { offset: this.#offsetOf(chunk), length: held.chunk === chunk ? held.bytes : 0 };
  }

  /** The frames of this chunk in what was read at {@link placeOf}. @throws Error when not all come back as they were sealed */
  open(chunk: number, read: Uint8Array): Frame[] {
    const frames = [...openSlot(this.#key, read)];
    const { length } = this.placeOf(chunk);
    if (read.length === length && (length === 0 || frames.length === this.#slot(chunk).frames)) return frames;
    throw new Error(`the journal gives back ${frames.length} of its frames of chunk ${chunk}`);
  }

  #slot(chunk: number): Held {
    const held = this.#held[slotOf(chunk)];
    if (held === undefined) throw new RangeError(`no slot for chunk ${chunk}`);
    return held;
  }

  #offsetOf(chunk: number): number {
    return this.prefix.length + slotOf(chunk) * SLOT_BYTES;
  }
}

/** What stands in clear before a frame: enough to tell how long a recording is, not what was said. */
export interface FrameHead {
  readonly counter: number;
  readonly sample: number;
  readonly samples: number;
  /** The whole frame within its slot. */
  readonly start: number;
  readonly end: number;
}

/** Frames of one slot in order, unchecked, up to the first that is torn or left over from an earlier chunk. */
export function* frameHeads(slot: Uint8Array): Generator<FrameHead> {
  const bytes = Buffer.from(slot.buffer, slot.byteOffset, slot.length);
  let before = -1;
  for (let start = 0; start + FRAME_BYTES <= bytes.length; ) {
    const counter = Number(bytes.readBigUInt64BE(start));
    const sample = Number(bytes.readBigUInt64BE(start + 8));
    const length = bytes.readUInt32BE(start + 16);
    const end = start + FRAME_BYTES + length;
    const sound = counter > before && counter <= COUNTER_MAX && sample <= MAX_SAMPLES && length > 0 && length % SAMPLE_BYTES === 0;
    if (!sound || end > bytes.length) return;
    yield { counter, sample, samples: length / SAMPLE_BYTES, start, end };
    before = counter;
    start = end;
  }
}

/** The same with their audio, up to the first that does not authenticate. Never throws: after a crash whatever is whole is worth having. */
export function* openSlot(key: Uint8Array, slot: Uint8Array): Generator<Frame> {
  for (const { counter, sample, start, end } of frameHeads(slot)) {
    const alaw = openFrame(key, counter, Buffer.from(slot.buffer, slot.byteOffset + start, end - start));
    if (!alaw) return;
    yield { counter, sample, alaw };
  }
}

/** The three slots behind a prefix of this length; short or empty where the file ends before. */
export function slotsOf(file: Uint8Array, prefixBytes: number): Uint8Array[] {
  return Array.from({ length: SLOTS }, (_, slot) => {
    const start = prefixBytes + slot * SLOT_BYTES;
    return file.subarray(start, start + SLOT_BYTES);
  });
}

function openFrame(key: Uint8Array, counter: number, frame: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(AEAD, key, frameNonce(counter), { authTagLength: TAG_BYTES })
    .setAAD(frame.subarray(0, FRAME_HEAD_BYTES), { plaintextLength: frame.length - FRAME_BYTES })
    .setAuthTag(frame.subarray(frame.length - TAG_BYTES));
  const plain = decipher.update(frame.subarray(FRAME_HEAD_BYTES, frame.length - TAG_BYTES));
  try {
    decipher.final();
    return plain;
  } catch {
    return undefined;
  }
}

function slotOf(chunk: number): number {
  return chunk === 0 ? 0 : 1 + ((chunk - 1) % 2);
}

function frameNonce(counter: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(counter), 4);
  return nonce;
}
