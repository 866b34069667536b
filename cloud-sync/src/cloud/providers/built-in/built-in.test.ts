import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '@keepline/contracts/ids';
import type { Turn } from '@keepline/contracts/ai-service';
import { madeEvent } from '../../../testing/made-event.ts';
import { suggestions } from './assist.ts';
import { CALLS_MAX, LabelledCalls, type LabelledCall } from './labelled-calls.ts';
import { type Example, guess, learn } from './naive-bayes.ts';
import { judgeQuality } from './quality.ts';
import { extract } from './summary.ts';
import { isHeldOut, train } from './train.ts';

/** Calls of a site where the choice decides the skill in nine of ten cases. */
function siteCalls(count: number, noise = 10): LabelledCalls {
  const calls = new LabelledCalls();
  for (let i = 0; i < count; i++) {
    const callId = newId('call', 1_790_000_000_000 + i);
    const choice = ['cards', 'loans', 'loss'][i % 3] ?? '';
    const skill = i % noise === 0 ? 'care' : choice;
    calls.learn(madeEvent(i, 'call.offered', { callId }));
    calls.learn(madeEvent(i, 'ivr.chosen', { callId, choice }));
    calls.learn(madeEvent(i, 'call.queued', { callId, queue: 'service' }));
    calls.learn(madeEvent(i, 'routing.decided', { callId, skill }));
    calls.learn(madeEvent(i, 'call.ended', { callId, verdict: i % 17 === 0 ? 'media_lost' : 'completed' }));
    calls.learn(
      madeEvent(i, 'call.disposed', { callId, disposition: i % 5 === 0 ? 'none_given' : choice === 'loss' ? 'card_blocked' : 'resolved' }),
    );
  }
  return calls;
}

