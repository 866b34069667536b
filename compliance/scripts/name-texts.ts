/**
 * Makes texts with names and texts without any, from the grammar beside it, a seed, and the words of the segmenter's dictionary (how often each is
 * used; which characters stand in the given names that it lists). Nothing is taken from a conversation.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { givenLikeness } from '../src/anonymise/reading/given-names.ts';
import { PUBLIC_NAMES } from '../src/anonymise/reading/name-cues.ts';
import { COMPOUND, NEVER_GIVEN, NOT_NAMES, SURNAMES } from '../src/anonymise/reading/surnames.ts';
import {
  BEFORE,
  BEHIND,
  CLEAN,
  FIELDS,
  GOODS,
  LINKS,
  NO_PERSON,
  OF_GOODS,
  OPENINGS,
  ROLES,
  SOUNDS_LIKE,
  TAILS,
  TITLES,
} from './name-phrases.ts';

export interface Made {
  readonly text: string;
  readonly names: readonly { readonly start: number; readonly end: number }[];
}

/** Xorshift of 32 bits: enough for texts, and the same on every machine. */
class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  of<T>(choices: readonly T[]): T {
    const chosen = choices[this.below(choices.length)];
    if (chosen === undefined) throw new RangeError('nothing to choose from');
    return chosen;
  }

  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }
}

/** Chosen as often as their weights say. */
class Weighted {
  readonly #words: readonly string[];
  readonly #sums: readonly number[];

  constructor(entries: readonly (readonly [string, number])[]) {
    let sum = 0;
    this.#words = entries.map(([word]) => word);
    this.#sums = entries.map(([, weight]) => (sum += weight));
  }

  pick(chance: Chance): string {
    const wanted = chance.below(this.#sums.at(-1) ?? 1);
    let low = 0;
    let high = this.#sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sums[middle] ?? 0) <= wanted) low = middle + 1;
      else high = middle;
    }
    return this.#words[low] ?? '';
  }
}

/** How much likelier a character of the list of given names is than the dictionary says. */
const LIKELY = 5;
const HAN = /^[\u4e00-\u9fff]+$/;
const DICTIONARY = createRequire(import.meta.url).resolve('@node-rs/jieba/dict.txt');
/** Above it the dictionary's words are in daily use. */
const USED = 10;
const SURNAME_LIST = [...SURNAMES];
const COMMON = 100; // surnames that most people have
const COMPOUNDS = [...COMPOUND];
const PUBLIC = [...PUBLIC_NAMES];
/** Surnames that are words by themselves more often; the others are no words of a text without names. */
const WORDS_TOO = '和于向从常应全都高白成安时车路水金方单文明';

interface Words {
  readonly any: Weighted;
  /** Begin like a name. */
  readonly tempting: readonly string[];
  readonly given: Weighted;
  readonly asNames: readonly string[];
}

function dictionaryWords(): Words {
  const any: [string, number][] = [];
  const tempting: string[] = [];
  const asNames: string[] = [];
  const given = new Map<string, number>();
  const common = new Set(SURNAME_LIST.slice(0, COMMON));
  for (const line of readFileSync(DICTIONARY, 'utf8').split('\n')) {
    const [word = '', count = '0', tag = ''] = line.split(' ');
    if (!HAN.test(word) || word.length > 4) continue;
    if (tag.startsWith('nr')) {
      if (word.length === 3 && common.has(word.charAt(0)))
        for (const char of word.slice(1)) if (!NEVER_GIVEN.has(char)) given.set(char, (given.get(char) ?? 0) + 1);
      continue;
    }
    if (Number(count) < USED) continue;
    if (word.length === 1 && SURNAMES.has(word) && !WORDS_TOO.includes(word)) continue;
    any.push([word, Math.ceil(Math.sqrt(Number(count)))]);
    if (word.length === 2 && givenLikeness(word, 0, 2) === 1) asNames.push(word);
    if (SURNAMES.has(word.charAt(0)) && word.length > 1 && (NOT_NAMES.has(word.slice(0, 2)) || givenLikeness(word, 1, word.length) === 0))
      tempting.push(word);
  }
  tempting.push(...NOT_NAMES);
  return {
    any: new Weighted(any),
    tempting,
    asNames,
    given: new Weighted(
      [...given].filter(([, times]) => times > 2).map(([char, times]) => [char, times * (givenLikeness(char, 0, 1) > 0 ? LIKELY : 1)]),
    ),
  };
}

/** Texts without end, the same for the same seed. */
export function makeTexts(seed: number, count: number): Made[] {
  const chance = new Chance(seed);
  const words = dictionaryWords();
  return Array.from({ length: count }, () => madeText(chance, words));
}

const surname = (chance: Chance): string => {
  if (chance.oneIn(25)) return chance.of(COMPOUNDS);
  return SURNAME_LIST[chance.below(chance.oneIn(3) ? SURNAME_LIST.length : COMMON)] ?? '王';
};
function fullName(chance: Chance, words: Words): string {
  const first = surname(chance);
  if (chance.oneIn(30)) return first + chance.of(words.asNames);
  const one = words.given.pick(chance);
  if (chance.below(10) < 3) return first + one;
  return first + one + (chance.oneIn(25) ? one : words.given.pick(chance));
}
const titled = (chance: Chance): string =>
  chance.oneIn(8)
    ? chance.of(['小', '老', '老', '小', '阿']) + surname(chance).charAt(0)
    : (chance.oneIn(4) ? fullNameless(chance) : surname(chance)) + chance.of(TITLES);
