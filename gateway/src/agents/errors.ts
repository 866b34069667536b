/** Refusals an agent meets at the desk. */
import { KeeplineError } from '@keepline/contracts/errors';

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
