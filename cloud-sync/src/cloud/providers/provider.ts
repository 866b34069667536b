/**
 * What answers the AI services: a provider. Two stand behind this interface, the built-in one (`built-in/`, no model, no network, the default) and any
 * OpenAI-compatible chat endpoint (`chat/`). A provider gets requests that fit their schema and may only pick from what they offer.
 */
import type { AdviceAnswer, AdviceRequest } from '@keepline/contracts/advice';
import type { AssistAnswer, AssistRequest } from '@keepline/contracts/assist';
import type { QaAnswer, QaRequest } from '@keepline/contracts/qa';
import type { SummaryAnswer, SummaryRequest } from '@keepline/contracts/summary';

export interface Provider {
  /** undefined: it knows no better than the site itself. */
  advise(request: AdviceRequest, until: AbortSignal): Promise<AdviceAnswer | undefined>;
  assist(request: AssistRequest, until: AbortSignal): Promise<AssistAnswer>;
  summarise(request: SummaryRequest, until: AbortSignal): Promise<SummaryAnswer>;
  checkQuality(request: QaRequest, until: AbortSignal): Promise<QaAnswer>;
}
