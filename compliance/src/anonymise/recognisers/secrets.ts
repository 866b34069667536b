/** Short secrets, which only their keyword gives away: the shared search of SMS codes, PINs and card codes. Pure. */
import type { Claim, Kind } from '../kinds.ts';
import { REACH, type Reading } from '../reading/reading.ts';
import { windowsOf } from '../reading/runs.ts';

export interface Secret {
  readonly type: Kind;
  readonly lengths: readonly number[];
  /** Passwords with letters, as they follow the keyword and a link word. */
  readonly lettered?: RegExp;
}

const UNIT = /^[ ]?(?:元|块|万|亿|%|次|天|年|月|岁|个|位|台|笔|份|秒|分|小时|人|期|点|号楼|积分|路|层|楼)/;
const LINK = /^(?:[ :,"'“(【[]|是|为|号码?|数字|的|我的?|就|设成了?|设置|改成了?|改为|设的|设置的|用的|叫|嗯|呃|那个|IS){0,8}/;
const CLAUSES = /[。!;]/;

export function* secrets(reading: Reading, secret: Secret): Generator<Claim> {
  const { text, keywords } = reading;
  for (const runs of [reading.digits, reading.slips])
    for (const run of runs)
      for (const window of windowsOf(run, secret.lengths, /^\d+$/)) {
        const { start, end } = window;
        if (!window.apart || UNIT.test(text.slice(end, end + 3))) continue;
        const named = keywords.nearest(start, 0)?.value === secret.type; // CVV286: the letter is the keyword's
        if ((!named && /[¥￥$.A-Z@#_*-]/.test(text.charAt(start - 1))) || /[A-Z%]/.test(text.charAt(end))) continue;
        const before =
          keywords.claims(secret.type, start, REACH.middle) && !barred(text, keywords.nearest(start, REACH.middle)?.end ?? start, start);
        if (!before && !keywords.follows(secret.type, end, 8)) continue;
        yield { type: secret.type, start, end, sureness: runs === reading.digits ? 81 : 71 };
      }
  if (secret.lettered === undefined) return;
  for (const word of keywords.after(0, text.length)) {
    if (word.value !== secret.type) continue;
    const behind = text.slice(word.end, word.end + REACH.far);
    const link = LINK.exec(behind)?.[0] ?? '';
    const code = secret.lettered.exec(behind.slice(link.length))?.[0];
    if (code === undefined) continue;
    const start = word.end + link.length;
    yield { type: secret.type, start, end: start + code.length, sureness: 81 };
  }
}

/** The sentence ended between keyword and number without asking for it. */
function barred(text: string, from: number, to: number): boolean {
  const between = text.slice(from, to);
  return CLAUSES.test(between) && !/[:\n?是]/.test(between);
}
