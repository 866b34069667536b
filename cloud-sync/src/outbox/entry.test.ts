import { describe, expect, it } from 'vitest';
import { SAMPLES } from '../testing/made-event.ts';
import { expiryRank, ledgerType, shortType } from './entry.ts';

describe('expiry of a full outbox', () => {
  const rank = (type: string): number => expiryRank(`cn.keepline.${type}.v1`);

  it('gives up quality samples before anything else and the records of calls last', () => {
    const types = Object.keys(SAMPLES).toSorted((a, b) => rank(a) - rank(b));
    expect(types[0]).toBe('quality.sampled');
    expect(types.at(-1)).toBe('call.ended');
    expect(types.filter((type) => rank(type) === rank('quality.sampled'))).toEqual(['quality.sampled']);
    expect(types.filter((type) => rank(type) === rank('call.ended'))).toEqual(['call.ended']);
  });

  it('a type of a later version is kept longer than a sample', () => {
    expect(rank('call.teleported')).toBeGreaterThan(rank('quality.sampled'));
    expect(shortType('cn.keepline.call.ended.v12')).toBe('call.ended');
    expect(shortType('com.example.thing')).toBe('com.example.thing');
  });

  it('a type that is not known by name is not written down: it may be anything', () => {
    expect(ledgerType('cn.keepline.call.ended.v1')).toBe('cn.keepline.call.ended.v1');
    expect(ledgerType('cn.keepline.13800138000.v1')).toBe('unknown');
  });
});
