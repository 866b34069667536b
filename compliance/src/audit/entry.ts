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
/** What is stored: version, wall time (RFC 3339, UTC), whose clock, monotonic time, then the entry. */
export interface StoredEntry extends AuditEntry {
  readonly v: 1;
  readonly time: string;
  /** The process that wrote it, eight hex digits chosen when it opened the log: `mono` compares only within one source. */
  readonly source: string;
  /** Monotonic time of the source, whole ms: orders and measures where the wall clock jumped. */
  readonly mono: number;
}

/** When and by whose clock an entry is written. */
export interface EntryTime {
  /** Wall time in ms since 1970. */
  readonly nowMs: number;
  readonly monotonicMs: number;
  readonly source: string;
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

const ACTS: ReadonlySet<string> = new Set(AUDIT_ACTS);
const FIELDS = ['who', 'role', 'from', 'object', 'purpose', 'correlation'] as const;
const OUTCOMES: ReadonlySet<string> = new Set(['intent', 'done', 'failed'] satisfies AuditOutcome[]);

/** Neither quote nor backslash nor a lone surrogate; control characters are refused before. */
const PLAIN = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;
let isoOf = { nowMs: Number.NaN, text: '' };
/** Entries of one batch mostly share their millisecond. */
function isoTime(nowMs: number): string {
  if (isoOf.nowMs !== nowMs) isoOf = { nowMs, text: new Date(nowMs).toISOString() };
  return isoOf.text;
}

/** @returns the line without its newline; at most `ENTRY_MAX_BYTES` with it @throws AuditEntryInvalid */
export function formatEntry(entry: AuditEntry, { nowMs, monotonicMs, source }: EntryTime): string {
  if (!ACTS.has(entry.act)) throw new AuditEntryInvalid('act', 'is not one of the acts that are audited');
  if (!OUTCOMES.has(entry.outcome)) throw new AuditEntryInvalid('outcome', 'is none of intent, done and failed');
  for (const field of FIELDS) {
    const value: unknown = entry[field];
    if (typeof value !== 'string' || !SHAPES[field].test(value)) throw new AuditEntryInvalid(field, 'has a shape that is not allowed');
  }
  const { act, who, role, from, object, purpose, outcome, correlation } = entry;
  // The same text as JSON.stringify gives (a test compares them), at a third of its cost: only `purpose` may hold what needs an escape.
  const why = PLAIN.test(purpose) ? `"${purpose}"` : JSON.stringify(purpose);
  const line = `{"v":1,"time":"${isoTime(nowMs)}","source":"${source}","mono":${Math.round(monotonicMs)},"act":"${act}","who":"${who}","role":"${role}","from":"${from}","object":"${object}","purpose":${why},"outcome":"${outcome}","correlation":"${correlation}"}`;
  // The shapes bound every field to a fraction of this; what may still make a line long are characters of several bytes.
  if (line.length * 3 >= ENTRY_MAX_BYTES && Buffer.byteLength(line) >= ENTRY_MAX_BYTES)
    throw new AuditEntryInvalid('purpose', 'makes the entry too long');
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
