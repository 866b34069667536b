import fc from 'fast-check';
import { TOTP, Secret } from 'otpauth';
import { describe, expect, it } from 'vitest';
import { base32Of, matchTotp, STEP_MS, totpUri } from './totp.ts';

/** RFC 6238 Appendix B, SHA-1 rows; the last six of the eight digits printed there. */
const RFC_SECRET = Buffer.from('12345678901234567890');
const RFC_ROWS = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const;

const codeAt = (secret: Uint8Array, nowMs: number): string =>
  new TOTP({ secret: new Secret({ buffer: new Uint8Array(secret).buffer }) }).generate({ timestamp: nowMs });

describe('a one-time password', () => {
  it.each(RFC_ROWS)('at %i s is that of RFC 6238 Appendix B', (seconds, code) => {
    expect(matchTotp(RFC_SECRET, code, seconds * 1000, 0)).toEqual({ step: Math.floor(seconds / 30), drift: 0 });
  });

  it('is taken one step early or late, and says so; two steps are too many', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 60_000_000 }), fc.integer({ min: -3, max: 3 }), (step, drift) => {
        const now = step * STEP_MS + 7;
        const near = [-1, 0, 1].map((steps) => codeAt(RFC_SECRET, now + steps * STEP_MS));
        const code = codeAt(RFC_SECRET, now + drift * STEP_MS);
        fc.pre(new Set([...near, code]).size === (Math.abs(drift) <= 1 ? 3 : 4)); // six digits meet by chance once in a million
        expect(matchTotp(RFC_SECRET, code, now, 0)).toEqual(Math.abs(drift) <= 1 ? { step: step + drift, drift } : undefined);
      }),
    );
    expect(matchTotp(RFC_SECRET, codeAt(RFC_SECRET, 90_000), 30_000, 0)).toBeUndefined();
  });

  it('is taken once: neither it nor an earlier one comes in again', () => {
    const now = 1_700_000_000_000;
    const first = matchTotp(RFC_SECRET, codeAt(RFC_SECRET, now), now, 0);
    expect(first).toBeDefined();
    expect(matchTotp(RFC_SECRET, codeAt(RFC_SECRET, now), now, first?.step ?? 0)).toBeUndefined();
    expect(matchTotp(RFC_SECRET, codeAt(RFC_SECRET, now - STEP_MS), now, first?.step ?? 0)).toBeUndefined();
    expect(matchTotp(RFC_SECRET, codeAt(RFC_SECRET, now + STEP_MS), now + STEP_MS, first?.step ?? 0)).toBeDefined();
  });

  it.each(['', '12345', '1234567', 'abcdef', '１２３４５６', '287082 '])('is six plain digits, not %j', (code) => {
    expect(matchTotp(RFC_SECRET, code, 59_000, 0)).toBeUndefined();
  });

  it('is enrolled by an address every authenticator app reads', () => {
    const uri = new URL(totpUri(RFC_SECRET, 'demo', 'zhao'));
    expect([uri.protocol, uri.host, uri.searchParams.get('secret')]).toEqual(['otpauth:', 'totp', base32Of(RFC_SECRET)]);
    expect(decodeURIComponent(uri.pathname)).toBe('/Keepline demo:zhao');
  });
});
