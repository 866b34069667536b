/** What a desk asks the AI services of the cloud through its gateway, and what comes back. A suggestion never does anything by itself. */
import { type Static, Type } from 'typebox';
import { BothLanguages } from './ai-service.ts';

/** `assist`: articles that fit what was said. `summary`: notes in a few sentences, and an outcome. `qa`: notes against the quality checks. */
export const DESK_SERVICES = ['assist', 'summary', 'qa'] as const;
export type DeskService = (typeof DESK_SERVICES)[number];

/** Longest text that is asked about, UTF-16 units. */
export const ASKED_TEXT_MAX = 2000;

export const DeskQuestion = Type.Object(
  {
    /** A call of the agent who asks. */
    callId: Type.String({ maxLength: 48 }),
    service: Type.Enum([...DESK_SERVICES]),
    /** As typed; the gateway takes personal data out before anything leaves the site. Lines may begin with `客户：` or `caller:`. */
    text: Type.String({ minLength: 1, maxLength: ASKED_TEXT_MAX }),
  },
  { additionalProperties: false },
);
export type DeskQuestion = Static<typeof DeskQuestion>;

/** `answered`, or why there is nothing: each is said to the agent in one quiet line, none disturbs the call. */
export const SUGGESTION_OUTCOMES = ['answered', 'away', 'late', 'stopped', 'refused', 'not_offered'] as const;
export type SuggestionOutcome = (typeof SUGGESTION_OUTCOMES)[number];

export const DeskSuggestion = Type.Object({
  outcome: Type.Enum([...SUGGESTION_OUTCOMES]),
  /** Kinds of personal data that were taken out of the text, such as `MOBILE`. */
  removed: Type.Array(Type.String()),
  items: Type.Array(
    Type.Object({
      /** Title of an article, or name of a check; '' for a summary. */
      title: Type.String(),
      text: Type.String(),
      reason: Type.Union([Type.Null(), BothLanguages]),
      /** Of a check; '' elsewhere. */
      verdict: Type.String(),
    }),
  ),
  /** One of the site's outcomes; '' when none is suggested. */
  disposition: Type.String(),
  /** Name of the model that answered; '' without an answer. */
  model: Type.String(),
});
export type DeskSuggestion = Static<typeof DeskSuggestion>;
