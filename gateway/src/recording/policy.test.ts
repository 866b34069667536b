import { RECORDING_POLICIES } from '@keepline/contracts/recording-policy';
import { parseSite } from '@keepline/contracts/site-file';
import { describe, expect, it } from 'vitest';
import { mayBeRecorded, planOf } from './policy.ts';

const setting = (recording: (typeof RECORDING_POLICIES)[number]) => ({ recording, noRecordingReason: ' medical advice ' });
const KINDS = ['agent', 'consult', 'outside'] as const;

describe('the policy of a queue', () => {
  it.each([
    ['always', 'agent', 'at_once', null],
    ['always', 'outside', 'at_once', null],
    ['always', 'consult', 'none', 'consultation'],
    ['never', 'agent', 'none', 'never'],
    ['never', 'outside', 'none', 'never'],
    ['on_demand', 'agent', 'later', 'on_demand'],
    ['on_demand', 'outside', 'none', 'nobody_to_start'],
    ['on_demand', 'consult', 'none', 'consultation'],
  ] as const)('%s: of a talk of kind %s there is a tape %s, excused as %s', (recording, kind, tape, excuse) => {
    expect(planOf(kind, setting(recording))).toMatchObject({ tape, excuse });
  });

  it('leaves nothing without a tape or a reason, and records nothing where it says never', () => {
    for (const recording of RECORDING_POLICIES)
      for (const kind of KINDS) {
        const { tape, reason, excuse } = planOf(kind, setting(recording));
        expect(tape === 'at_once' ? reason === '' && excuse === null : reason.startsWith(`${excuse}: `)).toBe(true);
        if (!mayBeRecorded(recording)) expect(tape).toBe('none');
      }
    expect(planOf('agent', setting('never')).reason).toBe('never: medical advice');
  });

  it('is refused at start where it says never and not why, for queues and for calls out', () => {
    const queues = [{ name: 'service', recording: 'never' }];
    expect(() => parseSite({ queues })).toThrow('/queues/service/noRecordingReason must say why');
    expect(() => parseSite({ dialling: { recording: 'never', noRecordingReason: '  ' } })).toThrow('/dialling/noRecordingReason');
    expect(() => parseSite({ queues: [{ ...queues[0], noRecordingReason: 'medical advice' }] })).not.toThrow();
  });
});
