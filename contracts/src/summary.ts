/** `summary`: a conversation or an agent's notes, anonymised, in a few sentences, and the disposition it suggests. */
import { type Static, Type } from 'typebox';
import { PlainName, RequestHead, Turn, TURNS_MAX } from './ai-service.ts';

export const SummaryRequest = Type.Object(
  {
    ...RequestHead,
    turns: Type.Array(Turn, { minItems: 1, maxItems: TURNS_MAX }),
    /** Dispositions of the site to choose from. */
    dispositions: Type.Array(PlainName, { maxItems: 64 }),
    /** What is known of the call; '' when it is not. */
    context: Type.Object({ queue: PlainName, skill: PlainName, choice: PlainName }, { additionalProperties: false }),
    /** Longest summary wanted, UTF-16 units. */
    maxChars: Type.Integer({ minimum: 40, maximum: 2000 }),
  },
  { additionalProperties: false },
);
export type SummaryRequest = Static<typeof SummaryRequest>;

export const SummaryAnswer = Type.Object(
  {
    requestId: RequestHead.requestId,
    summary: Type.String({ minLength: 1, maxLength: 2000 }),
    /** One of the request's dispositions; '' when none is likelier than the rest. */
    disposition: PlainName,
    /** 0 to 1, of the disposition. */
    confidence: Type.Number({ minimum: 0, maximum: 1 }),
    model: Type.String({ maxLength: 64 }),
  },
  { additionalProperties: false },
);
export type SummaryAnswer = Static<typeof SummaryAnswer>;
