/** WeChat names beside their keyword: a letter and 5–19 of letters, digits, _ and -, or a bare number. Pure. */
import type { Claim } from '../kinds.ts';
import { REACH, type Reading } from '../reading/reading.ts';
import { windowsOf } from '../reading/runs.ts';
import { namedOtherwise, partOfSomethingElse } from './surroundings.ts';

const LINK = /^(?:[ :,"'“]|号码|号|是|为|叫|我的?|你?加|ID|搜索?|一下|就|也|的|名|嗯|呃|那个|用|填){0,8}/;
const NAME = /^[A-Z][A-Z0-9_-]{4,19}(?![A-Z0-9_.@-])/;
const BEHIND = /([A-Z][A-Z0-9_-]{5,19})[ ,]{0,2}(?:这?个?是|这个|为)?(?:我的?|本人的?)?$/;
const LIMIT = 48;

export function* wechat(reading: Reading): Generator<Claim> {
  const { text, keywords } = reading;
  for (const word of keywords.after(0, text.length)) {
    if (word.value !== 'WECHAT') continue;
    const behind = text.slice(word.end, word.end + LIMIT);
    const link = LINK.exec(behind)?.[0] ?? '';
    const name = NAME.exec(behind.slice(link.length))?.[0];
    if (name !== undefined) {
      const start = word.end + link.length;
      yield { type: 'WECHAT', start, end: start + name.length, sureness: 82 };
    }
    const from = Math.max(0, word.start - LIMIT);
    const before = BEHIND.exec(text.slice(from, word.start));
    if (before?.[1] !== undefined) {
      const start = from + before.index;
      if (!/[A-Z0-9_-]/.test(text.charAt(start - 1))) yield { type: 'WECHAT', start, end: start + before[1].length, sureness: 70 };
    }
  }
  for (const run of reading.digits)
    for (const window of windowsOf(run, [6, 7, 8, 9, 10, 11, 12], /^\d+$/)) {
      if (!window.apart || !keywords.claims('WECHAT', window.start, REACH.near, ['QQ'])) continue;
      if (partOfSomethingElse(text, window) || namedOtherwise(reading, window)) continue;
      yield { type: 'WECHAT', start: window.start, end: window.end, sureness: 68 }; // an eleven-digit mobile number stays one
    }
}