const fullNameless = (chance: Chance): string => SURNAME_LIST[chance.below(COMMON)] ?? '李';
const mobile = (chance: Chance): string => `13${String(chance.below(1_000_000_000)).padStart(9, '0')}`;
const word = (chance: Chance, words: Words): string => (chance.oneIn(3) ? chance.of(words.tempting) : words.any.pick(chance));

/** What stands before a name that nothing announces. */
const AMONG = ['', '', 'W', 'FW', 'WF', 'WW', 'R', 'F', 'WFWF', 'RF', 'W，', 'R说'];
const FUNCTION_WORDS = Array.from('的了在是和不就把给对从与及被也都还要会到让跟为由以将向没再又能可');
/** A word that could not be told from a name in the place of one: no example for either side. */
const ambiguous = (text: string): boolean =>
  SURNAMES.has(text.charAt(0)) &&
  text.length > 1 &&
  text.length < 4 &&
  !NOT_NAMES.has(text.slice(0, 2)) &&
  givenLikeness(text, 1, text.length) > 0;

function madeText(chance: Chance, words: Words): Made {
  let text = '';
  const names: { start: number; end: number }[] = [];
  const add = (piece: string): void => {
    text += piece;
  };
  const addName = (name: string): void => {
    names.push({ start: text.length, end: text.length + name.length });
    text += name;
  };
  const filled = (phrase: string): void => {
    for (const sign of phrase) {
      if (sign === 'M') add(mobile(chance));
      else if (sign === 'F') add(chance.of(FUNCTION_WORDS));
      else if (sign === 'R') add(chance.of(ROLES));
      else if (sign === 'G') add(chance.oneIn(4) ? chance.of(PUBLIC) : chance.of(SOUNDS_LIKE));
      else if (sign === 'W') {
        let chosen = word(chance, words);
        while (ambiguous(chosen)) chosen = word(chance, words);
        add(chosen);
      } else add(sign);
    }
  };
  const pause = (): void => add(chance.of(['', '', '，', '，', ' ', '。', '，']));
  const someName = (): void => addName(chance.oneIn(5) ? titled(chance) : fullName(chance, words));
  const withName = (): void => {
    switch (chance.below(11)) {
      case 0:
      case 1: {
        add(chance.of(FIELDS) + chance.of(LINKS));
        addName(chance.oneIn(7) ? titled(chance) : fullName(chance, words));
        add(chance.of(['，', '，', ' ', '\n', '', '；', '。', '（']));
        if (chance.oneIn(2))
          add(
            chance.of(['电话', '手机', '身份证号', '账号', '卡号', '地址', '性别', '金额']) + chance.of(['：', '', ' ']) + mobile(chance),
          );
        return;
      }
      case 2:
      case 3:
        filled(chance.of(BEFORE));
        someName();
        return;
      case 4:
        filled(chance.of(BEFORE));
        someName();
        filled(chance.of(BEHIND) + (chance.oneIn(2) ? 'W' : ''));
        return;
      case 5:
      case 6:
        someName();
        filled(chance.of(BEHIND) + chance.of(['', 'W', 'WW', 'R', 'G']));
        return;
      case 7:
        someName();
        add(chance.of(['和', '、', '跟', '与', '及', '，']));
        someName();
        if (chance.oneIn(3)) {
          add(chance.of(['和', '、']));
          someName();
        }
        filled(chance.of(BEHIND));
        return;
      case 8:
      case 9: // among any words, so that the name by itself is learnt too
        filled(chance.of(AMONG));
        addName(fullName(chance, words));
        filled(chance.of(['', '了', '的', '没', '不', '被', '要', '']) + chance.of(['W', 'WW', 'WF', 'WFW', '，W', 'FW']));
        return;
      default:
        filled(chance.of(['W', 'WW', 'R', '']));
        filled(chance.of(BEFORE));
        someName();
        filled(chance.of(['W', 'WW', 'R', '，W']));
    }
  };
  const parts = 1 + chance.below(3);
  for (let part = 0; part < parts; part += 1) {
    if (chance.oneIn(3)) filled(chance.of(OPENINGS));
    if (chance.below(10) < 5) withName();
    else if (chance.oneIn(5)) {
      filled(chance.of(['', '', 'W', '请问', '我在', '买了', '去', '听说', '我想买', '看']));
      add(chance.oneIn(3) ? chance.of(PUBLIC) : fullName(chance, words));
      if (chance.oneIn(2)) filled(chance.of(NO_PERSON));
      else filled(chance.of(['', '的']) + chance.of(GOODS) + chance.of(OF_GOODS));
    } else if (chance.oneIn(4))
      for (let left = 2 + chance.below(6); left > 0; left -= 1) filled(chance.of(['W', 'W', 'WF', 'F', 'W，', 'G']));
    else filled(chance.of(CLEAN));
    if (chance.oneIn(3)) {
      pause();
      filled(chance.of(TAILS));
    }
    pause();
  }
  return { text, names };
}
