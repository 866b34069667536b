/** The kinds of settings a site file has: each with its default and one sentence, numbers with their range. */
import { type TSchema, Type } from 'typebox';

/** Settings of one part; each has a default, so the part may be left out. */
export const group = <P extends Record<string, TSchema>>(description: string, properties: P) =>
  Type.Object(properties, { additionalProperties: false, default: {}, description });
export const text = (value: string, description: string, more: object = {}) =>
  Type.String({ maxLength: 256, ...more, default: value, description });
export const whole = (value: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ default: value, minimum, maximum, description });
export const port = (value: number, description: string) => whole(value, 0, 65_535, description);

/**
 * Names that go into cloud events as they are: words and short numbers, so that no telephone number can pass for a name. The anonymiser
 * refuses what does not fit; saying so at start is kinder.
 */
export const PLAIN_NAME = { pattern: '^[a-z]+[0-9]{0,2}([_-][a-z]+[0-9]{0,2})*$', maxLength: 48 };

/** Sound over a trunk or towards a phone, RFC 3711 with the keys of RFC 4568. */
export const srtp = (description: string) =>
  Type.Union([Type.Literal('required'), Type.Literal('preferred'), Type.Literal('off')], { default: 'preferred', description });
