/**
 * Folds a text to one spelling per character (Unicode NFKC for full-width, circled and mathematical forms, upper case, simplified forms
 * of the characters our keywords use, no zero-width characters) and keeps for each unit where it came from. Pure.
 */
export interface Folded {
  readonly text: string;
  /** UTF-16 offsets in the source of each unit of `text`. */
  readonly start: Int32Array;
  readonly end: Int32Array;
}

const TRADITIONAL =
  '證號電話機碼護銀駕車門開戶姓聯繫收員執照統會碼驗動態禮樓單區縣鎮鄉村莊街園廣廈東華劉陳張楊黃趙吳孫馬羅鄭謝韓馮蕭許鄧葉蘇盧蔣賈鍾陸貳參陸叁貳兩個參萬億';
const SIMPLIFIED =
  '证号电话机码护银驾车门开户姓联系收员执照统会码验动态礼楼单区县镇乡村庄街园广厦东华刘陈张杨黄赵吴孙马罗郑谢韩冯萧许邓叶苏卢蒋贾钟陆贰叁陆叁贰两个叁万亿';
const simplified = new Map(TRADITIONAL.split('').map((from, i) => [from.charCodeAt(0), SIMPLIFIED[i] ?? from]));

/** Marks that belong to the character before them: variation selectors and the enclosing keycap of emoji digits. */
const isMark = (code: number): boolean => (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0x20d0 && code <= 0x20f0);
const isInvisible = (code: number): boolean =>
  code === 0xad ||
  code === 0x34f ||
  code === 0x61c ||
  code === 0x180e ||
  code === 0xfeff ||
  (code >= 0x200b && code <= 0x200f) ||
  (code >= 0x202a && code <= 0x202e) ||
  (code >= 0x2060 && code <= 0x206f) ||
  (code >= 0xe0100 && code <= 0xe01ef);

/** Dingbat digits 1–10, which NFKC leaves as they are: ❶ ➀ ➊ and the double-circled ⓵. */
function dingbat(code: number): string | undefined {
  for (const first of [0x2776, 0x2780, 0x278a, 0x24f5]) if (code >= first && code < first + 10) return String(code - first + 1);
  return code === 0x24ff ? '0' : undefined;
}

function foldedForm(char: string, code: number): string {
  if (code < 0x80) return char.toUpperCase();
  if (code >= 0x4e00 && code <= 0x9fff) return simplified.get(code) ?? char;
  const digit = dingbat(code);
  if (digit !== undefined) return digit;
  if ('‐‑‒–—―−﹣－'.includes(char)) return '-';
  const form = char.normalize('NFKC').toUpperCase();
  if (form.length === 1 || form.length > 6) return form.slice(0, 1);
  return /^[(（]?([0-9]{1,2}|[一二三四五六七八九])[).]$/.exec(form)?.[1] ?? form; // ⑴ ⒈ ㈠: the numeral without its dress
}

export function fold(source: string): Folded {
  const units: string[] = [];
  const start: number[] = [];
  const end: number[] = [];
  for (let at = 0; at < source.length; ) {
    const code = source.codePointAt(at) ?? 0;
    const width = code > 0xffff ? 2 : 1;
    const last = end.length - 1;
    if (isMark(code)) {
      if (last >= 0 && end[last] === at) end[last] = at + width;
    } else if (!isInvisible(code)) {
      const form = foldedForm(source.slice(at, at + width), code);
      units.push(form);
      for (let unit = 0; unit < form.length; unit += 1) {
        start.push(at);
        end.push(at + width);
      }
    }
    at += width;
  }
  return { text: units.join(''), start: Int32Array.from(start), end: Int32Array.from(end) };
}
