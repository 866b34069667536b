/** The labelled set in compliance/fixtures/personal-data against the goals, and what must hold for any text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dice, makers } from '../../fixtures/personal-data/made-values.ts';
import { parseLabelled, score } from '../../fixtures/personal-data/score.ts';
import { findPersonalData } from './find-personal-data.ts';
import { KINDS } from './kinds.ts';
import { redact } from './redact.ts';

const rows = parseLabelled(readFileSync(join(import.meta.dirname, '../../fixtures/personal-data/labelled.jsonl'), 'utf8'));
const found = (text: string): string[] => findPersonalData(text).map(({ type, start, end }) => `${type} ${text.slice(start, end)}`);

describe('the labelled set', () => {
  const result = score(rows, findPersonalData);

  it('has every kind, three hundred sentences and a hundred clean ones', () => {
    expect(Object.keys(result.kinds).toSorted()).toEqual([...KINDS].toSorted());
    expect(rows.length).toBeGreaterThanOrEqual(300);
    expect(rows.filter(({ level }) => level === 'clean').length).toBeGreaterThanOrEqual(100);
  });

  it('is covered to 99.5 % where it is ordinary and to 95 % where it is hard', () => {
    expect(result.covered.ordinary).toBeGreaterThanOrEqual(0.995);
    expect(result.covered.hard).toBeGreaterThanOrEqual(0.95);
  });

  it.for(KINDS)('%s is found under its own name, nineteen times in twenty', (kind) => {
    expect(result.kinds[kind]?.recall).toBeGreaterThanOrEqual(0.95);
    expect(result.kinds[kind]?.precision).toBeGreaterThanOrEqual(0.95);
  });

  it('has at most one clean sentence in a hundred hit', () => {
    expect(result.falseHitsOnClean).toBeLessThanOrEqual(0.01);
  });
});

describe('what a word nearby decides', () => {
  it.for([
    ['手机13800001234', ['MOBILE 13800001234']],
    ['订单号13800001234', []],
    ['我的订单号码是13800001234，手机是13900001234', ['MOBILE 13900001234']],
    ['13800001234元', []],
    ['密码是123456', ['PIN 123456']],
    ['余额是123456', []],
    ['有效期08/29，安全码123', ['CARD_EXPIRY 08/29', 'CVV 123']],
    ['优惠券有效期至2029年8月', []],
    ['护照E12345678', ['PASSPORT E12345678']],
    ['型号E12345678', []],
    ['微信同号13800001234', ['MOBILE 13800001234']],
    ['客服热线400-820-8888', []],
  ] as const)('%s', ([text, expected]) => {
    expect(found(text)).toEqual(expected);
  });
});

describe('check digits', () => {
  const dice = new Dice(7);

  it('a resident number stands alone with its check digit, and needs a keyword without it', () => {
    const id = makers['RESIDENT_ID']?.(dice) ?? '';
    const wrong = id.slice(0, 17) + (id.endsWith('1') ? '2' : '1');
    expect(found(`登记为${id}，`)).toEqual([`RESIDENT_ID ${id}`]);
    expect(found(`登记为${wrong}，`)).toEqual([]);
    expect(found(`身份证${wrong}，`)).toEqual([`RESIDENT_ID ${wrong}`]);
  });

  it('a card number stands alone with its Luhn digit only', () => {
    const card = makers['BANK_CARD']?.(dice) ?? '';
    const wrong = card.slice(0, -1) + ((Number(card.at(-1)) + 1) % 10);
    expect(found(`登记为${card}，`)).toEqual([`BANK_CARD ${card}`]);
    expect(found(`登记为${wrong}，`)).toEqual([]);
  });
});

describe('for any text', () => {
  const alphabet = '0123456789一二三幺两零三个手机号身份证卡号验证码密码我叫张伟先生住在北京市路号栋@.qQXE京A，。 \n客户：嗯\u200b😀𝟗①';
  const texts = fc.array(fc.constantFrom(...Array.from(alphabet)), { maxLength: 120 }).map((units) => units.join(''));

  it('finds lie within it, in order, without overlaps, and never cut a character in half', () => {
    fc.assert(
      fc.property(texts, (text) => {
        let from = 0;
        for (const { start, end } of findPersonalData(text)) {
          expect(start).toBeGreaterThanOrEqual(from);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          expect(text.slice(start, end).isWellFormed()).toBe(true);
          from = end;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('redaction leaves nothing of what was found and keeps the rest', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { text: redacted, entities } = redact(text);
        const kept = redacted.split(/\[[A-Z_]+\]/).join('');
        const length = entities.reduce((sum, { start, end }) => sum + end - start, 0);
        expect(kept.length).toBe(text.length - length);
      }),
    );
  });

  it('characters that nobody sees change nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...rows.filter(({ level }) => level === 'ordinary')), fc.nat(), ({ text }, place) => {
        const at = place % text.length;
        const types = (of: string) => findPersonalData(of).map(({ type }) => type);
        expect(types(`${text.slice(0, at)}\u200b${text.slice(at)}`)).toEqual(types(text));
      }),
    );
  });
});
