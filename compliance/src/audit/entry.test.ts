import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditEntry, ENTRY_MAX_BYTES, formatEntry } from './entry.ts';

const time = { nowMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6), monotonicMs: 12.4, source: '0000beef' };
const entry: AuditEntry = {
  act: 'recording.export',
  who: 'agent1',
  role: 'supervisor',
  from: '10.0.0.7',
  object: 'rec-1',
  purpose: '',
  outcome: 'intent',
  correlation: 'req-1',
};

describe('an entry', () => {
  it('is the text JSON.stringify would give, whatever purpose somebody types', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (typed) => {
        const purpose = typed.replaceAll(/\p{Cc}/gu, '');
        const when = { v: 1, time: '2026-01-02T03:04:05.006Z', source: '0000beef', mono: 12 };
        const { act, who, role, from, object, outcome, correlation } = entry;
        const line = formatEntry({ ...entry, purpose }, time);
        expect(line).toBe(JSON.stringify({ ...when, act, who, role, from, object, purpose, outcome, correlation }));
        expect(Buffer.byteLength(line)).toBeLessThan(ENTRY_MAX_BYTES);
      }),
    );
  });

  it.each(['"', '\\', '\u2028', '\ud800', '😀', '投诉'])('keeps a purpose of %j', (purpose) => {
    expect(JSON.parse(formatEntry({ ...entry, purpose }, time))).toMatchObject({ purpose, mono: 12 });
  });

  /** Law: a subject is named by an identifier of the site, never by what a customer is called by. */
  it('takes no telephone, card or identity number and no name of a customer for who, object or role', () => {
    const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^\\+?[0-9]{${min},${max}}$`));
    const personal = fc.oneof(digits(7, 19), fc.constantFrom('11010519491231002X', '李静', 'li jing', 'tel:+8613800138000'));
    fc.assert(
      fc.property(fc.constantFrom('who', 'object', 'role'), personal, (field, value) => {
        expect(() => formatEntry({ ...entry, [field]: value }, time)).toThrow(expect.objectContaining({ code: 'AUDIT_ENTRY_INVALID' }));
      }),
    );
  });
});
