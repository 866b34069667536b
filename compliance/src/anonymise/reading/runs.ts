/**
 * Runs: digits (and letters, if asked) in the order they are read, with the break before each. A number is a window of a run that begins
 * and ends at a break. Built in one pass; the work is linear in the length of the text. Pure.
 */
import { GAP, type Gap, gapAt } from './gaps.ts';
import { doubtfulTimesAt, type Reader, symbolAt } from './numerals.ts';

export interface Run {
  readonly symbols: string;
  /** Folded offsets of each symbol; those of a repetition (三个8) share one place. */
  readonly start: readonly number[];
  readonly end: readonly number[];
  /** The break before each symbol; the first has `turn`. */
  readonly gap: readonly Gap[];
  /** How often the speaker changed in that break. */
  readonly turns: readonly number[];
}

export interface Window {
  readonly symbols: string;
  readonly start: number;
  readonly end: number;
  /** Lengths of the groups it was written in. */
  readonly groups: readonly number[];
  readonly strongestGap: Gap;
  /** Nothing else is in the run. */
  readonly alone: boolean;
  /** What else is in the run is further away than its own parts, by a pause at least. */
  readonly apart: boolean;
}

export function readRuns(text: string, reader: Reader): Run[] {
  const runs: Run[] = [];
  for (let at = 0; at < text.length; ) {
    let symbol = symbolAt(text, at, reader, false);
    if (symbol === undefined) {
      at += 1;
      continue;
    }
    const run = { symbols: [] as string[], start: [] as number[], end: [] as number[], gap: [] as Gap[], turns: [] as number[] };
    let gap: Gap = GAP.turn;
    let turns = 0;
    const doubtful = doubtfulTimesAt(text, at);
    while (symbol !== undefined) {
      const end = at + symbol.length;
      for (const value of symbol.value) {
        run.symbols.push(value);
        run.start.push(at);
        run.end.push(end);
        run.gap.push(gap);
        run.turns.push(turns);
        gap = GAP.none;
        turns = 0;
      }
      at = end;
      const script = symbol.script;
      symbol = symbolAt(text, at, reader, true);
      if (symbol !== undefined) {
        if (symbol.script !== script || script === 'slip') gap = GAP.soft;
        continue;
      }
      const skipped = gapAt(text, at, reader.letters);
      if (skipped === undefined) break;
      symbol = symbolAt(text, skipped.end, reader, true);
      if (symbol !== undefined) {
        at = skipped.end;
        ({ gap, turns } = skipped);
      }
    }
    runs.push({ ...run, symbols: run.symbols.join('') });
    if (doubtful !== undefined) at = doubtful; // read a second time from its first digit, at which no doubt is left
  }
  return runs;
}

/**
 * The run without what the other side read back: a group equal to the end of what was said just before it. Undefined if there is none.
 * The place of an echo counts as the place of the digit before it, so that a find covers it.
 */
export function withoutEchoes(run: Run): Run | undefined {
  const kept = { symbols: [] as string[], start: [] as number[], end: [] as number[], gap: [] as Gap[], turns: [] as number[] };
  let echoes = 0;
  let turnsSinceKept = 0;
  for (let from = 0; from < run.symbols.length; ) {
    let to = from + 1;
    while (to < run.symbols.length && (run.gap[to] ?? GAP.none) < GAP.comma) to += 1;
    turnsSinceKept += run.turns[from] ?? 0;
    const otherSpeaks = turnsSinceKept % 2 === 1 || turnsSinceKept === 0; // two turns later the first one says the same again
    const before = kept.symbols.length - (to - from);
    let same = to - from > 1 && before >= 0 && otherSpeaks;
    for (let i = from; same && i < to; i += 1) same = kept.symbols[before + i - from] === run.symbols[i];
    if (same) {
      echoes += 1;
      kept.end[kept.end.length - 1] = run.end[to - 1] ?? 0;
    } else {
      turnsSinceKept = 0;
      for (let i = from; i < to; i += 1) {
        kept.symbols.push(run.symbols.charAt(i));
        kept.start.push(run.start[i] ?? 0);
        kept.end.push(run.end[i] ?? 0);
        kept.gap.push(run.gap[i] ?? GAP.none);
        kept.turns.push(run.turns[i] ?? 0);
      }
    }
    from = to;
  }
  return echoes === 0 ? undefined : { ...kept, symbols: kept.symbols.join('') };
}

/** Every window of the given lengths (ascending) and shape that begins and ends at a break. */
export function* windowsOf(run: Run, lengths: readonly number[], shape: RegExp): Generator<Window> {
  const size = run.symbols.length;
  if (size < (lengths[0] ?? 0)) return;
  for (let from = 0; from < size; from += 1) {
    if (run.gap[from] === GAP.none) continue;
    for (const length of lengths) {
      const to = from + length;
      if (to > size) break;
      if ((to === size || run.gap[to] !== GAP.none) && shape.test(run.symbols.slice(from, to))) yield windowOf(run, from, to);
    }
  }
}

function windowOf(run: Run, from: number, to: number): Window {
  const groups: number[] = [];
  let strongestGap: Gap = GAP.none;
  let groupStart = from;
  for (let i = from + 1; i < to; i += 1) {
    const gap = run.gap[i] ?? GAP.none;
    if (gap === GAP.none) continue;
    groups.push(i - groupStart);
    groupStart = i;
    if (gap > strongestGap) strongestGap = gap;
  }
  groups.push(to - groupStart);
  const isApart = (gap: Gap = GAP.none): boolean => gap >= GAP.comma && gap > strongestGap;
  return {
    symbols: run.symbols.slice(from, to),
    start: run.start[from] ?? 0,
    end: run.end[to - 1] ?? 0,
    groups,
    strongestGap,
    alone: from === 0 && to === run.symbols.length,
    apart: (from === 0 || isApart(run.gap[from])) && (to === run.symbols.length || isApart(run.gap[to])),
  };
}
