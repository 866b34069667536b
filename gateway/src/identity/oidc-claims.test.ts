import { parseSite } from '@keepline/contracts/site-file';
import { describe, expect, it } from 'vitest';
import { vouchedBy } from './oidc-claims.ts';

const NOW = 1_790_000_000_000;
const rules = parseSite({
  identity: {
    oidc: {
      acr: ['urn:bank:two'],
      roles: [
        { value: 'quality', role: 'quality_reviewer' },
        { value: 'reviewers', role: 'quality_reviewer' },
        { value: 'officers', role: 'compliance_officer' },
      ],
    },
  },
}).identity.oidc;
const claims = (more: object) =>
  vouchedBy({ preferred_username: 'wu', groups: ['quality'], auth_time: NOW / 1000 - 30, ...more }, rules, NOW);

describe('what a proven token says', () => {
  it('is a name and the roles of the settings, each once, from a text or a list', () => {
    expect(claims({})).toEqual({ name: 'wu', roles: ['quality_reviewer'], provenAgoMs: undefined });
    expect(claims({ groups: 'officers' })?.roles).toEqual(['compliance_officer']);
    expect(claims({ groups: ['reviewers', 'quality', 'QUALITY', 7, { value: 'officers' }] })?.roles).toEqual(['quality_reviewer']);
    expect(claims({ groups: undefined })?.roles).toEqual([]);
  });

  it('is nothing without a name an account may have', () => {
    for (const name of [undefined, '', 7, ['wu'], 'Wu', 'wu zhou', 'x'.repeat(49), 'wu\n', '__proto__'])
      expect([name, claims({ preferred_username: name })]).toEqual([name, undefined]);
  });

  it('has two factors by acr or amr only as the settings name them, and only with the time they were proven', () => {
    expect(claims({ amr: ['pwd', 'mfa'] })?.provenAgoMs).toBe(30_000);
    expect(claims({ acr: 'urn:bank:two' })?.provenAgoMs).toBe(30_000);
    expect(claims({ amr: ['pwd', 'otp'], acr: 'urn:bank:one' })?.provenAgoMs).toBeUndefined();
    for (const at of [undefined, 'yesterday', Number.NaN, Number.POSITIVE_INFINITY])
      expect(claims({ amr: ['mfa'], auth_time: at })?.provenAgoMs).toBeUndefined();
    expect(claims({ amr: ['mfa'], auth_time: NOW / 1000 + 20 })?.provenAgoMs).toBe(0); // a clock ahead makes nobody fresher than now
  });
});
