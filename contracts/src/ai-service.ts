/**
 * What the AI services of the cloud have in common on the wire: NATS micro services (ADR-32 of NATS), JSON in, JSON out. Texts are anonymised before
 * they leave the site; an answer is a suggestion and may only pick from what the request offers.
 */
import { Type } from 'typebox';

/** Header of a request: ms the asker will still wait, a whole number as text. A service does not begin what it cannot end by then. */
export const DEADLINE_HEADER = 'Keepline-Deadline-Ms';
/** When a request names no deadline, ms. */
export const DEADLINE_DEFAULT_MS = 5000;
/** No request is worked on for longer, whatever it asks for, ms. */
export const DEADLINE_MAX_MS = 60_000;

/** Codes in `Nats-Service-Error-Code`, after HTTP where HTTP has one. */
export const SERVICE_CODES = {
  /** The request is not of its schema: do not repeat it. */
  bad_request: 400,
  /** The deadline passed, or what was left of it was too short to begin. */
  deadline: 408,
  /** A token budget is used up: try again when it is filled again. */
  budget: 429,
  /** A fault of the service itself. */
  internal: 500,
  /** The model behind the service failed or answered nonsense. */
  provider: 502,
  /** Too many requests in progress, or stopping: try again. */
  overloaded: 503,
} as const;
export type ServiceFault = keyof typeof SERVICE_CODES;

export const RequestHead = {
  requestId: Type.String({ minLength: 1, maxLength: 64 }),
  site: Type.String({ maxLength: 64 }),
};

/** One sentence for a person, in both languages of the product. */
export const BothLanguages = Type.Object(
  { zh: Type.String({ maxLength: 400 }), en: Type.String({ maxLength: 400 }) },
  { additionalProperties: false },
);

/** What one party said or wrote, anonymised. */
export const Turn = Type.Object(
  { speaker: Type.Union([Type.Literal('agent'), Type.Literal('caller')]), text: Type.String({ maxLength: 2000 }) },
  { additionalProperties: false },
);
export type Turn = { readonly speaker: 'agent' | 'caller'; readonly text: string };
/** Most turns of one conversation in a request. */
export const TURNS_MAX = 400;
/** A plain name of the configuration: a disposition, a queue, a menu choice. */
export const PlainName = Type.String({ maxLength: 64, pattern: '^[A-Za-z0-9_.-]*$' });
