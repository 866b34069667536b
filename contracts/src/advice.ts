/**
 * Advice from the cloud: an optional input to routing. The request carries no personal data; the answer may name a skill, never a person.
 * Wire: JSON over NATS request `keepline.v1.<site>.advice.route`, and over the unix socket of `cloud-sync` before that.
 */
import { type Static, Type } from 'typebox';

/**
 * Of the deadline of a decision, what each hop on this machine keeps for itself, ms: cloud-sync gives up two hops early, the gateway one,
 * so that the decision is made within the deadline although timers fire late.
 */
export const ADVICE_HOP_MS = 10;

export const AdviceRequest = Type.Object(
  {
    requestId: Type.String({ maxLength: 64 }),
    site: Type.String({ maxLength: 64 }),
    /** Pseudonyms: stable within an epoch, not reversible without the site key. */
    callRef: Type.String({ maxLength: 64 }),
    callerRef: Type.String({ maxLength: 64 }),
    queue: Type.String({ maxLength: 64 }),
    /** The skill the flow asked for; '' when none. */
    skill: Type.String({ maxLength: 64 }),
    choices: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 16 }),
    /** Skills that a ready agent of this queue has now; the answer should be one of them. */
    readySkills: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64 }),
    waiting: Type.Integer({ minimum: 0 }),
    hour: Type.Integer({ minimum: 0, maximum: 23 }),
  },
  { additionalProperties: false },
);
export type AdviceRequest = Static<typeof AdviceRequest>;

const AdviceReason = Type.Object(
  { zh: Type.String({ maxLength: 200 }), en: Type.String({ maxLength: 200 }) },
  { additionalProperties: false },
);
export type AdviceReason = Static<typeof AdviceReason>;

export const AdviceAnswer = Type.Object(
  {
    requestId: Type.String({ maxLength: 64 }),
    skill: Type.String({ minLength: 1, maxLength: 64 }),
    /** One sentence for the explain trace and the agent's screen, in both languages of the product. */
    reason: AdviceReason,
    /** 0 to 1 */
    confidence: Type.Number({ minimum: 0, maximum: 1 }),
    model: Type.String({ maxLength: 64 }),
  },
  { additionalProperties: false },
);
export type AdviceAnswer = Static<typeof AdviceAnswer>;

/** Reply of `POST /advice/route` on the unix socket of cloud-sync. Always 200: no advice is an outcome, not an error. */
export const AdviceReply = Type.Union([
  Type.Object({ outcome: Type.Literal('answered'), answer: AdviceAnswer, tookMs: Type.Number() }),
  Type.Object({
    outcome: Type.Union([
      Type.Literal('timeout'),
      Type.Literal('breaker_open'),
      Type.Literal('link_down'),
      Type.Literal('no_responders'),
      /** The service is well and knows no better than the site itself. */
      Type.Literal('no_advice'),
      Type.Literal('invalid'),
    ]),
    tookMs: Type.Number(),
  }),
]);
export type AdviceReply = Static<typeof AdviceReply>;
