/** Weights of the tagger of names, read with the first Chinese text. Written by compliance/scripts/train-name-tagger.ts; see there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

let loaded: Int8Array | undefined;

/** One signed byte per slot and tag, three tags a slot. */
export function nameWeights(): Int8Array {
  loaded ??= new Int8Array(readFileSync(join(import.meta.dirname, 'name-weights.bin')));
  return loaded;
}
