/** A set of words as a tree of characters: finds the longest one at a place, in steps bounded by the longest word. Pure. */
interface Node<T> {
  readonly next: Map<number, Node<T>>; // by UTF-16 unit: numbers hash faster than one-character texts
  value?: T;
}

export interface Word<T> {
  readonly start: number;
  readonly end: number;
  readonly value: T;
}

export class WordTree<T> {
  readonly #root: Node<T> = { next: new Map() };

  /** Words must be in their folded form: upper case, simplified. */
  constructor(words: Iterable<readonly [string, T]>) {
    for (const [word, value] of words) {
      let node = this.#root;
      for (let at = 0; at < word.length; at += 1) {
        const next: Node<T> = node.next.get(word.charCodeAt(at)) ?? { next: new Map() };
        node.next.set(word.charCodeAt(at), next);
        node = next;
      }
      node.value = value;
    }
  }

  longestAt(text: string, start: number): Word<T> | undefined {
    let node = this.#root.next.get(text.charCodeAt(start));
    let found: Word<T> | undefined;
    for (let at = start + 1; node !== undefined; at += 1) {
      if (node.value !== undefined) found = { start, end: at, value: node.value };
      node = node.next.get(text.charCodeAt(at));
    }
    return found;
  }

  /** Every longest word from left to right, without overlaps. */
  all(text: string): Word<T>[] {
    const words: Word<T>[] = [];
    for (let at = 0; at < text.length; ) {
      const word = this.longestAt(text, at);
      if (word !== undefined) words.push(word);
      at = word?.end ?? at + 1;
    }
    return words;
  }
}

/** `words('a b c', value)`: entries for the constructor, separated by spaces; `_` stands for a space within a word. */
export const words = <const T>(list: string, value: T): [string, T][] =>
  list.split(/\s+/).flatMap((word) => (word === '' ? [] : [[word.replaceAll('_', ' '), value]]));
