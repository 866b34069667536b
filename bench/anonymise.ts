/**
 * `./keepline bench anonymise [--json] [--set FILE]`: how much of the labelled personal data is found, how often clean sentences are hit, and
 * how long 200 characters take, beside the floor of any such search in the same run: Unicode folding and one regular expression. One JSON
 * object on stdout.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Labelled, parseLabelled, score } from '../compliance/fixtures/personal-data/score.ts';
import { findPersonalData } from '../compliance/src/anonymise/find-personal-data.ts';

const PIECE = 200; // characters
const STEP = 50;
/** Each piece is read as often, and its least time counts: what else the machine does is not the cost of a text. */
const READINGS = 9;
const WARM_UP_PASSES = 2;

const FIXTURES = join(import.meta.dirname, '../compliance/fixtures/personal-data');
const rowsOf = (file: string): Labelled[] => parseLabelled(readFileSync(file, 'utf8'));

const { values } = parseArgs({ options: { json: { type: 'boolean' }, set: { type: 'string' } } });
const rows = rowsOf(values.set ?? join(FIXTURES, 'labelled.jsonl'));
/** The halves that nobody read while tuning. */
const unreadOf = (file: string): Labelled[] => rowsOf(join(FIXTURES, file)).filter((_, i) => i % 2 === 1);
const unread = unreadOf('first-sight.jsonl');
const unreadLater = unreadOf('second-sight.jsonl');
const unreadLast = unreadOf('third-sight.jsonl');
const unreadPlain = unreadOf('plain-sight.jsonl');

/** As a conversation would bring them, cut anywhere. */
const all = [...rows, ...unread].map(({ text }) => text).join('\n');
const pieces = Array.from({ length: Math.floor((all.length - PIECE) / STEP) }, (_, i) => all.slice(i * STEP, i * STEP + PIECE));

const NUMBERS = /\d{11}|\d{15,19}|[1-9]\d{16}[\dX]|[\w.]+@[\w.]+/g;
const floor = (text: string): number => Array.from(text.normalize('NFKC').matchAll(NUMBERS)).length;

interface Times {
  readonly p50: number;
  readonly p99: number;
}
/** Over the pieces, ms; search and floor take turns, so that they see the same machine. */
function times(): { readonly search: Times; readonly floor: Times } {
  const taken = [findPersonalData, floor].map((work) => ({ work, readings: pieces.map((): number[] => []) }));
  for (let pass = -WARM_UP_PASSES; pass < READINGS; pass += 1)
    for (const [i, piece] of pieces.entries())
      for (const { work, readings } of taken) {
        const begun = performance.now();
        work(piece);
        if (pass >= 0) readings[i]?.push(performance.now() - begun);
      }
  const [search, bare] = taken.map(({ readings }) => readings.map((each) => Math.min(...each)).toSorted((a, b) => a - b));
  return { search: timesOf(search ?? []), floor: timesOf(bare ?? []) };
}
const round = (value: number): number => Math.round(value * 10_000) / 10_000;
const timesOf = (sorted: readonly number[]): Times => ({
  p50: round(sorted[sorted.length >> 1] ?? 0),
  p99: round(sorted[Math.floor(sorted.length * 0.99)] ?? 0),
});

const measured = times();
/** What a set has that was never looked at; names and addresses by themselves, for they are the hardest. */
function atFirstSight(unseen: readonly Labelled[]): object {
  const { kinds, covered, falseHitsOnClean } = score(unseen, findPersonalData);
  return { kinds: { PERSON_NAME: kinds.PERSON_NAME, ADDRESS: kinds.ADDRESS }, covered, falseHitsOnClean, sentences: unseen.length };
}

const result = {
  p99MsPer200Chars: measured.search.p99,
  p50MsPer200Chars: measured.search.p50,
  floorP99MsPer200Chars: measured.floor.p99,
  floorP50MsPer200Chars: measured.floor.p50,
  timesTheFloor: round(measured.search.p50 / measured.floor.p50),
  ...score(rows, findPersonalData),
  sentences: rows.length,
  firstSightUnread: atFirstSight(unread),
  secondSightUnread: atFirstSight(unreadLater),
  thirdSightUnread: atFirstSight(unreadLast),
  plainSightUnread: atFirstSight(unreadPlain),
};
console.log(values.json === true ? JSON.stringify(result) : JSON.stringify(result, undefined, 2));
