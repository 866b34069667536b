/** `assist`: which of the site's own articles and next steps fit what was just said. Picks from the candidates of the request, never writes new ones. */
import { type Static, Type } from 'typebox';
import { BothLanguages, RequestHead } from './ai-service.ts';

export const AssistRequest = Type.Object(
  {
    ...RequestHead,
    /** What the caller said or wrote last, anonymised. */
    utterance: Type.String({ minLength: 1, maxLength: 2000 }),
    candidates: Type.Array(
      Type.Object(
        {
          id: Type.String({ minLength: 1, maxLength: 64 }),
          kind: Type.Union([Type.Literal('knowledge'), Type.Literal('next_step')]),
          title: Type.String({ maxLength: 200 }),
          text: Type.String({ maxLength: 2000 }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 64 },
    ),
  },
  { additionalProperties: false },
);
export type AssistRequest = Static<typeof AssistRequest>;

export const AssistAnswer = Type.Object(
  {
    requestId: RequestHead.requestId,
    /** Best first; empty when nothing fits. */
    suggestions: Type.Array(
      Type.Object(
        {
          /** Id of a candidate. */
          id: Type.String({ minLength: 1, maxLength: 64 }),
          /** 0 to 1 */
          score: Type.Number({ minimum: 0, maximum: 1 }),
          reason: BothLanguages,
        },
        { additionalProperties: false },
      ),
      { maxItems: 5 },
    ),
    model: Type.String({ maxLength: 64 }),
  },
  { additionalProperties: false },
);
export type AssistAnswer = Static<typeof AssistAnswer>;
