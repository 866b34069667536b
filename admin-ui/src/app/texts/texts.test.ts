import { describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { zhCN } from './zh-CN.ts';

const keysOf = (texts: object, path = ''): string[] =>
  Object.entries(texts).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null ? keysOf(value, `${path}${key}.`) : [`${path}${key}`],
  );
const valuesOf = (texts: object): string[] =>
  Object.values(texts).flatMap((value: unknown) => (typeof value === 'object' && value !== null ? valuesOf(value) : [String(value)]));
const holes = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? '').toSorted();

describe('the texts of the desk', () => {
  it('have the same keys in both languages', () => {
    expect(keysOf(en)).toEqual(keysOf(zhCN));
  });

  it('fill the same holes in both languages, so that no figure is lost in translation', () => {
    expect(valuesOf(en).map(holes)).toEqual(valuesOf(zhCN).map(holes));
  });

  it('leave nothing empty', () => {
    expect([...valuesOf(en), ...valuesOf(zhCN)].filter((text) => text.trim() === '')).toEqual([]);
  });

  it('use the full-width punctuation of Chinese between Chinese characters', () => {
    expect(valuesOf(zhCN).filter((text) => /\p{Script=Han}[,;:!?]|[,;:!?]\p{Script=Han}/u.test(text))).toEqual([]);
  });
});
