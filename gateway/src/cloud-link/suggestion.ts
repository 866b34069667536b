/**
 * A desk's question to the AI services as a request they understand, and their answer as the desk shows it. Pure. Whatever text goes in has lost its
 * personal data before; `cloud-sync` looks at the request once more and stops it if anything was overlooked.
 */
import { TURNS_MAX, type Turn } from '@keepline/contracts/ai-service';
import { AssistAnswer, type AssistRequest } from '@keepline/contracts/assist';
import type { DeskService, DeskSuggestion, SuggestionOutcome } from '@keepline/contracts/desk-suggestion';
import { QaAnswer, type QaRequest } from '@keepline/contracts/qa';
import { SummaryAnswer, type SummaryRequest } from '@keepline/contracts/summary';
import { Value } from 'typebox/value';

/** An article of the site the cloud may point at. */
export interface Candidate {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** What is known around the text, without personal data. */
export interface Around {
  readonly requestId: string;
  readonly site: string;
  readonly candidates: readonly Candidate[];
  readonly dispositions: readonly string[];
  readonly queue: string;
  readonly skill: string;
  /** Last choice in the menu. */
  readonly choice: string;
}

const PLAIN = /^[A-Za-z0-9_.-]{0,64}$/;
const plain = (name: string): string => (PLAIN.test(name) ? name : '');
const SUMMARY_CHARS = 200;
/** Fields of AssistRequest, UTF-16 units. */
const TITLE_MAX = 200;
const TEXT_MAX = 2000;
const SPEAKER = /^\s*(?:(客户|来电人|caller|customer)|坐席|agent)\s*[:：]\s*/iu;

export type DeskRequest = AssistRequest | SummaryRequest | QaRequest;

export function requestOf(service: DeskService, text: string, around: Around): DeskRequest {
  const { requestId, site, candidates, dispositions } = around;
  if (service === 'assist') {
    const offered = candidates.map(({ id, title, text: body }) => ({
      ...{ id, kind: 'knowledge' as const, title: title.slice(0, TITLE_MAX), text: body.slice(0, TEXT_MAX) },
    }));
    return { requestId, site, utterance: text.slice(0, TEXT_MAX), candidates: offered };
  }
  const turns = turnsIn(text);
  if (service === 'qa') return { requestId, site, turns, checks: [] };
  const context = { queue: plain(around.queue), skill: plain(around.skill), choice: plain(around.choice) };
  return {
    requestId,
    site,
    turns,
    dispositions: dispositions.filter((name) => PLAIN.test(name)).slice(0, 64),
    context,
    maxChars: SUMMARY_CHARS,
  };
}

/** A line is a turn; one that does not say whose it is belongs to the agent who typed it. */
export function turnsIn(text: string): Turn[] {
  const lines = text.split(/\r?\n/u).filter((line) => line.trim() !== '');
  return lines.slice(0, TURNS_MAX).map((line) => {
    const named = SPEAKER.exec(line);
    return { speaker: named?.[1] === undefined ? 'agent' : 'caller', text: line.slice(named?.[0].length ?? 0).slice(0, TEXT_MAX) };
  });
}

/** @param reply what `cloud-sync` said: `{outcome, answer?}`; anything else counts as a refusal */
export function suggestionOf(service: DeskService, reply: unknown, around: Around, removed: readonly string[]): DeskSuggestion {
  const outcome = fieldOf(reply, 'outcome');
  const answer = fieldOf(reply, 'answer');
  const nothing = { ...emptySuggestion(outcomeOf(outcome)), removed: [...removed] };
  if (outcome !== 'answered') return nothing;
  if (service === 'assist' && Value.Check(AssistAnswer, answer)) {
    const byId = new Map(around.candidates.map((candidate) => [candidate.id, candidate]));
    const items = answer.suggestions.flatMap(({ id, reason }) => {
      const found = byId.get(id); // only what was offered: the service promises it, this end does not rely on it
      return found ? [{ title: found.title, text: found.text, reason, verdict: '' }] : [];
    });
    return { ...nothing, items, model: answer.model };
  }
  if (service === 'summary' && Value.Check(SummaryAnswer, answer)) {
    const disposition = around.dispositions.includes(answer.disposition) ? answer.disposition : '';
    return { ...nothing, items: [{ title: '', text: answer.summary, reason: null, verdict: '' }], disposition, model: answer.model };
  }
  if (service === 'qa' && Value.Check(QaAnswer, answer)) {
    const items = answer.findings.map(({ check, verdict, reason }) => ({ title: check, text: '', reason, verdict }));
    return { ...nothing, items, model: answer.model };
  }
  return { ...nothing, outcome: 'refused' };
}

export function emptySuggestion(outcome: SuggestionOutcome): DeskSuggestion {
  return { outcome, removed: [], items: [], disposition: '', model: '' };
}

const OUTCOMES: Readonly<Record<string, SuggestionOutcome>> = {
  answered: 'answered',
  link_down: 'away',
  breaker_open: 'away',
  no_responders: 'away',
  timeout: 'late',
  stopped: 'stopped',
};
const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;
const outcomeOf = (outcome: unknown): SuggestionOutcome =>
  (typeof outcome === 'string' && Object.hasOwn(OUTCOMES, outcome) ? OUTCOMES[outcome] : undefined) ?? 'refused';
