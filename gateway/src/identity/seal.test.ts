import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Seal } from './seal.ts';

describe('a sealed secret', () => {
  const key = randomBytes(32);
  const seal = new Seal(() => [key]);

  it('opens for its owner, and shows nothing of itself', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 64 }), fc.string(), (secret, owner) => {
        const sealed = seal.close(secret, owner);
        expect(seal.open(sealed, owner)).toEqual(Buffer.from(secret));
        expect(sealed.includes(Buffer.from(secret))).toBe(false);
      }),
    );
  });

  it('does not open under another key, for another owner, or with any byte changed', () => {
    const sealed = seal.close(Buffer.from('twenty bytes of key!'), 'li');
    const broken = { code: 'IDENTITY_SEAL_BROKEN' };
    expect(() => new Seal(() => [randomBytes(32)]).open(sealed, 'li')).toThrow(expect.objectContaining(broken));
    expect(() => seal.open(sealed, 'wang')).toThrow(expect.objectContaining(broken));
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(() => seal.open(changed, 'li')).toThrow(expect.objectContaining(broken));
    }
    expect(() => seal.open(sealed.subarray(0, 20), 'li')).toThrow(expect.objectContaining(broken));
  });
});
