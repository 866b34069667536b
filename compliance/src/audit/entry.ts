/**
 * One audit entry as one line of JSON, pure. The leaf of the Merkle log is the line without its newline, byte for byte.
 */
import { AUDIT_ACTS, type AuditAct } from '@keepline/contracts/audit-acts';
import { AuditEntryInvalid } from './errors.ts';

export type AuditOutcome = 'intent' | 'done' | 'failed';
export interface AuditEntry {
  readonly act: AuditAct;
  /** Who acts: an agent's id, `os:<user>` at the console, or a process such as `gateway`. */
  readonly who: string;
  readonly role: string;
  /** Where from: an IP address or `console`. */
  readonly from: string;
  /** An identifier of this site such as `rec-…` or `key:audit-signer`; '' when there is none. Never a customer in clear. */
  readonly object: string;
  /** Why, in the words of who acts; '' when none was asked for. Stays on the premises. */
  readonly purpose: string;
  readonly outcome: AuditOutcome;
  /** Ties intent and outcome together. */
  readonly correlation: string;
}
/** What is stored: version, wall time (RFC 3339, UTC), then the entry. */
export interface StoredEntry extends AuditEntry {
  readonly v: 1;
  readonly time: string;
}

/** Longest line, bytes: what a reader must be ready for. */
export const ENTRY_MAX_BYTES = 4096;
const SHAPES: Readonly<Record<Exclude<keyof AuditEntry, 'act' | 'outcome'>, RegExp>> = {
  who: /^[a-z][A-Za-z0-9._:@-]{0,95}$/,
  role: /^[a-z][a-z0-9_-]{0,31}$/,
  from: /^[A-Za-z0-9.:%_-]{1,64}$/,
  // Begins with a letter and has no spaces: a bare phone or identity number cannot pass as an object.
  object: /^$|^[a-z][A-Za-z0-9._:/-]{0,127}$/,
  purpose: /^[^\p{Cc}]{0,256}$/u,
  correlation: /^[A-Za-z0-9][A-Za-z0-9._:-]{0,95}$/,
};

const SHAPE_LIST = Object.entries(SHAPES);

/** @param nowMs wall time in ms since 1970 @returns the line with its newline @throws AuditEntryInvalid */
export function formatEntry(entry: AuditEntry, nowMs: number): Buffer {
  if (!AUDIT_ACTS.includes(entry.act)) throw new AuditEntryInvalid('act', 'is not one of the acts that are audited');
  for (const [field, shape] of SHAPE_LIST) {
    const value: unknown = Reflect.get(entry, field);
    if (typeof value !== 'string' || !shape.test(value)) throw new AuditEntryInvalid(field, 'has a shape that is not allowed');
  }
  const { act, who, role, from, object, purpose, outcome, correlation } = entry;
  const stored: StoredEntry = { v: 1, time: new Date(nowMs).toISOString(), act, who, role, from, object, purpose, outcome, correlation };
  const line = Buffer.from(`${JSON.stringify(stored)}\n`);
  if (line.length > ENTRY_MAX_BYTES) throw new AuditEntryInvalid('purpose', 'makes the entry too long');
  return line;
}

/** Whether a line can be an entry at all; the hash says whether it is the one that was written. */
export function isEntryLine(line: Uint8Array): boolean {
  try {
    const found: unknown = JSON.parse(Buffer.from(line).toString('utf8'));
    return typeof found === 'object' && found !== null && 'v' in found && found.v === 1 && 'act' in found && 'time' in found;
  } catch {
    return false;
  }
}
