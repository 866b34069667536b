/** Questions of desks: placeholders where people wrote, a refusal anywhere else, and the same shape as before. */
import type { AssistRequest } from '@keepline/contracts/assist';
import { newId } from '@keepline/contracts/ids';
import { SummaryRequest } from '@keepline/contracts/summary';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { Anonymiser } from './anonymise.ts';

const anonymiser = new Anonymiser({ key: new Uint8Array(32).fill(7), site: 'demo' });
const requestId = newId('req', 1_790_000_000_000);
const summary: SummaryRequest = {
  ...{ requestId, site: 'demo', dispositions: ['resolved'], maxChars: 200, context: { queue: 'service', skill: '', choice: 'cards' } },
  turns: [{ speaker: 'caller', text: '我的手机号是13800138000，要挂失' }],
};

describe('a question of a desk', () => {
  it('leaves with placeholders where people wrote, and otherwise as it was', () => {
    expect(anonymiser.question(summary)).toEqual({ ...summary, turns: [{ speaker: 'caller', text: '我的手机号是[MOBILE]，要挂失' }] });
    const candidates = [{ id: 'loss', kind: 'knowledge' as const, title: '热线 13900139000', text: '请拨打 13900139000' }];
    const assist: AssistRequest = { requestId, site: 'demo', utterance: '卡号 6222021234567890128', candidates };
    expect(JSON.stringify(anonymiser.question(assist))).not.toMatch(/13900139000|6222021234567890128/);
  });

  it.each([
    ['a disposition', { dispositions: ['13800138000'] }],
    ['a name of the call', { context: { queue: 'service', skill: '', choice: '13800138000' } }],
    ['an identifier that is none of ours', { requestId: '13800138000' }],
    ['another site', { site: 'other' }],
  ])('is refused for %s, without saying the value', (_what, more) => {
    const ask = (): unknown => anonymiser.question({ ...summary, ...more });
    expect(ask).toThrow(expect.objectContaining({ code: 'ANONYMISE_VALUE_REFUSED' }));
    expect(ask).not.toThrow(/13800138000|other/);
  });

  it('keeps its shape, and cleaning it again changes nothing', () => {
    const text = fc.oneof(fc.string({ maxLength: 60 }), fc.constantFrom('电话 13800138000', 'a.b@example.com', '身份证11010519491231002X'));
    fc.assert(
      fc.property(
        fc.array(fc.record({ speaker: fc.constantFrom('agent' as const, 'caller' as const), text }), { minLength: 1 }),
        (turns) => {
          const once = anonymiser.question({ ...summary, turns });
          expect(Value.Check(SummaryRequest, once)).toBe(true);
          expect(once.turns.map(({ speaker }) => speaker)).toEqual(turns.map(({ speaker }) => speaker));
          expect(anonymiser.question(once)).toEqual(once);
        },
      ),
      { numRuns: 60 },
    );
  });
});
