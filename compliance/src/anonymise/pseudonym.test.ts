import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalNumber, checkKey, epochOf, pseudonym, type PseudonymKind } from './pseudonym.ts';

const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const LETTERS = 'bcdfghjklmnpqrst';
const kinds: readonly PseudonymKind[] = ['caller', 'line', 'agent', 'call'];

describe('a pseudonym', () => {
  it.each([
    // Made with Python: hmac.new(bytes(range(32)), b"keepline pseudonym 1\0caller\0002026-11\00013812345678", "sha256")
    ['caller', '2026-11', '13812345678', 'caller-npbnlhtgcsqdlrhrpcgttgtsqkmbklhq'],
    ['agent', '2026-12', 'agent1', 'agent-jbstpntcjhfkrtdfkfrcdfckfmkljlks'],
  ] as const)('of %s in %s is what another HMAC computes', (kind, epoch, value, expected) => {
    expect(pseudonym(key, kind, epoch, value)).toBe(expected);
  });

  it('has no digits and no vowels after its kind, so no guard takes it for a number and nobody reads a name in it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.string(), (kind, value) => {
        expect(pseudonym(key, kind, '2026-11', value)).toMatch(new RegExp(`^${kind}-[bcdfghjklmnpqrst]{32}$`));
      }),
    );
  });

  it('is the same for the same value within an epoch, and unrelated for another kind, epoch, key or value', () => {
    const same = fc.record({ kind: fc.constantFrom(...kinds), month: fc.integer({ min: 1, max: 11 }), value: fc.string() });
    fc.assert(
      fc.property(same, ({ kind, month, value }) => {
        const epoch = `2026-${String(month).padStart(2, '0')}`;
        const own = pseudonym(key, kind, epoch, value);
        expect(pseudonym(Uint8Array.from(key), kind, epoch, value)).toBe(own);
        const letters = own.slice(kind.length + 1);
        const others = [
          ...kinds.filter((other) => other !== kind).map((other) => pseudonym(key, other, epoch, value)),
          pseudonym(key, kind, '2026-12', value),
          pseudonym(new Uint8Array(32), kind, epoch, value),
          pseudonym(key, kind, epoch, `${value} `),
        ];
        expect(others.filter((other) => other.endsWith(letters))).toEqual([]);
      }),
    );
  });
});

describe('the key', () => {
  it('is refused when it is shorter than the hash', () => {
    expect(() => checkKey(new Uint8Array(31))).toThrow(expect.objectContaining({ code: 'ANONYMISE_KEY_UNFIT', offending: 31 }));
    expect(() => checkKey(new Uint8Array(32))).not.toThrow();
  });
});

describe('an epoch', () => {
  it.each([1, 30, 90, 366])('of %i days begins at midnight in UTC, lasts as long and is named by its first day', (days) => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2020), max: Date.UTC(2099) }), (timeMs) => {
        const name = epochOf(timeMs, days);
        const first = Date.parse(`${name.slice(name.indexOf('-') + 1)}T00:00:00Z`);
        expect(timeMs - first).toBeGreaterThanOrEqual(0);
        expect(timeMs - first).toBeLessThan(days * 86_400_000);
        expect(epochOf(first, days)).toBe(name);
        expect(epochOf(first - 1, days)).not.toBe(name);
      }),
    );
  });

  it('of another length has another name, so that a change of the setting ends all correlation', () => {
    expect(epochOf(0, 30)).not.toBe(epochOf(0, 90));
  });
});

describe('SM3', () => {
  it('gives the HMAC that openssl computes, and nothing that SHA-256 gives', () => {
    const args = ['dgst', '-sm3', '-mac', 'HMAC', '-macopt', `hexkey:${Buffer.from(key).toString('hex')}`, '-binary'];
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.string({ maxLength: 40 }), (kind, value) => {
        const mac = execFileSync('openssl', args, { input: `keepline pseudonym 1\0${kind}\0e\0${value}` });
        const letters = Array.from(mac.subarray(0, 16), (byte) => LETTERS.charAt(byte >> 4) + LETTERS.charAt(byte & 15)).join('');
        expect(pseudonym(key, kind, 'e', value, 'sm3')).toBe(`${kind}-${letters}`);
        expect(pseudonym(key, kind, 'e', value)).not.toBe(`${kind}-${letters}`);
      }),
      { numRuns: 20 },
    );
  });

  it('knows the example of GB/T 32905 A.1', () => {
    expect(createHash('sm3').update('abc').digest('hex')).toBe('66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0');
  });
});

describe('one caller', () => {
  it.each(['13812345678', '013812345678', '+8613812345678', '008613812345678', '+86 138-1234-5678', '１３８１２３４５６７８'])(
    'is the same however a trunk writes the mobile number: %s',
    (written) => expect(canonicalNumber(written)).toBe('13812345678'),
  );

  it.each([
    ['01012345678', '01012345678'],
    ['+44 20 7946 0000', '442079460000'],
    ['1001', '1001'],
  ])('%s stays a number of its own', (written, canonical) => expect(canonicalNumber(written)).toBe(canonical));

  it.each(['', 'anonymous', 'Anonymous', 'Unavailable'])('who withholds the number is nobody: %j', (written) =>
    expect(canonicalNumber(written)).toBe(''),
  );
});
