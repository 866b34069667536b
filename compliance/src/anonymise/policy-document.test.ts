/** The class of a field is law: whatever a policy says, C3 never leaves and C2 never as itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Anonymiser } from './anonymise.ts';
import { eventOf, SAMPLES, TYPES } from './event-samples.ts';
import { BUILT_IN, checkPolicy, omissionsOf, policyHash, type PolicyDocument } from './policy-document.ts';

const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const code = (run: () => unknown): string => {
  try {
    run();
    return 'passed';
  } catch (fault) {
    return fault instanceof Error ? fault.name : '';
  }
};
const withField = (type: string, field: string, chosen: PolicyDocument['events'][string][string]): PolicyDocument => ({
  ...BUILT_IN,
  events: { ...BUILT_IN.events, [type]: { ...BUILT_IN.events[type], [field]: chosen } },
});

describe('a policy', () => {
  it('built in, is lawful and leaves nothing out', () => {
    expect(checkPolicy(JSON.parse(JSON.stringify(BUILT_IN)))).toEqual(BUILT_IN);
    expect(omissionsOf(BUILT_IN)).toEqual([]);
  });

  it.for([
    ['call.offered', 'callerNumber', { class: 'C2', leaves: 'itself' }],
    ['call.offered', 'callerNumber', { class: 'C1', leaves: 'itself' }],
    ['call.offered', 'callerName', { class: 'C2', leaves: 'pseudonym' }],
    ['call.disposed', 'note', { class: 'C3', leaves: 'itself' }],
    ['call.disposed', 'note', { class: 'C1', leaves: 'nothing' }],
    ['call.ended', 'durationMs', { class: 'C1', leaves: 'pseudonym' }],
    ['call.ended', 'anything', { class: 'C1', leaves: 'itself' }],
    ['call.unheard_of', 'callId', { class: 'C1', leaves: 'itself' }],
  ] as const)('%s.%s as %j is refused', ([type, field, chosen]) => {
    expect(code(() => checkPolicy(withField(type, field, chosen)))).toBe('POLICY_UNLAWFUL');
  });

  it('drawn at random is refused, or lets through no raw value of a higher class', () => {
    const secrets = ['13812345678', '张伟', '客户张伟 13812345678', 'agent1', '95588'];
    const choice = fc.record({
      class: fc.constantFrom('C1', 'C2', 'C3'),
      leaves: fc.constantFrom('nothing', 'pseudonym', 'itself'),
    } as const);
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), fc.infiniteStream(choice), (type, choices) => {
        const fields = Object.fromEntries(Object.keys(SAMPLES[type]).map((field) => [field, choices.next().value]));
        const document = { ...BUILT_IN, events: { [type]: fields } };
        if (code(() => checkPolicy(document)) !== 'passed') return;
        const left = Object.values(new Anonymiser({ key, site: 'demo', policy: () => document }).event(eventOf(type, SAMPLES[type])).data);
        expect(left.filter((value) => typeof value === 'string' && secrets.includes(value))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('that is stricter holds from the next event on; what it leaves out is refused and not passed', () => {
    let document: PolicyDocument = BUILT_IN;
    const anonymiser = new Anonymiser({ key, site: 'demo', policy: () => document });
    const event = eventOf('call.offered', SAMPLES['call.offered']);
    expect(anonymiser.event(event).data).toHaveProperty('lineRef');
    document = withField('call.offered', 'dialledNumber', { class: 'C3', leaves: 'nothing' });
    expect(anonymiser.event(event).data).not.toHaveProperty('lineRef');
    document = { ...BUILT_IN, events: { 'call.held': {} } };
    expect(code(() => anonymiser.event(event))).toBe('ANONYMISE_TYPE_UNKNOWN');
    expect(code(() => anonymiser.event(eventOf('call.held', SAMPLES['call.held'])))).toBe('ANONYMISE_FIELD_UNKNOWN');
  });

  it('has a hash of its content alone', () => {
    const turned = Object.fromEntries(Object.entries(BUILT_IN.events).toReversed());
    expect(policyHash({ ...BUILT_IN, events: turned })).toBe(policyHash(BUILT_IN));
    expect(policyHash(withField('call.offered', 'trunk', { class: 'C1', leaves: 'nothing' }))).not.toBe(policyHash(BUILT_IN));
    expect(policyHash({ ...BUILT_IN, version: 2 })).not.toBe(policyHash(BUILT_IN));
  });
});
