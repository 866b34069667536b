import { CHUNK_BYTES } from '@keepline/compliance/age';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkFill, type Effect, HOLE_MAX_SAMPLES } from './chunk-fill.ts';
import { ChunkText } from './chunk-text.ts';
import { ALAW_SILENCE, WAV_HEADER_BYTES, wavHeader, wavOffset } from './wav.ts';

interface Block {
  readonly startSample: number;
  readonly samples: number;
}
const audioOf = ({ startSample, samples }: Block): Uint8Array =>
  Uint8Array.from({ length: samples * 2 }, (_, i) => (startSample * 2 + i) % 199); // never the byte of silence, 0xd5
type Chunk = Extract<Effect, { do: 'chunk' }> & { readonly plain: Buffer };
/** Runs the steps as the shell does: each is done, and its bytes copied, before the next is asked for; chunks get the pieces given out before. */
function run(blocks: readonly Block[], end: number): { fill: ChunkFill; effects: Effect[]; chunks: Chunk[] } {
  const fill = new ChunkFill();
  const effects: Effect[] = [];
  const chunks: Chunk[] = [];
  const texts = new Map<number, ChunkText>();
  const take = (steps: Generator<Effect>): void => {
    for (const step of steps) {
      if (step.do === 'audio') {
        const text = texts.get(step.chunk) ?? new ChunkText();
        text.lay(step);
        texts.set(step.chunk, text);
        effects.push({ ...step, alaw: step.alaw.slice() });
        continue;
      }
      const { bytes } = texts.get(step.chunk) ?? new ChunkText();
      if (step.chunk === 0) wavHeader(fill.samples).copy(bytes);
      chunks.push({ ...step, plain: Buffer.from(bytes.subarray(0, step.bytes)) });
      effects.push(step);
    }
  };
  for (const block of blocks) take(fill.accept(block.startSample, audioOf(block)));
  take(fill.end(end));
  return { fill, effects, chunks };
}
/** What the WAV must be: every block where it belongs, the first to claim a place keeps it, silence elsewhere. */
function expected(blocks: readonly Block[], end: number): Buffer {
  let samples = 0;
  const pieces: Buffer[] = [];
  const lay = (until: number, audio?: Uint8Array): void => {
    if (until <= samples) return;
    const bytes = (until - samples) * 2;
    pieces.push(audio ? Buffer.from(audio.subarray(audio.length - bytes)) : Buffer.alloc(bytes, ALAW_SILENCE));
    samples = until;
  };
  for (const block of blocks) {
    lay(block.startSample);
    lay(block.startSample + block.samples, audioOf(block));
  }
  lay(end);
  return Buffer.concat([wavHeader(samples), ...pieces]);
}
const block = fc.record({ startSample: fc.nat(120_000), samples: fc.nat(50_000) });

describe('the cutting of audio into chunks', () => {
  it('gives exactly the WAV, whatever blocks come: late, twice, with holes', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), fc.nat(150_000), (blocks, end) => {
        const chunks = run(blocks, end).chunks.toSorted((a, b) => a.chunk - b.chunk);
        expect(chunks.map(({ chunk }) => chunk)).toEqual(chunks.map((_, i) => i));
        expect(Buffer.concat(chunks.map(({ plain }) => plain)).equals(expected(blocks, end))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('writes chunks in order, chunk 0 after all others, and exactly one as the last of the file', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), fc.nat(150_000), (blocks, end) => {
        const { chunks } = run(blocks, end);
        expect(chunks.at(-1)?.chunk).toBe(0);
        expect(chunks.slice(0, -1).map(({ chunk }) => chunk)).toEqual(chunks.slice(0, -1).map((_, i) => i + 1));
        expect(chunks.filter(({ last }) => last).map(({ chunk }) => chunk)).toEqual([chunks.length - 1]);
        expect(chunks.every(({ last, plain }) => last || plain.length === CHUNK_BYTES)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('journals every piece of audio before its chunk, and no piece across two chunks', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), (blocks) => {
        let done = 0;
        for (const effect of run(blocks, 0).effects) {
          if (effect.do === 'chunk') {
            done = effect.chunk;
            continue;
          }
          const [from, to] = [wavOffset(effect.sample), wavOffset(effect.sample) + effect.alaw.length - 1];
          expect([Math.floor(from / CHUNK_BYTES), Math.floor(to / CHUNK_BYTES)]).toEqual([effect.chunk, effect.chunk]);
          expect(effect.chunk === 0 || effect.chunk === done + 1).toBe(true); // the chunk before is in the file by now
        }
      }),
      { numRuns: 25 },
    );
  });

  it('leaves chunk 0 and a chunk that is full at the end to the end, because the last one is sealed differently', () => {
    const full = (2 * CHUNK_BYTES - WAV_HEADER_BYTES) / 2;
    const { chunks } = run([{ startSample: 0, samples: full }], full);
    expect(chunks.map(({ chunk, last }) => ({ chunk, last }))).toEqual([
      { chunk: 1, last: true },
      { chunk: 0, last: false },
    ]);
  });

  it('ignores a jump of more than an hour, so that a faulty sender cannot fill the disk with silence', () => {
    const { fill } = run([{ startSample: HOLE_MAX_SAMPLES + 1, samples: 5 }], 10);
    expect(fill.samples).toBe(10);
    expect(fill.silentSamples).toBe(10);
  });
});
