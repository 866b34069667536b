/** Sentences of a conversation and how alike two texts are, by pairs of characters, which needs no word list and no language. Pure. */

/** A sentence ends with its mark or its line; a full stop only before a space, so that 3.5 stays whole. */
export function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[。！？!?；;])|(?<=\.)\s|\n/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

/** Pairs of neighbouring letters or digits, in lower case; marks and spaces part them. A single letter is its own pair. */
export function pairsOf(text: string): Map<string, number> {
  const pairs = new Map<string, number>();
  for (const run of text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? []) {
    const letters = Array.from(run);
    for (let i = 0; i < Math.max(1, letters.length - 1); i++) {
      const pair = letters.slice(i, i + 2).join('');
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
  }
  return pairs;
}

/** Cosine of the two counts, 0 to 1; `weight` says how much a pair tells. */
export function likeness(
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
  weight: (pair: string) => number = () => 1,
): number {
  let dot = 0;
  for (const [pair, count] of a) dot += count * (b.get(pair) ?? 0) * weight(pair) ** 2;
  return dot === 0 ? 0 : dot / (lengthOf(a, weight) * lengthOf(b, weight));
}

function lengthOf(pairs: ReadonlyMap<string, number>, weight: (pair: string) => number): number {
  let sum = 0;
  for (const [pair, count] of pairs) sum += (count * weight(pair)) ** 2;
  return Math.sqrt(sum);
}
