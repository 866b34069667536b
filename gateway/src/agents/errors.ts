/** Refusals an agent meets at the door and at the desk. */
import { KeeplineError } from '@keepline/contracts/errors';

/** The same for a wrong password, an unknown name and an agent taken out of the site: the door tells nobody who works here. */
export class SignInRefused extends KeeplineError {
  constructor() {
    super('SIGN_IN_REFUSED', 'the name or the password is wrong', {
      hint: 'Check both; capital letters count. An administrator can issue a new password.',
    });
  }
}

export class SignInLocked extends KeeplineError {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super('SIGN_IN_LOCKED', 'too many attempts to sign in; wait before the next one', {
      hint: `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`,
      offending: Math.ceil(retryAfterMs / 1000),
    });
    this.retryAfterMs = retryAfterMs;
  }
}

export class SignInBusy extends KeeplineError {
  readonly retryAfterMs = 2000;

  constructor(waiting: number) {
    super('SIGN_IN_BUSY', 'too many people sign in at this moment', {
      hint: 'Try again in a few seconds.',
      offending: waiting,
    });
  }
}

export class PasswordRefused extends KeeplineError {
  constructor(length: number) {
    super('PASSWORD_REFUSED', 'a password has 12 to 256 characters', { hint: 'Choose a longer or shorter one.', offending: length });
  }
}

export class SessionOver extends KeeplineError {
  constructor() {
    super('SESSION_OVER', 'the session has ended', { hint: 'Sign in again.' });
  }
}

export class DeskFrameInvalid extends KeeplineError {
  constructor(why: string) {
    super('DESK_FRAME_INVALID', `the desk sent something that is not a request: ${why}`, {
      hint: 'Reload the page; it may be out of date.',
    });
  }
}

export class DeskTooBusy extends KeeplineError {
  constructor(inFlight: number) {
    super('DESK_TOO_BUSY', 'the desk has too many requests under way', { hint: 'Wait for their answers.', offending: inFlight });
  }
}

export class DeskMediaRefused extends KeeplineError {
  constructor(why: string) {
    super('DESK_MEDIA_REFUSED', why, { hint: 'Reload the page; it builds its audio anew.' });
  }
}

export class AgentMediaNotReady extends KeeplineError {
  constructor(agentId: string) {
    super('AGENT_MEDIA_NOT_READY', 'the audio of this desk is not ready', {
      hint: 'Allow the microphone for this page and look whether the UDP port of `media.webRtcPort` is reachable.',
      offending: agentId,
    });
  }
}

export class AgentMediaLost extends KeeplineError {
  constructor(agentId: string, why: string) {
    super('AGENT_MEDIA_LOST', `the audio path to the desk was not built: ${why}`, {
      hint: 'The call goes to another agent; look at the network and the browser of this desk.',
      offending: agentId,
    });
  }
}

export class NotReadyReasonUnknown extends KeeplineError {
  constructor(reason: string) {
    super('NOT_READY_REASON_UNKNOWN', 'this reason is not offered on this site', {
      hint: 'Choose one of the list; `reasons` in site.yaml holds it.',
      offending: reason,
    });
  }
}

export class DispositionUnknown extends KeeplineError {
  constructor(disposition: string) {
    super('DISPOSITION_UNKNOWN', 'this outcome is not offered on this site', {
      hint: 'Choose one of the list; `dispositions` in site.yaml holds it.',
      offending: disposition,
    });
  }
}
