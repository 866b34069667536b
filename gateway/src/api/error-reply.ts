/**
 * One shape for every refusal: `{ error: { code, message, hint } }`. Faults of our own are logged with a reference and show nothing of
 * themselves: messages and stacks of strange errors may hold anything.
 */
import { randomUUID } from 'node:crypto';
import { KeeplineError } from '@keepline/contracts/errors';
import { type Static, Type } from 'typebox';
import type { Log } from '../identity/identity-store.ts';
import { RequestInvalid, RequestTooLarge } from './errors.ts';

export const ErrorReply = Type.Object({
  error: Type.Object({ code: Type.String(), message: Type.String(), hint: Type.String() }),
});
export type ErrorReply = Static<typeof ErrorReply>;

/** Status per code (RFC 9110 §15); a refusal of the house that is not here means "not now": 409. */
const STATUS: Readonly<Record<string, number>> = {
  REQUEST_INVALID: 400,
  APPROVAL_INVALID: 400,
  SIGN_IN_REFUSED: 401,
  SIGN_IN_NEEDED: 401,
  MACHINE_REFUSED: 401,
  SESSION_OVER: 401,
  SECOND_FACTOR_REFUSED: 401,
  CURRENT_PASSWORD_WRONG: 401,
  OIDC_REFUSED: 401,
  ORIGIN_REFUSED: 403,
  OIDC_UNBOUND: 403,
  SIGN_IN_SOURCE_REFUSED: 403,
  SECOND_FACTOR_NEEDED: 403,
  SECOND_FACTOR_UNENROLLED: 403,
  PASSWORD_CHANGE_NEEDED: 403,
  PERMISSION_REFUSED: 403,
  APPROVAL_NEEDED: 403,
  APPROVAL_REFUSED: 403,
  STEP_UP_NEEDED: 403,
  HOST_REFUSED: 421, // misdirected request, RFC 9110 §15.5.20
  ALARM_UNKNOWN: 404,
  AUDIT_ENTRY_ABSENT: 404,
  APPROVAL_UNKNOWN: 404,
  CALLBACK_UNKNOWN: 404,
  CALL_NOT_FOUND: 404,
  CALL_UNKNOWN: 404,
  DOWNLINK_UNKNOWN: 404,
  DECISION_UNKNOWN: 404,
  OIDC_ABSENT: 404,
  OIDC_SUBJECT_UNKNOWN: 404,
  PLAY_TICKET_INVALID: 404,
  RECORDING_NOT_FOUND: 404,
  REPORT_FILE_UNKNOWN: 404,
  ROUTE_UNKNOWN: 404,
  FACTOR_UNKNOWN: 404,
  SESSION_UNKNOWN: 404,
  TOKEN_UNKNOWN: 404,
  USER_UNKNOWN: 404,
  REQUEST_TOO_LARGE: 413,
  SIGN_IN_LOCKED: 429,
  TOO_MANY_REQUESTS: 429,
  AUDIT_REFUSED: 503, // law 4: what cannot be recorded does not happen; the error carries when to try again
  AUDIT_LOCK_TIMEOUT: 503,
  PLAYS_TOO_MANY: 503,
  REPORT_BUSY: 503,
  SIGN_IN_BUSY: 503,
  STORE_BUSY: 503,
  CLOUD_SYNC_UNREACHABLE: 503,
  DIRECTORY_UNAVAILABLE: 503,
  OUTBOX_UNUSABLE: 503,
  STORE_CLOSED: 503,
  DESK_PAGE_MISSING: 503,
};

export interface Refusal {
  readonly status: number;
  readonly body: ErrorReply;
  /** Seconds for `Retry-After`, where waiting helps. */
  readonly retryAfter: number | undefined;
}

export function refusalFor(fault: unknown, log: Log): Refusal {
  const known = fault instanceof KeeplineError ? fault : fromHttpLayer(fault);
  if (known) {
    const retryAfter = 'retryAfterMs' in known ? Math.ceil(Number(known.retryAfterMs) / 1000) : undefined;
    return { status: STATUS[known.code] ?? 409, body: replyOf(known.code, known.message, known.hint), retryAfter };
  }
  const reference = randomUUID();
  log.error({ err: fault, reference }, 'a request failed');
  const hint = `Try again; the log of the gateway has the cause under ${reference}.`;
  return { status: 500, body: replyOf('INTERNAL', 'the request failed on the site', hint), retryAfter: undefined };
}

export const replyOf = (code: string, message: string, hint: string): ErrorReply => ({ error: { code, message, hint } });

/** What fastify refuses by itself carries a status; its text may quote what was sent, so only the kind is told. */
function fromHttpLayer(fault: unknown): KeeplineError | undefined {
  if (typeof fault !== 'object' || fault === null || !('statusCode' in fault)) return undefined;
  if (fault.statusCode === 413) return new RequestTooLarge();
  if (fault.statusCode === 415) return new RequestInvalid('the body must be JSON');
  if (typeof fault.statusCode === 'number' && fault.statusCode >= 400 && fault.statusCode < 500) {
    return new RequestInvalid(
      'validation' in fault
        ? `${'validationContext' in fault ? String(fault.validationContext) : 'body'} is not as described`
        : 'it is malformed',
    );
  }
  return undefined;
}
