/**
 * Which skill should this caller meet? Rules in falling order of certainty over what was learned from the site's events. Pure; says
 * nothing (undefined) where it knows no better than the site itself.
 */
import type { AdviceAnswer, AdviceRequest } from '@keepline/contracts/advice';
import type { Experience } from './experience.ts';

export const MODEL = 'keepline-reference-1';
/** Calls that must stand behind a learned preference before it is given. */
export const MIN_CALLS = 3;
/** Calls waiting in the busiest hour from which waiting for a rare skill is not worth it. */
export const CROWD = 5;

export interface AdviceSettings {
  /** Skill for callers who gave up waiting before; '' for none. */
  readonly retentionSkill: string;
}

/** @param utcHour hour of the day in UTC, the clock by which hours were learned */
export function routeAdvice(
  request: AdviceRequest,
  known: Experience,
  settings: AdviceSettings,
  utcHour: number,
): AdviceAnswer | undefined {
  const isReady = (skill: string): boolean => request.readySkills.includes(skill);
  const answer = (skill: string, confidence: number, reason: string): AdviceAnswer => ({
    requestId: request.requestId,
    skill,
    reason,
    confidence: Math.round(confidence * 100) / 100,
    model: MODEL,
  });

  const gaveUp = request.callerRef === '' ? 0 : known.abandonedBy(request.callerRef);
  if (gaveUp > 0 && settings.retentionSkill !== '' && isReady(settings.retentionSkill)) {
    return answer(settings.retentionSkill, 0.9, `This caller gave up waiting ${gaveUp === 1 ? 'once' : `${gaveUp} times`} before.`);
  }

  const choice = request.choices.at(-1) ?? '';
  const learned = known.servedBy(choice);
  const total = learned.reduce((sum, one) => sum + one.calls, 0);
  const best = learned.find((one) => isReady(one.skill));
  if (best && best.calls >= MIN_CALLS) {
    return answer(best.skill, best.calls / total, `${best.calls} of ${total} callers who chose ${choice} were served by ${best.skill}.`);
  }

  if (request.skill !== '' && isReady(request.skill))
    return answer(request.skill, 0.6, `The flow asked for ${request.skill} and it is ready.`);
  if (choice !== '' && isReady(choice)) return answer(choice, 0.6, `The caller chose ${choice} and that skill is ready.`);

  const [anyone] = request.readySkills;
  if (anyone !== undefined && request.waiting >= CROWD && known.busiestHour() === utcHour) {
    return answer(anyone, 0.4, `${request.waiting} wait in the busiest hour: a ready agent now is better than the right one later.`);
  }
  return undefined;
}
