/**
 * Trains the tagger of names on made texts and writes its weights: an averaged perceptron with a margin, whole numbers throughout, so that every
 * machine writes the same bytes. Usage: node compliance/scripts/train-name-tagger.ts [--texts N] [--out FILE].
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fold } from '../src/anonymise/reading/fold.ts';
import { FEATURES, featuresOf, SHAPES } from '../src/anonymise/reading/name-features.ts';
import { bestSpans, scoresOf, TAGS, WEIGHTS_LENGTH } from '../src/anonymise/reading/name-tagger.ts';
import { segmentsOf } from '../src/anonymise/reading/segments.ts';
import { type Made, makeTexts } from './name-texts.ts';

const SEED = 20261123;
export const TEXTS = 80_000;
const ROUNDS = 3;
/** A wrong tag must lose by as much. */
const MARGIN = 40;
/** One text in so many is learnt without single characters and words. */
const BARE = 3;
/** Weights are kept in halves, so that the largest fit a byte. */
const SCALE = 2;
/** Largest weight kept. */
const TOP = 127;

/** Weights of `texts` made texts after `ROUNDS` rounds. */
export function train(texts: number): Int8Array {
  const weights = new Int32Array(WEIGHTS_LENGTH);
  const sums = new Float64Array(WEIGHTS_LENGTH); // of update × time; whole numbers below 2^53
  const examples = makeTexts(SEED, texts);
  let time = 0;
  for (let round = 0; round < ROUNDS; round += 1)
    for (const example of examples) {
      time += 1;
      learn(example, time, weights, sums, time % BARE === 0);
    }
  let top = 0;
  const means = weights.map((weight, i) => Math.round((weight * time - (sums[i] ?? 0)) / time / SCALE));
  for (const mean of means) top = Math.max(top, Math.abs(mean));
  const kept = new Int8Array(WEIGHTS_LENGTH);
  for (let i = 0; i < WEIGHTS_LENGTH; i += 1) kept[i] = Math.max(-TOP, Math.min(TOP, means[i] ?? 0));
  console.error(`largest weight ${top}, weights in use ${kept.filter((weight) => weight !== 0).length}`);
  return kept;
}

const wantedTags = ({ text, names }: Made): Uint8Array => {
  const tags = new Uint8Array(text.length);
  for (const { start, end } of names)
    tags
      .fill(2, start, end)
      .fill(1, start, start + 1)
      .fill(3, end - 1, end);
  return tags;
};
const tagsOf = (length: number, spans: readonly { readonly start: number; readonly end: number }[]): Uint8Array =>
  wantedTags({ text: ' '.repeat(length), names: spans });

function learn(example: Made, time: number, weights: Int32Array, sums: Float64Array, bare: boolean): void {
  const { text } = fold(example.text);
  if (text.length !== example.text.length) return; // a text that folding shortens is no loss
  const wanted = wantedTags(example);
  const rows = featuresOf(text, segmentsOf(text));
  if (bare) for (let at = 0; at < text.length; at += 1) rows.fill(0, at * FEATURES + SHAPES, (at + 1) * FEATURES);
  const scores = scoresOf(rows, weights);
  for (let at = 0; at < text.length; at += 1)
    for (let tag = 1; tag <= TAGS; tag += 1) {
      const i = at * TAGS + tag - 1;
      // what is right outside loses the margin by its absence: a wrong tag gains, the right one pays
      scores[i] = (scores[i] ?? 0) + (wanted[at] === tag ? -MARGIN : MARGIN);
    }
  const got = tagsOf(text.length, bestSpans(scores));
  for (let at = 0; at < text.length; at += 1) {
    const right = wanted[at] ?? 0;
    const guess = got[at] ?? 0;
    if (right === guess) continue;
    for (let i = at * FEATURES; i < (at + 1) * FEATURES; i += 1) {
      const slot = (rows[i] ?? 0) * TAGS - 1;
      if (slot < 0) continue;
      if (right > 0) change(slot + right, 1);
      if (guess > 0) change(slot + guess, -1);
    }
  }
  function change(index: number, by: number): void {
    const next = (weights[index] ?? 0) + by;
    if (Math.abs(next) > TOP * SCALE) return; // what fits no byte must be learnt by other features
    weights[index] = next;
    sums[index] = (sums[index] ?? 0) + by * time;
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { texts: { type: 'string' }, out: { type: 'string' } } });
  const weights = train(Number(values.texts ?? TEXTS));
  writeFileSync(values.out ?? join(import.meta.dirname, '../src/anonymise/reading/name-weights.bin'), weights);
}
