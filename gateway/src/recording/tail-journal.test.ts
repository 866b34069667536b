import { newIdentity, PAYLOAD_NONCE_BYTES, recipientOf, unwrapFileKey } from '@keepline/compliance/age';
import { beforeAll, describe, expect, it } from 'vitest';
import { frameHeads, journalKey, openSlot, type Placed, SLOT_BYTES, SLOTS, slotsOf, TailSealer } from './tail-journal.ts';

const ID = 'rec-0190a000-0000-7000-8000-000000000001';
let identity = '';
let recipient = '';
beforeAll(async () => {
  identity = await newIdentity();
  recipient = await recipientOf(identity);
});

const audio = (fill: number, samples = 4000): Uint8Array => new Uint8Array(samples * 2).fill(fill);
/** The journal file after these writes. */
function file(sealer: TailSealer, placed: readonly (Placed | undefined)[]): Buffer {
  const bytes = Buffer.alloc(sealer.prefix.length + SLOTS * SLOT_BYTES);
  sealer.prefix.copy(bytes);
  for (const place of placed) place?.bytes.copy(bytes, place.offset);
  return bytes;
}
async function keyOf(sealer: TailSealer, id = ID): Promise<Buffer> {
  const headerEnd = sealer.prefix.length - PAYLOAD_NONCE_BYTES;
  return journalKey(await unwrapFileKey(sealer.prefix.subarray(0, headerEnd), identity), sealer.prefix.subarray(headerEnd), id);
}
const samplesOf = (key: Buffer, slots: readonly Uint8Array[]): number[][] =>
  slots.map((slot) => [...openSlot(key, slot)].map(({ sample }) => sample));

describe('the tail journal', () => {
  it('keeps chunk 0 in its slot and lets the other two take turns', async () => {
    const sealer = await TailSealer.to(recipient, ID);
    const placed = [0, 0, 1, 1, 2].map((chunk, i) => sealer.seal(chunk, i * 4000, audio(i)));
    const slots = slotsOf(file(sealer, placed), sealer.prefix.length);
    expect(samplesOf(await keyOf(sealer), slots)).toEqual([[0, 4000], [8000, 12_000], [16_000]]);
  });

  it('ends a slot that is used again before the frames of the earlier chunk', async () => {
    const sealer = await TailSealer.to(recipient, ID);
    const key = await keyOf(sealer);
    const first = [0, 1, 2, 3].map((i) => sealer.seal(1, i * 4000, audio(i)));
    sealer.seal(2, 16_000, audio(9));
    // The same size as before: the old frame behind it still authenticates, and only its counter tells.
    const again = sealer.seal(3, 32_000, audio(7));
    const slots = slotsOf(file(sealer, [...first, again]), sealer.prefix.length);
    expect(samplesOf(key, slots)[1]).toEqual([32_000]);
    const other = sealer.seal(3, 36_000, audio(7, 1000)); // another size: what follows is the middle of an old frame
    expect(samplesOf(key, slotsOf(file(sealer, [...first, again, other]), sealer.prefix.length))[1]).toEqual([32_000, 36_000]);
  });

  it('never uses a counter twice, over slots and chunks: it is the nonce', async () => {
    const sealer = await TailSealer.to(recipient, ID);
    const counters: number[] = [];
    for (let chunk = 0; chunk < 20; chunk++)
      for (let i = 0; i < 3; i++) counters.push(Number(sealer.seal(chunk, 0, audio(1, 10))?.bytes.readBigUInt64BE(0)));
    expect(counters).toEqual(counters.map((_, i) => i));
    expect(() => sealer.seal(3, 0, audio(1, 10))).toThrow(/chunk 3 .* after 19/);
  });

  it('gives the frames before a torn one, wherever it was torn', async () => {
    const sealer = await TailSealer.to(recipient, ID);
    const key = await keyOf(sealer);
    const whole = Buffer.concat([0, 1, 2].map((i) => sealer.seal(0, i * 50, audio(i, 50))?.bytes ?? Buffer.alloc(0)));
    const size = whole.length / 3;
    for (let cut = 0; cut <= whole.length; cut++) {
      const torn = Buffer.concat([whole.subarray(0, cut), Buffer.alloc(whole.length - cut)]); // zeros, as after a power cut
      expect([...openSlot(key, torn)].length).toBe(Math.floor(cut / size));
    }
  });

  it('does not open under the name of another recording, nor after a changed head', async () => {
    const sealer = await TailSealer.to(recipient, ID);
    const frame = sealer.seal(0, 0, audio(1))?.bytes ?? Buffer.alloc(0);
    expect([...openSlot(await keyOf(sealer, ID.replace(/1$/, '2')), frame)]).toEqual([]);
    for (let i = 0; i < 20; i++) {
      const changed = Buffer.from(frame);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect([...openSlot(await keyOf(sealer), changed)]).toEqual([]);
    }
  });

  it('tells lengths without a key, and nothing from rubbish', async () => {
    const sealer = await TailSealer.to(recipient, ID);
    const frame = sealer.seal(0, 123, audio(1))?.bytes ?? Buffer.alloc(0);
    expect([...frameHeads(frame)]).toEqual([{ counter: 0, sample: 123, samples: 4000, start: 0, end: frame.length }]);
    for (const rubbish of [Buffer.alloc(0), Buffer.alloc(500), Buffer.alloc(500, 0xff)]) expect([...frameHeads(rubbish)]).toEqual([]);
  });

  it('leaves out what its slot has no room for, and never writes into the next', async () => {
    const sealer = await TailSealer.to(recipient, ID);
    let frames = 0;
    for (let place = sealer.seal(1, 0, audio(1, 1)); place; place = sealer.seal(1, 0, audio(1, 1))) {
      frames++;
      expect(place.offset + place.bytes.length).toBeLessThanOrEqual(sealer.prefix.length + 2 * SLOT_BYTES);
    }
    expect(frames).toBe(Math.floor(SLOT_BYTES / 38));
    expect(sealer.seal(2, 0, audio(1, 1))).toBeDefined();
  });

  it('gives back the frames of a chunk while its slot is not used again, or says that it cannot', async () => {
    const sealer = await TailSealer.to(recipient, ID);
    const placed = [0, 0, 1, 2].map((chunk, i) => sealer.seal(chunk, i * 4000, audio(i)));
    const journal = file(sealer, placed);
    const read = (chunk: number): Buffer => {
      const { offset, length } = sealer.placeOf(chunk);
      return journal.subarray(offset, offset + length);
    };
    expect([0, 1, 2].map((chunk) => sealer.open(chunk, read(chunk)).map(({ sample }) => sample))).toEqual([[0, 4000], [8000], [12_000]]);
    expect(() => sealer.open(0, read(0).subarray(1))).toThrow(/gives back 0 of its frames of chunk 0/);
    const torn = Buffer.from(read(0)).fill(0, read(0).length - 20);
    expect(() => sealer.open(0, torn)).toThrow(/gives back 1 of its frames/);
    sealer.seal(3, 16_000, audio(9));
    expect(sealer.placeOf(1).length).toBe(0); // its slot is chunk 3's now
    expect(sealer.open(1, Buffer.alloc(0))).toEqual([]);
  });
});
