import { BUSINESS_LINES } from '@keepline/contracts/business-lines';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newNoteKey, signerFrom } from '../tlog/signed-note.ts';
import { certify, factsOf } from './certificate.ts';
import { addMonths, LINE_RULES, rulesWith, startOfWhatIsOver } from './policy.ts';

const at = (text: string): number => Date.parse(`${text}T12:00:00Z`);

describe('a period of months', () => {
  it.each([
    ['2024-02-29', 12, '2025-02-28'],
    ['2025-08-31', 6, '2026-02-28'],
    ['2025-12-15', 1, '2026-01-15'],
    ['2026-01-31', 240, '2046-01-31'],
  ])('from %s over %i months ends on %s', (from, months, to) => {
    expect(addMonths(at(from), months)).toBe(at(to));
  });

  it('is over for whatever began at or before the place computed, and for nothing later than a few days after it', () => {
    fc.assert(
      fc.property(fc.integer({ min: at('2000-01-01'), max: at('2090-01-01') }), fc.integer({ min: 1, max: 240 }), (nowMs, months) => {
        const start = startOfWhatIsOver({ months }, nowMs);
        expect(addMonths(start, months)).toBeLessThanOrEqual(nowMs);
        expect(addMonths(start + 4 * 86_400_000, months)).toBeGreaterThan(nowMs);
      }),
    );
  });
});

describe('the rules of a house', () => {
  it('may be longer than the law and never shorter', () => {
    for (const line of BUSINESS_LINES) {
      const { months, byLaw } = LINE_RULES[line];
      expect(rulesWith([{ line, months: months + 1 }])[line].months).toBe(months + 1);
      const shorter = () => rulesWith([{ line, months: months - 1 }]);
      if (byLaw) expect(shorter).toThrow(expect.objectContaining({ code: 'RETENTION_TOO_SHORT' }));
      else expect(shorter()[line].months).toBe(months - 1);
    }
    expect(rulesWith([])).toEqual(LINE_RULES);
  });
});

describe('a deletion certificate', () => {
  it('tells its facts to whoever holds the verifier key, and no changed one passes', () => {
    const signer = signerFrom(newNoteKey('keepline/demo/audit'));
    const deletion = {
      site: 'demo',
      recordingId: 'rec-1',
      callId: 'call-1',
      recordedMs: 0,
      deletedMs: at('2026-01-02'),
      sha256: 'ab',
      bytes: 3,
    };
    const note = certify({ ...deletion, line: 'service', why: 'its time is over', correlation: 'act-1' }, signer);
    expect(factsOf(note, signer.verifierKey).get('deleted')).toBe('2026-01-02T12:00:00.000Z');
    expect(factsOf(note, signer.verifierKey).get('why')).toBe('its time is over');
    expect(() => factsOf(note.replace('rec-1', 'rec-2'), signer.verifierKey)).toThrow(
      expect.objectContaining({ code: 'TLOG_NOTE_INVALID' }),
    );
  });
});
