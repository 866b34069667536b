/**
 * Who hears whom in a call of up to four, as one pure table: hold, consultation, conference, and a supervisor on top of any of them. Nobody
 * ever hears himself. The recording's left side is the caller; `recorded` is the right one, everybody on our side the caller talks with.
 */
import type { SuperviseMode } from '@keepline/contracts/events';

export const VOICES = ['caller', 'agent', 'partner', 'supervisor'] as const;
export type Voice = (typeof VOICES)[number];

export interface Scene {
  /** The caller is out of the conversation and hears music. */
  readonly held: boolean;
  /** Whom the agent consulted: `private` hears the agent alone while the caller is held, or waits with music while the caller is not. */
  readonly partner: 'none' | 'private' | 'conference';
  readonly supervisor: 'none' | SuperviseMode;
  /** Policy: whether a whisper is kept on the agent's side. */
  readonly recordWhisper: boolean;
}
export interface Hearing {
  readonly hears: ReadonlyMap<Voice, readonly Voice[]>;
  /** Who is on the line and hears nobody: music for them. */
  readonly music: readonly Voice[];
  readonly recorded: readonly Voice[];
}

export function whoHearsWhom({ held, partner, supervisor, recordWhisper }: Scene): Hearing {
  const talking: Voice[] = ['agent'];
  if (!held) talking.push('caller');
  if (partner === 'conference' || (partner === 'private' && held)) talking.push('partner');
  if (supervisor === 'barge') talking.push('supervisor');
  const isHeard = talking.length > 1;
  const hears = new Map<Voice, readonly Voice[]>();
  for (const voice of VOICES) {
    const others = isHeard && talking.includes(voice) ? talking.filter((other) => other !== voice) : [];
    if (voice === 'agent' && supervisor === 'whisper') others.push('supervisor');
    if (voice === 'supervisor' && (supervisor === 'monitor' || supervisor === 'whisper')) others.push(...talking);
    if (others.length > 0) hears.set(voice, others.toSorted(byTable));
  }
  const present: Voice[] = ['caller', ...(partner === 'none' ? [] : (['partner'] as const))];
  const recorded = (hears.get('caller') ?? []).filter((voice) => voice !== 'caller');
  if (supervisor === 'whisper' && recordWhisper && recorded.length > 0) recorded.push('supervisor');
  return { hears, music: present.filter((voice) => !hears.has(voice)), recorded };
}

const byTable = (a: Voice, b: Voice): number => VOICES.indexOf(a) - VOICES.indexOf(b);
