/** What the page of the audit log shows beside the entries; times are in seconds since 1970, as witnesses sign them. */
import { type Static, Type } from 'typebox';

/** Entries that one search of the door looks at, the newest: reading on costs the calls beside it. */
export const SEARCHED_MAX = 200_000;

export const AuditWitnessState = Type.Object({
  /** As its key names it. */
  name: Type.String(),
  /** Entries under the newest checkpoint whose cosignature of this witness holds; 0: there is none. */
  size: Type.Integer(),
  /** When it signed; 0 where it did not. */
  signedAt: Type.Integer(),
});
export const AuditState = Type.Object({
  /** Name of the log, as its key and every checkpoint carry it. */
  origin: Type.String(),
  verifierKey: Type.String(),
  /** Entries that are durable; those from `signed` on have no proof yet. */
  entries: Type.Integer(),
  /** Entries that went by the rules of the site; the number of the oldest that is kept. */
  pruned: Type.Integer(),
  /** Entries under the newest signed checkpoint. */
  signed: Type.Integer(),
  /** Root of that checkpoint, hex; '' before the first. */
  root: Type.String(),
  /** The checkpoint itself, a signed note; '' before the first. */
  note: Type.String(),
  witnesses: Type.Array(AuditWitnessState),
  /** How many must sign. */
  quorum: Type.Integer(),
});
export type AuditState = Static<typeof AuditState>;
