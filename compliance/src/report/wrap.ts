/**
 * Breaks text into lines of a width, pure: behind spaces and between Chinese characters, anywhere in a word that is longer than a line, never in
 * front of closing punctuation. Widths come per character and are asked once each, which is what makes large tables fast.
 */
const CLOSING = /[，。；：、！？）》」』”,.;:!?)\]}%…]/;
const WIDE = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/;

/** @param widthOf of one character, in the unit of `width` */
export function wrap(text: string, width: number, widthOf: (character: string) => number): string[] {
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, width, widthOf));
}

function wrapParagraph(paragraph: string, width: number, widthOf: (character: string) => number): string[] {
  const lines: string[] = [];
  let line: string[] = [];
  let used = 0;
  /** Characters of the line up to the last place it may be broken at. */
  let breakAt = 0;
  for (const character of paragraph) {
    const wide = widthOf(character);
    // a Chinese character may begin a line, unless it is punctuation that belongs to the one before
    if (WIDE.test(character) && !CLOSING.test(character)) breakAt = line.length;
    // twice where what is left behind the last place to break has no room for one more either
    while (used + wide > width && line.length > 0 && character !== ' ') {
      const cut = breakAt > 0 ? breakAt : line.length;
      lines.push(line.slice(0, cut).join('').trimEnd());
      line = line.slice(cut);
      used = line.reduce((sum, one) => sum + widthOf(one), 0);
      breakAt = 0;
    }
    line.push(character);
    used += wide;
    if (character === ' ' || character === '/') breakAt = line.length;
  }
  return [...lines, line.join('').trimEnd()];
}
