import { describe, expect, it } from 'vitest';
import { hashPassword, isOutdated, verifyPassword } from './password-hash.ts';

describe('a password hash', () => {
  it('is a PHC string with the cost of OWASP and matches only its own password', async () => {
    const hash = await hashPassword('correct-horse-battery');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await verifyPassword('correct-horse-battery', hash)).toBe(true);
    expect(await verifyPassword('correct-horse-batterY', hash)).toBe(false);
    expect(await hashPassword('correct-horse-battery')).not.toBe(hash);
  });

  it('agrees with the reference implementation (its test vector: password, somesalt, t=2, m=65536, p=1)', async () => {
    const tag = Buffer.from('09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7', 'hex')
      .toString('base64')
      .replaceAll('=', '');
    const salt = Buffer.from('somesalt').toString('base64').replaceAll('=', '');
    const vector = `$argon2id$v=19$m=65536,t=2,p=1$${salt}$${tag}`;
    expect(await verifyPassword('password', vector)).toBe(true);
    expect(isOutdated(vector)).toBe(true);
  });

  it('matches a password typed in other code points of the same letters', async () => {
    expect(await verifyPassword('cafe\u0301-in-the-morning', await hashPassword('caf\u00e9-in-the-morning'))).toBe(true);
  });

  it.each([
    '',
    'plain',
    '$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=19456,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=4,t=2,p=16$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ])('that is damaged or asks for too much matches nothing: %s', async (phc) => {
    expect(await verifyPassword('password', phc)).toBe(false);
  });
});
