/**
 * `./keepline bench anonymise [--json] [--set FILE]`: how much of the labelled personal data is found, how often clean sentences are hit, and
 * how long 200 characters take. One JSON object on stdout.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseLabelled, score } from '../compliance/fixtures/personal-data/score.ts';
import { findPersonalData } from '../compliance/src/anonymise/find-personal-data.ts';

const PIECE = 200; // characters
const WARM_UP = 1_000;
const MEASURED = 10_000;

const { values } = parseArgs({ options: { json: { type: 'boolean' }, set: { type: 'string' } } });
const file = values.set ?? join(import.meta.dirname, '../compliance/fixtures/personal-data/labelled.jsonl');
const rows = parseLabelled(readFileSync(file, 'utf8'));

/** 99th percentile over pieces of 200 characters cut from the whole set, as a conversation would bring them. */
function p99(): number {
  const all = rows.map(({ text }) => text).join('\n');
  const pieces = Array.from({ length: Math.floor(all.length / PIECE) }, (_, i) => all.slice(i * PIECE, (i + 1) * PIECE));
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + MEASURED; i += 1) {
    const begun = performance.now();
    findPersonalData(pieces[i % pieces.length] ?? '');
    if (i >= WARM_UP) times.push(performance.now() - begun);
  }
  return Math.round((times.toSorted((a, b) => a - b)[Math.floor(MEASURED * 0.99)] ?? 0) * 1_000) / 1_000;
}

const result = { p99MsPer200Chars: p99(), ...score(rows, findPersonalData), sentences: rows.length };
console.log(values.json === true ? JSON.stringify(result) : JSON.stringify(result, undefined, 2));
