/**
 * Words of a text with their parts of speech, from jieba and its own dictionary (hidden Markov model for words that it lacks). It serves as
 * evidence for names: it knows what is an ordinary word, and where one ends. Its work is linear; the dictionary takes some 0.2 s and 70 MB, and is
 * therefore loaded with the first text that holds a Chinese character and never by a process that searches none.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Jieba } from '@node-rs/jieba';

interface Addon {
  readonly Jieba: typeof Jieba;
}

/** `unknown`: no word of the dictionary, as most names; `name`: known as a person's, though of two characters often wrongly; `deed`: a verb, preposition, adverb, pronoun; `word`: any other word. */
export type Sort = 'unknown' | 'name' | 'deed' | 'word';
export interface Segments {
  /** End of the word that begins at each unit, 0 where none begins. */
  readonly endAt: Int32Array;
  /** Whether a word ends before the unit (the first and the one behind the last included). */
  readonly isBreak: (at: number) => boolean;
  readonly sortAt: (start: number) => Sort;
  /** Of the word that holds the unit. */
  readonly sortAround: (at: number) => Sort;
  /** Of the word that ends before `end`. */
  readonly sortBefore: (end: number) => Sort;
}

const HAN = /[\u4e00-\u9fff]/;
/** Tags of persons. */
const NAMES = new Set(['nr', 'nrt', 'nrfg']);
/** What the model guessed. */
const UNKNOWN = 'x';
const DEEDS = new Set(['v', 'vn', 'p', 'd', 'r', 't', 'c', 'ad', 'vd']);
/** Of a text without a Chinese character. */
export const NOTHING: Segments = {
  endAt: new Int32Array(0),
  isBreak: () => true,
  sortAt: () => 'word',
  sortAround: () => 'word',
  sortBefore: () => 'word',
};
const require = createRequire(import.meta.url);
let loaded: Jieba | undefined;

function jieba(): Jieba {
  if (loaded === undefined) {
    const { Jieba: Segmenter } = require('@node-rs/jieba') as Addon;
    loaded = Segmenter.withDict(readFileSync(require.resolve('@node-rs/jieba/dict.txt')));
  }
  return loaded;
}

export function segmentsOf(text: string): Segments {
  if (!HAN.test(text)) return NOTHING;
  const endAt = new Int32Array(text.length + 1);
  const sorts = new Array<Sort | undefined>(text.length + 1);
  /** By the end of each unit. */
  const startOf = new Int32Array(text.length + 1);
  let at = 0;
  for (const { word, tag } of jieba().tag(text, true)) {
    endAt[at] = at + word.length;
    sorts[at] = tag === UNKNOWN ? 'unknown' : NAMES.has(tag) ? 'name' : DEEDS.has(tag) ? 'deed' : 'word';
    startOf.fill(at, at + 1, at + word.length + 1); // for each unit the word it belongs to, so that asking costs one step
    at += word.length;
  }
  return {
    endAt,
    isBreak: (place) => place >= text.length || endAt[place] !== 0,
    sortAt: (start) => sorts[start] ?? 'word',
    sortAround: (place) => sorts[startOf[place + 1] ?? 0] ?? 'word',
    sortBefore: (end) => sorts[startOf[end] ?? 0] ?? 'word',
  };
}
