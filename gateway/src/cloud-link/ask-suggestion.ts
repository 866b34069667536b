/**
 * A desk's question to the AI services: personal data out, the brand that says so, then through `cloud-sync`, which has the deadline, the breaker, the
 * second look and the ledger of what left. Never
 * throws into a desk and touches no call; without a cloud it answers at once.
 */
import type { Clock } from '@keepline/contracts/clock';
import { DEADLINE_DEFAULT_MS } from '@keepline/contracts/ai-service';
import type { Anonymised } from '@keepline/contracts/anonymised';
import type { DeskService, DeskSuggestion } from '@keepline/contracts/desk-suggestion';
import { KeeplineError } from '@keepline/contracts/errors';
import { newId } from '@keepline/contracts/ids';
import type { LinkStatus } from '@keepline/contracts/link';
import type { Anonymiser } from '@keepline/compliance/anonymise';
import { redact } from '@keepline/compliance/redact';
import type { CallFacts } from '../calls/call-control.ts';
import { askCloudSync, type CloudSyncReply } from './ask-cloud-sync.ts';
import { type Around, type Candidate, type DeskRequest, emptySuggestion, requestOf, suggestionOf } from './suggestion.ts';

/** The answer of a service has at most 60,000 bytes; around it stands the outcome. */
const REPLY_MAX_BYTES = 65_536;
/** What the way through `cloud-sync` may take beyond its own deadline, ms. */
const HOP_MS = 500;

export interface SuggestionParts {
  readonly site: string;
  /** Services the site lets its desks ask; setting `cloud.deskServices`. */
  readonly offered: readonly DeskService[];
  readonly dispositions: readonly string[];
  readonly anonymiser: Pick<Anonymiser, 'question'>;
  readonly socketPath: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly link: () => LinkStatus;
  /** Articles of the site near this text, best first. */
  readonly articlesNear: (text: string) => Promise<readonly Candidate[]>;
  readonly onFault: (fault: unknown) => void;
}

export type AskSuggestion = (
  call: Pick<CallFacts, 'queue' | 'skill' | 'path'>,
  service: DeskService,
  text: string,
) => Promise<DeskSuggestion>;

export function askSuggestion(parts: SuggestionParts): AskSuggestion {
  const clean = (text: string): string => redact(text).text;
  /** The only way out of here, and nothing without the brand goes it. */
  const post = (service: DeskService, body: Anonymised<DeskRequest>): Promise<CloudSyncReply> =>
    askCloudSync(parts.socketPath, `/ai/${service}`, REPLY_MAX_BYTES, { body, limitMs: DEADLINE_DEFAULT_MS + HOP_MS });
  return async (call, service, text) => {
    if (!parts.offered.includes(service)) return emptySuggestion('not_offered');
    if (parts.link().state === 'down') return emptySuggestion('away');
    const { text: said, entities } = redact(text);
    const removed = [...new Set(entities.map(({ type }) => type))];
    try {
      const articles = service === 'assist' ? await parts.articlesNear(said) : [];
      // Articles are the site's own, yet they may name a hotline or a person; what is shown to the agent is the article as it is.
      const candidates = articles.map((article) => ({ ...article, title: clean(article.title), text: clean(article.text) }));
      const around: Around = {
        ...{ requestId: newId('req', parts.clock.now()), site: parts.site, candidates, dispositions: parts.dispositions },
        ...{ queue: call.queue, skill: call.skill, choice: call.path.at(-1) ?? '' },
      };
      const { status, text: reply } = await post(service, parts.anonymiser.question(requestOf(service, said, around)));
      const answer: unknown = status === 200 ? JSON.parse(reply) : undefined;
      return suggestionOf(service, answer, { ...around, candidates: articles }, removed);
    } catch (fault) {
      parts.onFault(fault);
      return {
        ...emptySuggestion(fault instanceof KeeplineError && fault.code === 'ANONYMISE_VALUE_REFUSED' ? 'stopped' : 'away'),
        removed,
      };
    }
  };
}
