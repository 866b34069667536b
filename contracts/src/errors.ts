/**
 * The one error base. A code never changes its meaning and is never used again; every code has its entry in `docs/errors.md`.
 */
export interface ErrorDetails {
  /** What the operator types or changes next. */
  readonly hint: string;
  /** The value that was refused; never personal data, a secret or digits keyed by a caller. */
  readonly offending?: string | number;
  readonly cause?: unknown;
}

export class KeeplineError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly offending: string | number | undefined;

  constructor(code: string, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = code;
    this.code = code;
    this.hint = details.hint;
    this.offending = details.offending;
  }
}

/** The text of anything thrown, for logs and replies. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