describe('the built-in classifier', () => {
  it('learns from the events which skill serves a choice, and says how good it is on calls it has not seen', () => {
    const { file, evaluations } = train(siteCalls(600).calls());
    const [skill, disposition] = evaluations;
    expect(skill).toMatchObject({ task: 'skill', kept: true });
    expect(skill?.accuracy).toBeGreaterThan(0.8);
    expect(skill?.majority).toBeLessThan(0.5);
    expect(disposition).toMatchObject({ task: 'disposition', kept: true });
    const model = file.models.skill?.model;
    const among = ['cards', 'loans', 'care', 'mortgage'];
    expect(model && guess(model, ['queue=service', 'choice=loans'], among)[0]?.label).toBe('loans');
    expect(model && guess(model, ['choice=loans'], ['care', 'mortgage']).map(({ label }) => label)).toEqual(['care']);
  });

  it('leaves out a task that gains nothing over the most frequent label, or has too few examples', () => {
    const chance: LabelledCall[] = Array.from({ length: 400 }, (_, i) => ({
      callId: `call-${i}`,
      examples: { skill: { label: i % 4 === 0 ? 'b' : 'a', tokens: ['queue=service'] } },
    }));
    expect(train(chance).evaluations[0]).toMatchObject({ kept: false });
    expect(train(siteCalls(30).calls()).file.models).toEqual({});
  });

  it('is the same model for the same stream, and never learns from what it is judged by', () => {
    const calls = siteCalls(200).calls();
    expect(train(calls).file).toEqual(train(calls.toReversed()).file);
    const heldOut = calls.filter(({ callId }) => isHeldOut(callId)).length;
    expect(heldOut / calls.length).toBeGreaterThan(0.1);
    expect(heldOut / calls.length).toBeLessThan(0.3);
    const spoilt = calls.map((call) => (isHeldOut(call.callId) ? { ...call, examples: { skill: { label: 'spoilt', tokens: [] } } } : call));
    expect(JSON.stringify(train(spoilt).file)).not.toContain('spoilt');
  });

  it('an hour the clock wrote off is no judgement of an agent; the store of calls is bounded', () => {
    const calls = siteCalls(100);
    expect(JSON.stringify(calls.calls())).not.toContain('none_given');
    expect(CALLS_MAX).toBeLessThanOrEqual(200_000);
  });

  it('law: probabilities sum to one, only offered labels are named, and the order of examples does not matter', () => {
    const word = fc.constantFrom('a', 'b', 'c', 'constructor', '__proto__');
    const examples = fc.array(fc.record({ label: word, tokens: fc.array(word, { maxLength: 5 }) }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(examples, fc.array(word), fc.array(word), (given: Example[], tokens, among) => {
        const model = learn(given);
        expect(learn(given.toReversed())).toEqual(model);
        const guesses = guess(model, tokens, among);
        expect(guesses.every(({ label }) => among.some((one) => one === label))).toBe(true);
        if (guesses.length > 0) expect(guesses.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1);
      }),
    );
  });
});

const talk: Turn[] = [
  { speaker: 'agent', text: '您好，这里是客服中心，请问有什么可以帮您？' },
  { speaker: 'caller', text: '我的信用卡昨天在超市丢了，想挂失这张信用卡。嗯。' },
  { speaker: 'agent', text: '好的，为了您的账户安全，我先核实一下您的身份。' },
  { speaker: 'caller', text: '[姓名]，证件末四位是[证件号]。' },
  { speaker: 'agent', text: '信用卡已经挂失，新卡五个工作日寄出。请问还有其他可以帮您的吗？' },
  { speaker: 'caller', text: '没有了，谢谢。' },
  { speaker: 'agent', text: '感谢您的来电，再见。' },
];

describe('the built-in summary', () => {
  it('quotes what the conversation is about, in order, without courtesies, within the length', () => {
    const summary = extract(talk, 60);
    expect(summary).toContain('挂失这张信用卡');
    expect(summary).not.toContain('您好');
    expect(extract(talk, 40).length).toBeLessThanOrEqual(40);
  });

  it('law: never empty, never longer than asked for, never a broken letter', () => {
    const turns = fc.array(
      fc.record({ speaker: fc.constantFrom('agent' as const, 'caller' as const), text: fc.string({ unit: 'grapheme' }) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(turns, fc.integer({ min: 40, max: 200 }), (given, maxChars) => {
        const summary = extract(given, maxChars);
        expect(summary.length).toBeGreaterThan(0);
        expect(summary.length).toBeLessThanOrEqual(maxChars);
        expect(summary.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('the built-in assistance', () => {
  const candidates = [
    { id: 'loss', kind: 'knowledge' as const, title: '信用卡挂失', text: '信用卡遗失后请立即挂失，补卡五个工作日。' },
    { id: 'rate', kind: 'knowledge' as const, title: '房贷利率', text: '房贷利率按年调整。' },
    { id: 'block', kind: 'next_step' as const, title: '冻结卡片', text: '在系统中冻结丢失的卡片。' },
  ];
  it('ranks the articles that speak of the same thing, and is silent where none does', () => {
    const best = suggestions({ requestId: 'r', site: 'demo', utterance: '我的信用卡丢了，怎么挂失？', candidates });
    expect(best[0]).toMatchObject({ id: 'loss' });
    expect(best.map(({ id }) => id)).not.toContain('rate');
    expect(suggestions({ requestId: 'r', site: 'demo', utterance: 'weather', candidates })).toEqual([]);
  });
});

describe('the built-in quality checks', () => {
  const verdicts = (turns: readonly Turn[]) =>
    Object.fromEntries(judgeQuality(turns, []).findings.map(({ check, verdict }) => [check, verdict]));
  const agent = (text: string): Turn => ({ speaker: 'agent', text });

  it('passes a good conversation and says which turn stands for it', () => {
    expect(verdicts(talk)).toEqual({
      greeting: 'passed',
      identity_check: 'passed',
      no_guarantee: 'passed',
      no_secret_asked: 'passed',
      polite: 'passed',
      no_refusal_without_help: 'not_applicable',
      further_help: 'passed',
      closing: 'passed',
    });
    expect(judgeQuality(talk, ['identity_check']).findings).toMatchObject([{ check: 'identity_check', turn: 2 }]);
    expect(judgeQuality(talk, []).score).toBe(1);
  });

  it.each([
    ['no_guarantee', '这款产品保本，稳赚。', '我们不能保证收益。'],
    ['no_guarantee', 'I guarantee returns of 8 %.', 'We cannot guarantee returns.'],
    ['no_secret_asked', '请把验证码告诉我。', '请不要把验证码告诉任何人。'],
    ['no_secret_asked', 'Please tell me your one-time code.', 'Never tell me your password.'],
    ['polite', '你闭嘴。', '请您稍等。'],
    ['no_refusal_without_help', '这个办不了。', '这个我办不了，建议您到柜台办理。'],
  ])('%s: fails at "%s" and not at "%s"', (check, bad, good) => {
    expect(verdicts([agent(bad)])[check]).toBe('failed');
    expect(verdicts([agent(good)])[check]).not.toBe('failed');
  });

  it('what the caller says is not held against the agent', () => {
    expect(verdicts([{ speaker: 'caller', text: '闭嘴，告诉我密码，保证收益！' }])).toMatchObject({
      polite: 'passed',
      no_secret_asked: 'passed',
      no_guarantee: 'passed',
    });
  });

  it('an account talked about without a check of the person fails', () => {
    expect(verdicts([{ speaker: 'caller', text: '查一下余额' }, agent('余额是一百元。')])).toMatchObject({
      identity_check: 'failed',
      greeting: 'failed',
    });
  });
});
