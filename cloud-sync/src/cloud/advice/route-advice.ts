/**
 * Which skill should this caller meet? Rules in falling order of certainty over what was learned from the site's events. Pure; says
 * nothing (undefined) where it knows no better than the site itself.
 */
import type { AdviceAnswer, AdviceRequest } from '@keepline/contracts/advice';
import type { Guess } from '../providers/built-in/naive-bayes.ts';
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

/** What the trained model says about the skills that are ready. */
export interface Likely {
  readonly version: string;
  readonly guesses: readonly Guess[];
}
/** A guess of the model is followed from here on. */
export const LIKELY = 0.6;

/**
 * @param utcHour hour of the day in UTC, the clock by which hours were learned
 * @param likely undefined while no model is trained
 */
export function routeAdvice(
  request: AdviceRequest,
  known: Experience,
  settings: AdviceSettings,
  utcHour: number,
  likely?: Likely,
): AdviceAnswer | undefined {
  const isReady = (skill: string): boolean => request.readySkills.includes(skill);
  const answer = (skill: string, confidence: number, zh: string, en: string): AdviceAnswer => ({
    requestId: request.requestId,
    skill,
    reason: { zh, en },
    confidence: Math.round(confidence * 100) / 100,
    model: MODEL,
  });

  const gaveUp = request.callerRef === '' ? 0 : known.abandonedBy(request.callerRef);
  if (gaveUp > 0 && settings.retentionSkill !== '' && isReady(settings.retentionSkill)) {
    return answer(settings.retentionSkill, 0.9, `该客户此前曾放弃等待 ${gaveUp} 次。`, `This caller gave up waiting before (${gaveUp}).`);
  }

  const choice = request.choices.at(-1) ?? '';
  const learned = known.servedBy(choice);
  const total = learned.reduce((sum, one) => sum + one.calls, 0);
  const best = learned.find((one) => isReady(one.skill));
  if (best && best.calls >= MIN_CALLS) {
    const { skill, calls } = best;
    const en = `${calls} of ${total} callers who chose ${choice} were served by ${skill}.`;
    return answer(skill, calls / total, `选择 ${choice} 的 ${total} 位客户中，有 ${calls} 位由 ${skill} 技能坐席服务。`, en);
  }

  const guessed = likely?.guesses.find(({ label }) => isReady(label));
  if (likely && guessed && guessed.probability >= LIKELY) {
    const { label, probability } = guessed;
    const percent = Math.round(probability * 100);
    const en = `Calls like this one were served by ${label} (${percent} % likely among those ready).`;
    return {
      ...answer(label, probability, `相似来电多由 ${label} 技能坐席服务（就绪坐席中可能性 ${percent}%）。`, en),
      model: likely.version,
    };
  }

  if (request.skill !== '' && isReady(request.skill))
    return answer(request.skill, 0.6, `流程要求 ${request.skill}，且有就绪坐席。`, `The flow asked for ${request.skill} and it is ready.`);
  if (choice !== '' && isReady(choice))
    return answer(choice, 0.6, `客户选择了 ${choice}，且有就绪坐席。`, `The caller chose ${choice} and that skill is ready.`);

  const [anyone] = request.readySkills;
  if (anyone !== undefined && request.waiting >= CROWD && known.busiestHour() === utcHour) {
    const { waiting } = request;
    const en = `${waiting} wait in the busiest hour: a ready agent now is better than the right one later.`;
    return answer(anyone, 0.4, `高峰时段有 ${waiting} 位客户等待：先由就绪坐席接听。`, en);
  }
  return undefined;
}
