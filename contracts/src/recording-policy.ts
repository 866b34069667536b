/**
 * Whether talks are recorded: a setting of each queue and of calls out. What is not recorded on purpose has its reason in the ledger, so that
 * answered = recorded + recorded reasons holds under every policy.
 */
import { Type } from 'typebox';
import { text } from './config-field.ts';

export const RECORDING_POLICIES = ['always', 'never', 'on_demand'] as const;
export type RecordingPolicy = (typeof RECORDING_POLICIES)[number];

/** The two settings of whatever has a policy. @param what completes "Whether … are recorded" */
export const recordingFields = (what: string) => ({
  recording: Type.Union([Type.Literal('always'), Type.Literal('never'), Type.Literal('on_demand')], {
    default: 'always',
    description: `Whether ${what} are recorded: \`always\`, \`never\`, or \`on_demand\`, from when the agent starts it until the agent stops it.`,
  }),
  noRecordingReason: text('', `Why ${what} are never recorded, for the ledger; must be given with \`never\`. No personal data.`),
});

export interface RecordingSetting {
  readonly recording: RecordingPolicy;
  readonly noRecordingReason: string;
}

/** What is wrong with a policy; undefined when it is right. @param place where it stands in the site file */
export function recordingFault({ recording, noRecordingReason }: RecordingSetting, place: string): string | undefined {
  if (recording !== 'never' || noRecordingReason.trim() !== '') return undefined;
  return `${place}/noRecordingReason must say why, where recording is never`;
}
