/**
 * A sequence tagger of names: beginning, inside and end of a name against everything else, each scored by the summed weights of its features;
 * the best tags of a text are found by Viterbi's algorithm, in one pass. The score of a span, in units of the weights, says how much it
 * looks like a name by what stands in and around it. Pure.
 */
import { FEATURES, SLOTS } from './name-features.ts';

/** Tags that are scored; what is outside a name scores 0. */
export const TAGS = 3;
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

/** For each unit the scores of begin, inside, end; Han only, what cannot be in a name stays far below 0. */
export function scoresOf(rows: Int32Array, weights: Int8Array | Int32Array): Int32Array {
  const units = rows.length / FEATURES;
  const scores = new Int32Array(units * TAGS);
  for (let at = 0; at < units; at += 1) {
    const row = at * FEATURES;
    let begin = 0;
    let inside = 0;
    let end = 0;
    if (rows[row] === 0) begin = inside = end = NEVER;
    else
      for (let i = row; i < row + FEATURES; i += 1) {
        const slot = (rows[i] ?? 0) * TAGS;
        begin += weights[slot] ?? 0;
        inside += weights[slot + 1] ?? 0;
        end += weights[slot + 2] ?? 0;
      }
    scores[at * TAGS] = begin;
    scores[at * TAGS + 1] = inside;
    scores[at * TAGS + 2] = end;
  }
  return scores;
}
const NEVER = -1_000_000;
export const WEIGHTS_LENGTH = SLOTS * TAGS;

/** How much the span looks like a name. */
export function spanScore(scores: Int32Array, start: number, end: number): number {
  let sum = (scores[start * TAGS] ?? 0) + (scores[(end - 1) * TAGS + 2] ?? 0);
  for (let at = start + 1; at < end - 1; at += 1) sum += scores[at * TAGS + 1] ?? 0;
  return sum;
}

/** The spans whose scores sum up highest, in the order of the text. */
export function bestSpans(scores: Int32Array): Span[] {
  const units = scores.length / TAGS;
  // best sums of a path that stands outside, or within a name, before each unit; where that name began
  let outside = 0;
  let within = NEVER;
  let began = 0;
  /** Start of the span that ends before the unit on the best path, -1 for none. */
  const from = new Int32Array(units + 1).fill(-1);
  const best = new Int32Array(units + 1);
  for (let at = 0; at < units; at += 1) {
    const ended = within + (scores[at * TAGS + 2] ?? 0);
    const next = Math.max(outside, ended);
    if (ended > outside) from[at + 1] = began;
    const goesOn = within + (scores[at * TAGS + 1] ?? 0);
    const begins = outside + (scores[at * TAGS] ?? 0);
    if (begins >= goesOn) began = at;
    within = Math.max(begins, goesOn, NEVER);
    outside = next;
    best[at + 1] = next;
  }
  const spans: Span[] = [];
  for (let end = units; end > 0; ) {
    const start = from[end] ?? -1;
    if (start < 0) {
      end -= 1;
      continue;
    }
    spans.push({ start, end, score: (best[end] ?? 0) - (best[start] ?? 0) });
    end = start;
  }
  return spans.toReversed();
}
