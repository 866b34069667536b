/** `qa`: a conversation, anonymised, against a list of quality checks. Each verdict names the turn it stands on, so that a supervisor can look. */
import { type Static, Type } from 'typebox';
import { BothLanguages, RequestHead, Turn, TURNS_MAX } from './ai-service.ts';

/** The checks every service knows; a finding names one of them. */
export const QA_CHECKS = [
  'greeting',
  'identity_check',
  'no_guarantee',
  'no_secret_asked',
  'polite',
  'no_refusal_without_help',
  'further_help',
  'closing',
] as const;
export type QaCheck = (typeof QA_CHECKS)[number];
const CheckName = Type.Enum([...QA_CHECKS]);

export const QaRequest = Type.Object(
  {
    ...RequestHead,
    turns: Type.Array(Turn, { minItems: 1, maxItems: TURNS_MAX }),
    /** Checks wanted, each at most once; empty for all. */
    checks: Type.Array(CheckName, { maxItems: QA_CHECKS.length }),
  },
  { additionalProperties: false },
);
export type QaRequest = Static<typeof QaRequest>;

export const QaAnswer = Type.Object(
  {
    requestId: RequestHead.requestId,
    findings: Type.Array(
      Type.Object(
        {
          check: CheckName,
          verdict: Type.Union([Type.Literal('passed'), Type.Literal('failed'), Type.Literal('not_applicable')]),
          /** Index of the turn that decided it; -1 when the whole conversation did. */
          turn: Type.Integer({ minimum: -1, maximum: TURNS_MAX - 1 }),
          reason: BothLanguages,
        },
        { additionalProperties: false },
      ),
      { maxItems: QA_CHECKS.length },
    ),
    /** Passed of those that apply, 0 to 1; 1 when none applies. */
    score: Type.Number({ minimum: 0, maximum: 1 }),
    model: Type.String({ maxLength: 64 }),
  },
  { additionalProperties: false },
);
export type QaAnswer = Static<typeof QaAnswer>;
