/**
 * The four AI services as endpoints of one site. Here, behind every provider, stands the rule that an answer may only name what the request
 * offered: a provider that invents a skill, an article or a disposition is refused, not passed on.
 */
import { AdviceAnswer, AdviceRequest } from '@keepline/contracts/advice';
import { AssistAnswer, AssistRequest } from '@keepline/contracts/assist';
import { QA_CHECKS, QaAnswer, QaRequest } from '@keepline/contracts/qa';
import { SummaryAnswer, SummaryRequest } from '@keepline/contracts/summary';
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { subjectsOf } from '../../nats/subjects.ts';
import type { Provider } from '../providers/provider.ts';
import { ServiceRefusal } from './errors.ts';
import type { Endpoint } from './micro-service.ts';

/** @param advice answers `advice.route`, whose deadline of some 100 ms a language model seldom keeps */
export function aiEndpoints(site: string, advice: Provider, texts: Provider): readonly Endpoint[] {
  const subjects = subjectsOf(site);
  return [
    endpoint('advice-route', subjects.adviceRoute, site, AdviceRequest, AdviceAnswer, async (request, until) => {
      const answer = await advice.advise(request, until);
      if (answer) mustOffer(request.readySkills, [answer.skill], 'skill');
      return answer;
    }),
    endpoint('assist', subjects.assist, site, AssistRequest, AssistAnswer, async (request, until) => {
      const answer = await texts.assist(request, until);
      mustOffer(
        request.candidates.map(({ id }) => id),
        answer.suggestions.map(({ id }) => id),
        'candidate',
      );
      return answer;
    }),
    endpoint('summary', subjects.summary, site, SummaryRequest, SummaryAnswer, async (request, until) => {
      const answer = await texts.summarise(request, until);
      mustOffer(['', ...request.dispositions], [answer.disposition], 'disposition');
      if (answer.summary.length > request.maxChars) throw new ServiceRefusal('provider', 'the summary is longer than asked for');
      return answer;
    }),
    endpoint('qa', subjects.qa, site, QaRequest, QaAnswer, async (request, until) => {
      const answer = await texts.checkQuality(request, until);
      const wanted = request.checks.length === 0 ? QA_CHECKS : request.checks;
      const found = answer.findings.map(({ check }) => check);
      if (new Set(found).size !== new Set(wanted).size || found.length !== new Set(wanted).size)
        throw new ServiceRefusal('provider', 'the findings are not one for each check');
      mustOffer(wanted, found, 'check');
      if (answer.findings.some(({ turn }) => turn >= request.turns.length))
        throw new ServiceRefusal('provider', 'a finding names a turn that is not there');
      return answer;
    }),
  ];
}

function endpoint<Q extends TSchema, A extends TSchema>(
  name: string,
  subject: string,
  site: string,
  request: Q,
  answer: A,
  work: (request: Static<Q>, until: AbortSignal) => Promise<Static<A> | undefined>,
): Endpoint {
  return {
    name,
    subject,
    request,
    answer,
    async work(given, until) {
      if (!Value.Check(request, given)) throw new ServiceRefusal('bad_request', 'the request is not of its schema');
      if (headOf(given).site !== site) throw new ServiceRefusal('bad_request', 'the request is of another site');
      const result = await work(given, until);
      if (result !== undefined && headOf(result).requestId !== headOf(given).requestId)
        throw new ServiceRefusal('provider', 'the answer is for another request');
      return result;
    },
  };
}

function headOf(value: unknown): { readonly requestId?: unknown; readonly site?: unknown } {
  return typeof value === 'object' && value !== null ? value : {};
}

function mustOffer(offered: readonly string[], named: readonly string[], what: string): void {
  if (named.some((name) => !offered.includes(name)))
    throw new ServiceRefusal('provider', `the answer names a ${what} that was not offered`);
}
