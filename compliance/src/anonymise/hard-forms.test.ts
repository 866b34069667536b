/**
 * Every kind of number in every hard form inside a turn of phrase: put together from a seed, so the shares below are exact and a change that
 * loses a form fails here by the name of the kind.
 */
import { describe, expect, it } from 'vitest';
import { Dice, makers } from '../../fixtures/personal-data/made-values.ts';
import { findPersonalData } from './find-personal-data.ts';
import type { Kind } from './kinds.ts';

/** Goal of the hard forms: spans wholly covered. */
const BOUND = 0.95;
const SAMPLES = 400;

const CAPITALS = '零壹贰叁肆伍陆柒捌玖';
const NUMERALS = '零一二三四五六七八九';
const RADIO = '洞幺两三四五六拐八勾';
const spelt = (value: string, digits: string): string => value.replaceAll(/\d/g, (digit) => digits.charAt(Number(digit)));
const grouped = (value: string): string[] => value.match(value.length === 11 ? /^\d{3}|\d{4}/g : /.{1,4}/g) ?? [value];

const FORMS: Readonly<Record<string, (value: string, dice: Dice) => string>> = {
  'full-width': (value) => value.replaceAll(/[0-9A-Z]/g, (char) => String.fromCodePoint((char.codePointAt(0) ?? 0) + 0xfee0)),
  circled: (value) => value.replaceAll(/\d/g, (digit) => (digit === '0' ? '⓪' : String.fromCodePoint(0x245f + Number(digit)))),
  numerals: (value) => spelt(value, NUMERALS),
  capitals: (value) => spelt(value, CAPITALS),
  radio: (value) => spelt(value, RADIO),
  spaces: (value) => value.split('').join(' '),
  'groups with a mark': (value, dice) => grouped(value).join(dice.of('- \u3000 — · . /')),
  'zero-width': (value, dice) => value.split('').join(dice.of('\u200b \u2060 \ufeff')),
  fillers: (value, dice) => grouped(spelt(value, NUMERALS)).join(dice.of('嗯 ，那个， ，就是， 呃 ，然后是')),
  'three of a kind': (value) =>
    spelt(value, NUMERALS).replaceAll(/(.)\1{2,3}/g, (run) => `${NUMERALS.charAt(run.length)}个${run.charAt(0)}`),
  lines: (value) => grouped(value).join('\n'),
  'own turns': (value) => grouped(spelt(value, NUMERALS)).join('\n客户：'),
  'turns with an answer': (value, dice) => grouped(value).join(`\n坐席：${dice.of('嗯 好的 对 您说')}\n客户：`),
};

/** Turns of phrase, with what speech recognition makes of the keyword. */
const AROUND: Readonly<Partial<Record<Kind, string>>> = {
  RESIDENT_ID: '身份证号是X 我的身份证X 身份正号X 身份证好码是X 证件号码X，麻烦核对 客户：身份证X',
  MOBILE: '手机号X 手鸡号是X 我电话X 打我X 手机好X，谢谢 客户：号码是X',
  LANDLINE: '座机X 家里电话是X 固定电话X 办公电话X',
  BANK_CARD: '卡号X 银行咔是X 银行卡号是X 信用卡X 我的卡号是X，查余额 卡好X',
  PASSPORT: '护照号X 护照是X 护照号码X',
  HK_MACAO_PERMIT: '港澳通行证X 通行证号码是X 回乡证X',
  TAIWAN_PERMIT: '台胞证号X 台胞证是X 台湾通行证X',
  DRIVER_LICENCE: '驾驶证档案编号X 驾驶证号是X 驾照X',
  USCC: '统一社会信用代码X 信用代码是X 税号X',
  QQ: 'QQ号X QQ是X 扣扣X',
  SMS_CODE: '验证码是X 短信验证码X 验证吗X',
  PIN: '密码是X 取款密码X 支付密码是X',
  CVV: '安全码X CVV是X 背面三位X',
};
const kinds = Object.keys(AROUND).filter((kind): kind is Kind => kind in makers);

describe('numbers in hard forms', () => {
  it.for(kinds)('%s is covered whole nineteen times in twenty', (kind) => {
    const dice = new Dice(41 + kinds.indexOf(kind));
    const missed: string[] = [];
    const forms = Object.entries(FORMS);
    for (let i = 0; i < SAMPLES; i += 1) {
      const [form, disguise] = forms[i % forms.length] ?? ['', (value: string) => value];
      const value = disguise(makers[kind]?.(dice) ?? '', dice);
      const text = dice.of(AROUND[kind] ?? '').replace('X', value);
      const start = text.indexOf(value);
      let at = start;
      for (const found of findPersonalData(text)) if (found.start <= at && found.end > at) at = found.end;
      if (at < start + value.length) missed.push(`${form}: ${JSON.stringify(text)}`);
    }
    // the misses themselves, so that a failure shows them
    expect(missed.length / SAMPLES <= 1 - BOUND ? [] : missed).toEqual([]);
  });
});
