/** When the registration of the site at a trunk is refreshed or tried again (RFC 3261 §10.2.4, back-off as in RFC 5626 §4.5). Pure. */
export interface RegistrationState {
  readonly at: 'none' | 'registered' | 'failed';
  /** Tries in a row that came to nothing. */
  readonly failures: number;
  /** What to ask for, where the carrier raised it by 423; 0: as in the site file. */
  readonly seconds: number;
}

export const NOT_REGISTERED: RegistrationState = { at: 'none', failures: 0, seconds: 0 };

/** Pause after the first failure, ms; it doubles from there. */
export const RETRY_MS = 15_000;
export const RETRY_MAX_MS = 900_000;
/** A carrier that wants more than this makes no sense to us. */
const MAX_SECONDS = 86_400;

export function stepRegistration(
  state: RegistrationState,
  /** `status` 0: no answer. */
  answer: { readonly status: number; readonly grantedSeconds: number | null; readonly minSeconds: number | null },
  askedSeconds: number,
): { readonly state: RegistrationState; readonly nextMs: number } {
  if (answer.status >= 200 && answer.status < 300) {
    const seconds = answer.grantedSeconds ?? (state.seconds || askedSeconds);
    // Well before the end, so that two lost tries do not lose the registration; never in a hurry.
    return { state: { ...state, at: 'registered', failures: 0 }, nextMs: Math.max(1000, Math.min(seconds * 500, seconds * 1000 - 30_000)) };
  }
  const failures = state.failures + 1;
  const { minSeconds } = answer;
  const isTooBrief =
    answer.status === 423 && minSeconds !== null && minSeconds > (state.seconds || askedSeconds) && minSeconds <= MAX_SECONDS;
  if (isTooBrief) return { state: { at: state.at, failures, seconds: minSeconds }, nextMs: 0 };
  return { state: { ...state, at: 'failed', failures }, nextMs: Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** Math.min(failures - 1, 10)) };
}
