/** E-mail addresses, written (RFC 5321 sizes) or spoken: zhangsan 艾特 qq 点 com. Searched outward from each at-sign. Pure. */
import type { Claim } from '../kinds.ts';
import { symbolAt } from '../reading/numerals.ts';
import type { Reading } from '../reading/reading.ts';

const AT = /@|艾特|爱特|小老鼠|圈A|\(AT\)|\[AT\]| AT /g;
const LOCAL_LIMIT = 64;
const DOMAIN_LIMIT = 100;
const LOCAL_CHAR = /[A-Z0-9._%+-]/;
const LOCAL_WORD = /(?:下划线|减号|横杠|横线|杠|点|空格| )$/;
const DOMAIN_WRITTEN = /^ ?[A-Z0-9-]{1,63}(?: ?\. ?[A-Z0-9-]{1,63}){0,4} ?\. ?[A-Z]{2,12}/;
const DOMAIN_SPOKEN =
  /^ ?(?:[A-Z0-9一二三四五六七八九零幺两洞拐勾]{1,20}|网易|新浪|搜狐|谷歌|企鹅) ?(?:(?:\.|点|DOT) ?[A-Z0-9]{1,20} ?){0,2}(?:\.|点|DOT) ?(?:COM|CN|NET|ORG|康姆|康|网|EDU|GOV)(?:(?:\.|点) ?CN)?/;
const READER = { letters: false, slips: false } as const;

export function* email({ text }: Reading): Generator<Claim> {
  for (const sign of text.matchAll(AT)) {
    const written = sign[0] === '@';
    const behind = text.slice(sign.index + sign[0].length, sign.index + sign[0].length + DOMAIN_LIMIT);
    const domain = (written ? DOMAIN_WRITTEN.exec(behind) : null) ?? DOMAIN_SPOKEN.exec(behind);
    if (domain === null) continue;
    const start = localStart(text, sign.index, written && DOMAIN_WRITTEN.test(behind));
    if (start < sign.index) yield { type: 'EMAIL', start, end: sign.index + sign[0].length + domain[0].length, sureness: 100 };
  }
}

function localStart(text: string, at: number, written: boolean): number {
  let start = at;
  let skipped = at; // over spaces and words that count only when more follows to the left
  while (skipped > 0 && at - skipped < LOCAL_LIMIT) {
    if (LOCAL_CHAR.test(text.charAt(skipped - 1)) || isNumeral(text, skipped - 1)) {
      skipped -= 1;
      start = skipped;
      continue;
    }
    const word = written
      ? skipped === at && text.charAt(skipped - 1) === ' '
        ? ' '
        : undefined
      : LOCAL_WORD.exec(text.slice(Math.max(0, skipped - 3), skipped))?.[0];
    if (word === undefined) break;
    skipped -= word.length;
  }
  return start;
}

const isNumeral = (text: string, at: number): boolean => symbolAt(text, at, READER, false)?.length === 1;
