/** A text made ready for the recognisers: folded, its runs of digits, and where its keywords are. Made once per text. Pure. */
import { type Folded, fold } from './fold.ts';
import { type Keyword, keywordsIn, type Topic } from './keywords.ts';
import { featuresOf } from './name-features.ts';
import { scoresOf } from './name-tagger.ts';
import { nameWeights } from './name-weights.ts';
import { NOTHING, type Segments, segmentsOf } from './segments.ts';
import { readRuns, type Run, withoutEchoes } from './runs.ts';

export interface Reading {
  readonly folded: Folded;
  readonly text: string;
  /** As written and spoken, and once more without what was read back. */
  readonly digits: readonly Run[];
  /** The same with slips of recognition read as digits: `trust` them only beside a keyword. */
  readonly slips: readonly Run[];
  /** Digits and letters, for codes. */
  readonly codes: readonly Run[];
  readonly keywords: Keywords;
  readonly segments: Segments;
  /** Scores of the tagger of names, made when first asked for. */
  readonly names: () => Int32Array;
}

const withEchoesResolved = (runs: readonly Run[]): Run[] =>
  runs.flatMap((run) => {
    const other = withoutEchoes(run);
    return other === undefined ? [run] : [run, other];
  });

export function read(source: string): Reading {
  const folded = fold(source);
  const { text } = folded;
  const segments = segmentsOf(text);
  let names: Int32Array | undefined;
  return {
    folded,
    text,
    digits: withEchoesResolved(readRuns(text, { letters: false, slips: false })),
    slips: withEchoesResolved(readRuns(text, { letters: false, slips: true })),
    codes: withEchoesResolved(readRuns(text, { letters: true, slips: false })),
    keywords: new Keywords(text, keywordsIn(text)),
    segments,
    names: () => (names ??= segments === NOTHING ? new Int32Array(0) : scoresOf(featuresOf(text, segments), nameWeights())),
  };
}

/** How far words reach, in folded units. A clause of speech is seldom longer than `FAR`. */
export const REACH = { near: 12, middle: 24, far: 40, behind: 10 } as const;

const POINTS_BACK = /^[, ]{1,2}(?:这|那|就|也|都)个?就?是/;

export class Keywords {
  readonly #text: string;
  readonly #all: readonly Keyword[];

  constructor(text: string, all: readonly Keyword[]) {
    this.#text = text;
    this.#all = all;
  }

  /** Index of the first keyword that begins at or behind `at`. */
  #from(at: number): number {
    let low = 0;
    let high = this.#all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#all[middle]?.start ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The keywords that end in the `reach` units before `at`, nearest first. */
  *before(at: number, reach: number): Generator<Keyword> {
    for (let i = this.#from(at) - 1; i >= 0; i -= 1) {
      const word = this.#all[i];
      if (word === undefined || word.end < at - reach) return;
      if (word.end <= at) yield word;
    }
  }

  *after(at: number, reach: number): Generator<Keyword> {
    for (let i = this.#from(at); i < this.#all.length; i += 1) {
      const word = this.#all[i];
      if (word === undefined || word.start > at + reach) return;
      yield word;
    }
  }

  /** The nearest keyword before `at` is of this topic; `over` are topics that do not stand in the way. */
  claims(topic: Topic, at: number, reach: number, over: readonly Topic[] = []): boolean {
    for (const word of this.before(at, reach)) {
      if (word.value === topic) return true;
      if (!over.includes(word.value)) return false;
    }
    return false;
  }

  near(topic: Topic, at: number, reach: number): boolean {
    for (const word of this.before(at, reach)) if (word.value === topic) return true;
    return false;
  }

  /** The first keyword behind `at` is of this topic: 138…是我的手机号. */
  follows(topic: Topic, at: number, reach: number = REACH.behind): boolean {
    return this.following(at, reach)?.value === topic;
  }

  /** The first keyword behind `at` that speaks of what is before it: in the same clause, or after 这是 and the like. */
  following(at: number, reach: number = REACH.behind): Keyword | undefined {
    for (const word of this.after(at, reach)) {
      const between = this.#text.slice(at, word.start);
      const closing = /^[, ]{1,2}$/.test(between) && /^[。!?\n]?$/.test(this.#text.charAt(word.end)); // 663301，验证码。
      return closing || !/[,。;!?\n]/.test(between) || POINTS_BACK.test(between) ? word : undefined;
    }
    return undefined;
  }

  nearest(at: number, reach: number): Keyword | undefined {
    for (const word of this.before(at, reach)) return word;
    return undefined;
  }
}
