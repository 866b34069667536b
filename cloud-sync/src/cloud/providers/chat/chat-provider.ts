/**
 * The AI services through a language model. The model only fills in what a program cannot: the request id, the model's name and the rule that answers
 * pick from what was offered stay outside of it (`services/ai-endpoints.ts` checks them behind every provider).
 */
import { AdviceAnswer } from '@keepline/contracts/advice';
import { AssistAnswer } from '@keepline/contracts/assist';
import { QA_CHECKS, QaAnswer } from '@keepline/contracts/qa';
import { SummaryAnswer } from '@keepline/contracts/summary';
import { Type } from 'typebox';
import type { Provider } from '../provider.ts';
import type { ChatEndpoint } from './chat-endpoint.ts';

const SETTING =
  'You help the staff of a bank contact centre. Texts are anonymised: words in brackets stand for personal data. Never guess such data.';
const own = { additionalProperties: false } as const;
const Advice = Type.Object(
  { skill: Type.String({ maxLength: 64 }), reason: AdviceAnswer.properties.reason, confidence: AdviceAnswer.properties.confidence },
  own,
);
const Assist = Type.Object({ suggestions: AssistAnswer.properties.suggestions }, own);
const { summary, disposition, confidence } = SummaryAnswer.properties;
const Summary = Type.Object({ summary, disposition, confidence }, own);
const Quality = Type.Object({ findings: QaAnswer.properties.findings }, own);

export function chatProvider(endpoint: ChatEndpoint): Provider {
  const model = endpoint.model.slice(0, 64);
  return {
    async advise({ requestId, queue, choices, readySkills, waiting, hour }, until) {
      const rules = `${SETTING} Choose the skill of readySkills that should serve this caller; an empty skill if none fits better than chance. The reason is one sentence, in Chinese (zh) and English (en).`;
      const answer = await endpoint.ask(rules, { queue, choices, readySkills, waiting, hour }, Advice, until);
      return answer.skill === '' ? undefined : { requestId, ...answer, model };
    },
    async assist({ requestId, utterance, candidates }, until) {
      const rules = `${SETTING} Choose at most five of the candidates, by id, that help the agent answer the utterance, best first, none if none fits. Each reason is one sentence, in Chinese (zh) and English (en).`;
      return { requestId, ...(await endpoint.ask(rules, { utterance, candidates }, Assist, until)), model };
    },
    async summarise({ requestId, turns, dispositions, context, maxChars }, until) {
      const rules = `${SETTING} Summarise the conversation in its language in at most ${maxChars} characters: what the caller wanted, what was done, what is left. Choose the disposition from the list, or an empty one.`;
      return { requestId, ...(await endpoint.ask(rules, { turns, dispositions, context }, Summary, until)), model };
    },
    async checkQuality({ requestId, turns, checks }, until) {
      const wanted = checks.length === 0 ? QA_CHECKS : checks;
      const rules = `${SETTING} Judge the agent by each of these checks exactly once: ${wanted.join(', ')}. Name the index of the turn that decided (from 0), -1 for the whole conversation. Each reason is one sentence, in Chinese (zh) and English (en).`;
      const { findings } = await endpoint.ask(rules, { turns }, Quality, until);
      const applied = findings.filter(({ verdict }) => verdict !== 'not_applicable');
      const good = applied.filter(({ verdict }) => verdict === 'passed').length;
      return { requestId, findings, score: applied.length === 0 ? 1 : good / applied.length, model };
    },
  };
}
