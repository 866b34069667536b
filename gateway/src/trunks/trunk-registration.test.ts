import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOT_REGISTERED, RETRY_MAX_MS, RETRY_MS, stepRegistration } from './trunk-registration.ts';

const said = (status: number, grantedSeconds: number | null = null, minSeconds: number | null = null) => ({
  status,
  grantedSeconds,
  minSeconds,
});

describe('the registration of the site at a trunk', () => {
  it('is refreshed at half of what was granted, not of what was asked', () => {
    expect(stepRegistration(NOT_REGISTERED, said(200, 120), 600)).toEqual({
      state: { at: 'registered', failures: 0, seconds: 0 },
      nextMs: 60_000,
    });
    expect(stepRegistration(NOT_REGISTERED, said(200), 600).nextMs).toBe(300_000);
    expect(stepRegistration(NOT_REGISTERED, said(200, 0), 600).nextMs).toBe(1000);
  });

  it('asks at once for what a 423 wants, and only while it grows', () => {
    const raised = stepRegistration(NOT_REGISTERED, said(423, null, 1800), 600);
    expect(raised).toMatchObject({ state: { seconds: 1800 }, nextMs: 0 });
    expect(stepRegistration(raised.state, said(423, null, 1800), 600).nextMs).toBeGreaterThanOrEqual(RETRY_MS);
    expect(stepRegistration(NOT_REGISTERED, said(423), 600).nextMs).toBe(RETRY_MS);
  });

  it('waits longer after each failure, up to a bound, and never hurries', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 401, 403, 423, 500, 503), { minLength: 1, maxLength: 30 }), (statuses) => {
        let state = NOT_REGISTERED;
        let before = 0;
        for (const status of statuses) {
          const step = stepRegistration(state, said(status), 600);
          expect(step.nextMs).toBeGreaterThanOrEqual(Math.max(RETRY_MS, before));
          expect(step.nextMs).toBeLessThanOrEqual(RETRY_MAX_MS);
          ({ state } = step);
          before = step.nextMs;
        }
      }),
    );
  });
});
