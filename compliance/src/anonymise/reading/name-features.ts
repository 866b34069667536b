/**
 * What the tagger of names looks at, one row of hashed features per unit of the text: characters and words around it, classes of surnames and
 * given-name characters, cues to the left and right, where words begin and end. Training and tagging share it. Pure.
 */
import { givenLikeness } from './given-names.ts';
import { HOMOGRAPHS, isLeftCue, KIN, RIGHT_CUES, TITLES_OF_SURNAMES } from './name-cues.ts';
import type { Segments, Sort } from './segments.ts';
import { COMPOUND, NEVER_GIVEN, NOT_NAMES, SURNAMES } from './surnames.ts';

/** Slots of the hashed features; a power of two. */
export const SLOTS = 1 << 18;
/** Features that say nothing of single characters; the rest may be left out in training, so that these learn to stand alone. */
export const SHAPES = 13;
export const FEATURES = 30;

const PAD = 4;
const COMMON_SURNAMES = new Set([...SURNAMES].slice(0, 80));
const SORTS: Readonly<Record<Sort, number>> = { unknown: 0, name: 1, deed: 2, word: 3 };

const isHan = (char: string): boolean => char >= '\u4e00' && char <= '\u9fff' && char.length === 1;

/** Sort of the character: Han, digit, letter, space, end of line, comma, colon, other; 8 outside the text. */
function charClass(char: string): number {
  if (isHan(char)) return 0;
  if (char >= '0' && char <= '9') return 1;
  if ((char >= 'A' && char <= 'Z') || (char >= 'a' && char <= 'z')) return 2;
  if (char === ' ') return 3;
  if (char === '\n') return 4;
  if (char === ',' || char === '、' || char === ';') return 5;
  return char === ':' || char === '=' ? 6 : 7;
}

function surnameClass(text: string, at: number): number {
  if (COMPOUND.has(text.slice(at, at + 2))) return 4;
  const char = text.charAt(at);
  if (!SURNAMES.has(char)) return 0;
  if (NOT_NAMES.has(text.slice(at, at + 2))) return 5;
  if (HOMOGRAPHS.has(char)) return 3;
  return COMMON_SURNAMES.has(char) ? 2 : 1;
}

const mix = (hash: number, value: number): number => Math.imul(hash ^ value, 0x9e3779b1) ^ (hash >>> 15);
/** Of one arity, so that nothing is allocated for some thousand calls a text. */
const hashOf = (kind: number, a: number, b: number, c: number, d: number, e: number, f: number): number => {
  const hash = mix(mix(mix(mix(mix(mix(kind, a), b), c), d), e), f);
  return (hash ^ (hash >>> 13)) & (SLOTS - 1) || 1; // 0 stands for nothing
};

/** `FEATURES` slots per unit of `text`, row after row; some thousand steps per hundred units, whatever they are. */
export function featuresOf(text: string, segments: Segments): Int32Array {
  const n = text.length;
  const size = n + 2 * PAD;
  const table = (): Int32Array => new Int32Array(size);
  const [char, type, surname, given] = [table(), table(), table(), table()];
  const [piece, left, right, title] = [table(), table(), table(), table()];
  type.fill(8);
  const word = new Int32Array(size); // hash of the word that holds the unit
  const wordStart = new Int32Array(size);
  const wordEnd = new Int32Array(size);
  for (let at = 0; at < n; ) {
    const end = Math.max(at + 1, segments.endAt[at] ?? 0);
    let hash = 7;
    for (let i = at; i < end && i < at + 8; i += 1) hash = mix(hash, text.charCodeAt(i));
    const sort = SORTS[segments.sortAt(at)];
    for (let i = at; i < end; i += 1) {
      const place = end - at === 1 ? 0 : i === at ? 1 : i === end - 1 ? 3 : 2;
      piece[i + PAD] = 1 + place * 4 + sort;
      word[i + PAD] = hash;
      wordStart[i + PAD] = at + PAD;
      wordEnd[i + PAD] = end + PAD;
    }
    at = end;
  }
  for (let at = 0; at < n; at += 1) {
    const one = text.charAt(at);
    const i = at + PAD;
    char[i] = text.charCodeAt(at);
    type[i] = charClass(one);
    if (type[i] !== 0) continue;
    surname[i] = surnameClass(text, at);
    given[i] = NEVER_GIVEN.has(one) ? 1 : givenLikeness(text, at, at + 1) > 0 ? 3 : 2;
    left[i] = isLeftCue(text, at) ? 1 : 0;
    right[i] = RIGHT_CUES.longestAt(text, at) === undefined ? 0 : 1;
    title[i] = TITLES_OF_SURNAMES.longestAt(text, at) === undefined ? (KIN.longestAt(text, at) === undefined ? 0 : 1) : 2;
  }
  const rows = new Int32Array(n * FEATURES);
  for (let at = 0; at < n; at += 1) {
    const i = at + PAD;
    if (type[i] !== 0) continue;
    const row = at * FEATURES;
    let kind = 0;
    const put = (first: number, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0): void => {
      rows[row + kind] = hashOf((kind += 1), first, second, third, fourth, fifth, sixth);
    };
    const c = (k: number): number => char[i + k] ?? 0;
    const t = (k: number): number => type[i + k] ?? 8;
    const s = (k: number): number => surname[i + k] ?? 0;
    const g = (k: number): number => given[i + k] ?? 0;
    const p = (k: number): number => piece[i + k] ?? 0;
    const l = (k: number): number => left[i + k] ?? 0;
    const r = (k: number): number => right[i + k] ?? 0;
    const h = (k: number): number => title[i + k] ?? 0;
    const before = word[(wordStart[i] ?? 1) - 1] ?? 0;
    const behind = word[wordEnd[i] ?? 0] ?? 0;
    put(s(0), g(1), g(2), l(0), t(-1));
    put(s(-1), g(0), g(1), t(1));
    put(s(-2), g(-1), g(0), t(1));
    put(p(-1), p(0), p(1));
    put(p(0), p(1), p(2), s(0));
    put(p(-1), p(0), s(-1), g(0));
    put(l(0), s(0), g(1), g(2), r(2), r(3));
    put(l(-1), s(-1), g(0), r(1), r(2), p(1));
    put(l(-2), s(-2), g(-1), g(0), r(1), p(1));
    put(t(-1), t(1), t(2), t(3), s(0));
    put(t(-3), t(-2), t(-1), t(1), s(-1), s(-2));
    put(h(0), h(1), s(0), s(-1), s(-2), h(-1));
    put(p(-2), p(-1), p(0), s(-2), g(-1), g(0));
    put(c(0));
    put(c(-1), s(0));
    put(c(1), g(0));
    put(c(-2), s(-1));
    put(c(2));
    put(c(-2), c(-1));
    put(c(-1), c(0));
    put(c(0), c(1));
    put(c(1), c(2));
    put(c(-3), c(-2), c(-1));
    put(c(1), c(2), c(3));
    put(before, s(0), g(1));
    put(behind, g(0), s(-1), s(-2));
    put(word[i] ?? 0, p(0));
    put(c(-1), c(1));
    put(behind, before);
    put(c(-4), c(-3), s(-2), s(-1));
  }
  return rows;
}
