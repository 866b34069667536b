import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Binding, type BindingRules, register, type Registration } from './bindings.ts';

const RULES: BindingRules = { minSeconds: 60, maxSeconds: 3600, defaultSeconds: 600, maxContacts: 3 };
const asked = (more: Partial<Registration>): Registration => ({
  agentId: 'agent1',
  contacts: [{ uri: 'sip:a@10.0.0.1', expiresSeconds: null }],
  expiresSeconds: null,
  path: [],
  callId: 'phone',
  cseq: 1,
  source: { address: '10.0.0.1', port: 5060, transport: 'udp' },
  ...more,
});
const bindings = (current: readonly Binding[], more: Partial<Registration>, nowMs = 0): readonly Binding[] => {
  const done = register(current, asked(more), RULES, nowMs);
  if (!done.ok) throw new Error(`refused with ${done.status}`);
  return done.bindings;
};
const status = (current: readonly Binding[], more: Partial<Registration>): number => {
  const done = register(current, asked(more), RULES, 0);
  return done.ok ? 200 : done.status;
};

describe('a registration (RFC 3261 §10.3)', () => {
  it('lasts as long as Contact says, else Expires, else the default, and never beyond the bound', () => {
    const contact = (expiresSeconds: number | null) => ({ contacts: [{ uri: 'sip:a@b', expiresSeconds }] });
    expect(bindings([], { ...contact(120), expiresSeconds: 300 })[0]?.expiresAtMs).toBe(120_000);
    expect(bindings([], { ...contact(null), expiresSeconds: 300 })[0]?.expiresAtMs).toBe(300_000);
    expect(bindings([], contact(null))[0]?.expiresAtMs).toBe(600_000);
    expect(bindings([], contact(999_999))[0]?.expiresAtMs).toBe(3_600_000);
    expect(status([], contact(59))).toBe(423);
  });

  it('ends with 0, one contact or all, and * needs Expires 0', () => {
    const one = bindings([], {});
    expect(bindings(one, { cseq: 2, expiresSeconds: 0 })).toEqual([]);
    expect(bindings(one, { cseq: 2, contacts: '*', expiresSeconds: 0 })).toEqual([]);
    expect(status(one, { cseq: 2, contacts: '*' })).toBe(400);
    expect(status(one, { cseq: 2, contacts: '*', expiresSeconds: 60 })).toBe(400);
  });

  it('must count upwards within one Call-ID; another Call-ID is a phone that began again', () => {
    const one = bindings([], { cseq: 5 });
    expect(status(one, { cseq: 5 })).toBe(500);
    expect(status(one, { cseq: 4, contacts: '*', expiresSeconds: 0 })).toBe(500);
    expect(status(one, { cseq: 1, callId: 'reborn' })).toBe(200);
  });

  it('changes nothing when any part of it is refused', () => {
    const one = bindings([], {});
    const both = [
      { uri: 'sip:b@c', expiresSeconds: null },
      { uri: 'sip:d@e', expiresSeconds: 5 },
    ];
    expect(register(one, asked({ contacts: both, cseq: 2 }), RULES, 0)).toEqual({ ok: false, status: 423 });
  });

  it('only asks without a Contact, and passes over what has expired', () => {
    const one = bindings([], {});
    expect(bindings(one, { contacts: [], cseq: 2 })).toEqual(one);
    expect(bindings(one, { contacts: [], cseq: 2 }, 600_000)).toEqual([]);
  });

  it('never holds more phones than allowed, nor two of one address, nor an expired one', () => {
    const steps = fc.array(
      fc.record({
        uri: fc.constantFrom('sip:a@x', 'sip:b@x', 'sip:c@x', 'sip:d@x'),
        expires: fc.constantFrom(0, 60, 600),
        gapMs: fc.nat(400_000),
      }),
    );
    fc.assert(
      fc.property(steps, (all) => {
        let held: readonly Binding[] = [];
        let nowMs = 0;
        for (const [i, { uri, expires, gapMs }] of all.entries()) {
          nowMs += gapMs;
          held = bindings(held, { contacts: [{ uri, expiresSeconds: expires }], cseq: i + 1 }, nowMs);
          expect(held.length).toBeLessThanOrEqual(RULES.maxContacts);
          expect(new Set(held.map(({ contact }) => contact)).size).toBe(held.length);
          expect(held.every(({ expiresAtMs }) => expiresAtMs > nowMs)).toBe(true);
          expect(held.some(({ contact }) => contact === uri)).toBe(expires > 0);
        }
      }),
    );
  });
});
