/**
 * The little that this folder asks of the store and of its surroundings, so that its rules can be tested without a site. Promises
 * resolve when the change is durable.
 */
import type { AuditAct } from '@keepline/contracts/audit-acts';
import type { ActContext } from '../audit/audited.ts';

export type Param = string | number | null | Uint8Array;
export interface Tx {
  run(sql: string, ...params: Param[]): Promise<{ changes: number }>;
}

export interface IdentityStore {
  readonly read: {
    get<T extends object>(sql: string, ...params: Param[]): Promise<T | undefined>;
    all<T extends object>(sql: string, ...params: Param[]): Promise<T[]>;
  };
  write<T>(unit: (tx: Tx) => Promise<T>): Promise<T>;
}

/** The smallest log; pino fits. Never given personal data, passwords or tokens. */
export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Writes the intent durably, runs, writes the outcome; rejects with what `run` threw, or when the log cannot be written. */
export type Audited = <T>(act: AuditAct, context: ActContext, run: () => Promise<T>) => Promise<T>;

/** Who does something, as the audit log names them. */
export interface Actor {
  readonly who: string;
  readonly role: string;
  /** Network address, or `console`. */
  readonly from: string;
}
