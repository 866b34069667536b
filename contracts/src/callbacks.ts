/** What supervisors see of the calls that are owed to customers; kept by `gateway/src/callback`. Wall times in ms since 1970. */
import { type Static, Type } from 'typebox';

export const CallbackView = Type.Object({
  id: Type.String(),
  /** A caller who waited, or one with whom an agent agreed on a time. */
  kind: Type.Enum(['waiting', 'scheduled'] as const),
  queue: Type.String(),
  skill: Type.String(),
  /** Who agreed on it; '' where the caller did with the flow. */
  agentId: Type.String(),
  /** Masked: 138******78. */
  number: Type.String(),
  /** Free text of the agent. */
  note: Type.String(),
  madeAtMs: Type.Integer(),
  /** Not called before. */
  dueAtMs: Type.Integer(),
  /** Begun so far. */
  tries: Type.Integer(),
  /** A try is being made now: the agent or the customer is rung, or they talk. */
  isCalling: Type.Boolean(),
});
export type CallbackView = Static<typeof CallbackView>;

/** Of `callback.cancel`, for the audit log. */
export const CANCEL_REASON = { minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' };
