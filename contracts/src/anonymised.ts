/**
 * The brand that keeps personal data on the premises: the outbox and the questions to `cloud-sync` (advice, desks) take `Anonymised<T>` only.
 * The one cast that grants it is in `compliance/src/anonymise/anonymise.ts`; a law test refuses any other.
 */
declare const granted: unique symbol;
export type Anonymised<T> = T & { readonly [granted]: true };
