/** The provider that needs no model of a vendor, no key and no network: rules and counts over what the site's own events have shown. The default. */
import type { Clock } from '@keepline/contracts/clock';
import type { Experience } from '../../advice/experience.ts';
import { type AdviceSettings, routeAdvice } from '../../advice/route-advice.ts';
import type { Provider } from '../provider.ts';
import { suggestions } from './assist.ts';
import { tokensOf } from './labelled-calls.ts';
import type { ModelFile } from './model-file.ts';
import { guess } from './naive-bayes.ts';
import { judgeQuality } from './quality.ts';
import { extract } from './summary.ts';

const RULES = 'keepline-rules-1';
/** A disposition is suggested when it is likelier than all others together. */
const LIKELY = 0.5;
const HOUR_MS = 3_600_000;

export interface BuiltInOptions {
  readonly known: Experience;
  readonly settings: AdviceSettings;
  readonly clock: Pick<Clock, 'now'>;
  /** The trained model of the moment; undefined before the first training. */
  readonly model: () => ModelFile | undefined;
}

export function builtInProvider({ known, settings, clock, model }: BuiltInOptions): Provider {
  return {
    advise(request) {
      const utcHour = Math.floor(clock.now() / HOUR_MS) % 24;
      const learned = model();
      const skill = learned?.models.skill;
      const tokens = tokensOf({ queue: request.queue, choice: request.choices.at(-1) ?? '', hour: utcHour });
      const likely = learned && skill ? { version: learned.version, guesses: guess(skill.model, tokens, request.readySkills) } : undefined;
      return Promise.resolve(routeAdvice(request, known, settings, utcHour, likely));
    },
    assist: (request) => Promise.resolve({ requestId: request.requestId, suggestions: suggestions(request), model: RULES }),
    summarise(request) {
      const learned = model();
      const task = learned?.models.disposition;
      const [best] = task ? guess(task.model, tokensOf(request.context), request.dispositions) : [];
      const sure = best !== undefined && best.probability > LIKELY;
      return Promise.resolve({
        requestId: request.requestId,
        summary: extract(request.turns, request.maxChars),
        disposition: sure ? best.label : '',
        confidence: sure ? Math.round(best.probability * 1000) / 1000 : 0,
        model: learned && task ? learned.version : RULES,
      });
    },
    checkQuality: (request) =>
      Promise.resolve({ requestId: request.requestId, ...judgeQuality(request.turns, request.checks), model: RULES }),
  };
}
