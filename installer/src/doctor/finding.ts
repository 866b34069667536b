/** What a check of `doctor` says: its verdict, what was found, and what to do about it. */

export interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** The next action; empty when all is well. */
  readonly next: string;
}

export const ok = (check: string, found: string): Finding => ({ check, verdict: 'ok', found, next: '' });
export const warn = (check: string, found: string, next: string): Finding => ({ check, verdict: 'warn', found, next });
export const fail = (check: string, found: string, next: string): Finding => ({ check, verdict: 'fail', found, next });
