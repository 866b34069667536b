/** What may lie between two digits of one number: spaces, marks, fillers, and the turn of the other speaker. Pure. */
import { WordTree, words } from './word-tree.ts';

/** From weakest to strongest break. `soft`: space, hyphen, bracket, or a change of script. */
export const GAP = { none: 0, soft: 1, dot: 2, comma: 3, pause: 4, turn: 5 } as const;
export type Gap = (typeof GAP)[keyof typeof GAP];

/** Longer gaps do not hold a number together. Folded units. */
const LONGEST_GAP = 48;

const SPEAKERS =
  '客户 坐席 座席 客服 用户 顾客 员工 柜员 机器人 经理 来电人 说话人 主叫 被叫 男 女 甲 乙 问 答 AGENT CUSTOMER CLIENT USER CALLER BOT OPERATOR SPEAKER A B C Q';
/** 后面四位是, 最后的四位. */
const POSITIONS = ['前', '前面', '前边', '中间', '后', '后面', '后边', '最后', '然后'].flatMap((place) =>
  ['两位', '三位', '四位', '五位', '六位', '八位', '几位', '3位', '4位'].flatMap((count) => [
    `${place}${count}`,
    `${place}${count}是`,
    `${place}的${count}是`,
  ]),
);
const FILLERS = new WordTree<Gap>([
  ...words('_ ( ) [ ] -', GAP.soft),
  ['\t', GAP.soft],
  ...words('. · / ~ | • 杠 横杠 一杠 空格 短横 横线', GAP.dot),
  ['_', GAP.dot],
  ...words(',', GAP.comma),
  ...words('、 。 ; … ! ? " “ ” 嗯 嗯嗯 呃 额 啊 哦 噢 喔 唔 呀 哎 诶 欸 喂 嘛 哈 UM UH ER EH HMM OK OKAY', GAP.pause),
  ...words(
    '那个 这个 然后 然后是 然后呢 就是 接着 接着是 再 再来 还有 还有呢 后面 后面是 后面呢 后边是 前面是 前面 中间是 中间 最后 最后是 下面是 完了 完了是',
    GAP.pause,
  ),
  ...words(
    '对 对的 对对 对对对 是 是的 好 好的 行 没错 可以 收到 您说 你说 您请说 请说 请讲 您讲 继续 请继续 您继续 接下来 记下了 记好了 明白 嗯好 稍等 等一下 等等 等会 我想想 我看看 我看一下 让我看看',
    GAP.pause,
  ),
  ...words('(停顿) [停顿] 停顿 (咳嗽) AND THEN 再往后 再往后是 往后 往后是 然后后面 然后后面是 后面的是 剩下的是 剩下 接下来是', GAP.pause),
  ...POSITIONS.map((position): [string, Gap] => [position, GAP.pause]),
]);
const INLINE_SPEAKER = new WordTree<Gap>(words(SPEAKERS, GAP.turn));
/** A new line, perhaps a time, perhaps who speaks: at most eight units that are no digits, and a colon. */
const NEW_TURN =
  /[\r\n][\r\n \t]{0,8}(?:[[(]?\d{1,2}:\d{2}(?::\d{2})?[\])]?[ \t]{0,4})?(?:[^\s\d:,。]{1,8}[ \t]?\d{0,2}[ \t]?:[ \t]{0,4})?/y;
/** E七四六二 read back with its letter: the letter is known from the first time. */
const LETTER_AGAIN = /[A-Z]{1,2}(?=[0-9零〇洞一幺二两三四五六七拐八九勾])/y;
const SPEAKER_END = /[ \t]?\d{0,2}[ \t]?:/y;

function pieceAt(text: string, at: number): { readonly length: number; readonly gap: Gap } | undefined {
  const char = text.charAt(at);
  if (char === '\n' || char === '\r') {
    NEW_TURN.lastIndex = at;
    return { length: NEW_TURN.exec(text)?.[0].length ?? 1, gap: GAP.turn };
  }
  const speaker = INLINE_SPEAKER.longestAt(text, at);
  if (speaker !== undefined) {
    SPEAKER_END.lastIndex = speaker.end;
    const colon = SPEAKER_END.exec(text);
    if (colon !== null) return { length: speaker.end + colon[0].length - at, gap: GAP.turn };
  }
  const filler = FILLERS.longestAt(text, at);
  return filler === undefined ? undefined : { length: filler.end - at, gap: filler.value };
}

/** Everything that may be skipped from `at` on, and the strongest break in it; undefined if nothing or too much. `letters`: they are part of the number. */
export function gapAt(
  text: string,
  at: number,
  letters: boolean,
): { readonly end: number; readonly gap: Gap; readonly turns: number } | undefined {
  let end = at;
  let gap: Gap = GAP.none;
  let turns = 0;
  for (let piece = pieceAt(text, end); piece !== undefined; piece = pieceAt(text, end)) {
    end += piece.length;
    if (piece.gap === GAP.turn) {
      turns += 1;
      LETTER_AGAIN.lastIndex = end;
      if (!letters) end += LETTER_AGAIN.exec(text)?.[0].length ?? 0;
    }
    if (piece.gap > gap) gap = piece.gap;
    if (end - at > LONGEST_GAP) return undefined;
  }
  return end === at ? undefined : { end, gap, turns };
}
