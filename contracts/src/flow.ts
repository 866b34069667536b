/**
 * An IVR flow as a document: versioned data, stepped through by `gateway/src/ivr`. Every node names the next one.
 * Texts of prompts are per language; the audio is prepared once from them at install.
 */
import { type Static, Type } from 'typebox';

const NodeName = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,47}$' });
/** Name of a prompt in the prompt folder, without language and extension. */
const PromptName = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,47}$' });
const Digit = Type.String({ pattern: '^[0-9*#]$' });

export const PlayNode = Type.Object({ do: Type.Literal('play'), prompt: PromptName, next: NodeName }, { additionalProperties: false });
export const MenuNode = Type.Object(
  {
    do: Type.Literal('menu'),
    prompt: PromptName,
    /** Wait for a digit after the prompt has ended, ms. */
    waitMs: Type.Integer({ minimum: 500, maximum: 60_000, default: 5000 }),
    /** How often the menu is played before `otherwise` is taken. */
    attempts: Type.Integer({ minimum: 1, maximum: 5, default: 3 }),
    choices: Type.Record(
      Digit,
      Type.Object({ label: Type.String({ minLength: 1, maxLength: 48 }), next: NodeName }, { additionalProperties: false }),
    ),
    /** Played when the digit is not offered or none came, before the menu is played again. */
    retryPrompt: PromptName,
    otherwise: NodeName,
  },
  { additionalProperties: false },
);
export const EnqueueNode = Type.Object(
  {
    do: Type.Literal('enqueue'),
    queue: Type.String({ minLength: 1, maxLength: 64 }),
    /** Skill asked for; '' takes any agent of the queue. */
    skill: Type.String({ maxLength: 64, default: '' }),
    /** Where to go when nobody answered within the queue's longest wait. */
    overflow: NodeName,
    /** Offers a call-back: `prompt` is said once, and whoever presses `key` while waiting goes on at `next` and keeps the place. */
    callback: Type.Optional(Type.Object({ key: Digit, prompt: PromptName, next: NodeName }, { additionalProperties: false })),
  },
  { additionalProperties: false },
);
/** Asks for a card number or a PIN. What is keyed goes to one hook of the site (`secretHooks`) and nowhere else. */
export const SecretNode = Type.Object(
  {
    do: Type.Literal('secret'),
    prompt: PromptName,
    minDigits: Type.Integer({ minimum: 1, maximum: 32, default: 4 }),
    /** As many end the entry; `#` ends it earlier. */
    maxDigits: Type.Integer({ minimum: 1, maximum: 32, default: 19 }),
    /** Wait for the next key, ms. */
    waitMs: Type.Integer({ minimum: 500, maximum: 60_000, default: 8000 }),
    attempts: Type.Integer({ minimum: 1, maximum: 5, default: 3 }),
    hook: Type.String({ minLength: 1, maxLength: 48 }),
    retryPrompt: PromptName,
    accepted: NodeName,
    /** The hook said no, or too little was keyed, as often as `attempts`. */
    refused: NodeName,
    /** The hook gave no answer. */
    unavailable: NodeName,
  },
  { additionalProperties: false },
);
/**
 * Agrees on a call-back: the number of the caller is read back digit by digit (prompts `digit-0` to `digit-9`); 1 confirms it, 2 keys another, ended
 * by `#`, and any other key goes on waiting.
 */
export const CallbackNode = Type.Object(
  {
    do: Type.Literal('callback'),
    queue: Type.String({ minLength: 1, maxLength: 64 }),
    skill: Type.String({ maxLength: 64, default: '' }),
    /** Said before the number. */
    prompt: PromptName,
    /** Said after it: which key does what. */
    confirmPrompt: PromptName,
    /** Asks for another number. */
    keyPrompt: PromptName,
    /** There is no number, or none that may be called. */
    refusedPrompt: PromptName,
    /** Wait for the next key, ms. */
    waitMs: Type.Integer({ minimum: 500, maximum: 60_000, default: 8000 }),
    /** How often a number is asked for before `declined` is taken. */
    attempts: Type.Integer({ minimum: 1, maximum: 5, default: 3 }),
    /** The call-back is agreed, durably. */
    accepted: NodeName,
    /** The caller goes on waiting, or no call-back can be taken now. */
    declined: NodeName,
  },
  { additionalProperties: false },
);
export const HangupNode = Type.Object({ do: Type.Literal('hangup'), prompt: Type.Optional(PromptName) }, { additionalProperties: false });
export const FlowNode = Type.Union([PlayNode, MenuNode, SecretNode, EnqueueNode, CallbackNode, HangupNode]);
export type FlowNode = Static<typeof FlowNode>;

export const Flow = Type.Object(
  {
    flow: Type.String({ pattern: '^[a-z][a-z0-9_-]{0,47}$' }),
    version: Type.Integer({ minimum: 1 }),
    language: Type.Union([Type.Literal('zh'), Type.Literal('en')]),
    start: NodeName,
    nodes: Type.Record(NodeName, FlowNode),
    /** Spoken text of every prompt named above, per language. */
    prompts: Type.Record(
      PromptName,
      Type.Object({ zh: Type.String({ maxLength: 500 }), en: Type.String({ maxLength: 500 }) }, { additionalProperties: false }),
    ),
  },
  { additionalProperties: false },
);
export type Flow = Static<typeof Flow>;
