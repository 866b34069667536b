/** What a call, a request or the start of the user agent may fail with. */
import { KeeplineError } from '@keepline/contracts/errors';

export class InviteUnanswered extends KeeplineError {
  constructor(peer: string, why: 'timeout' | 'transport' | 'cancelled' | 'unusable_answer') {
    super('SIP_INVITE_UNANSWERED', `INVITE to ${peer} got no answer (${why})`, {
      hint: 'Check that the phone or trunk is switched on and reachable: address, port, UDP or TCP, firewall.',
      offending: peer,
    });
  }
}

export class InviteRefused extends KeeplineError {
  readonly status: number;
  constructor(peer: string, status: number) {
    super('SIP_INVITE_REFUSED', `INVITE to ${peer} was refused with ${status}`, {
      hint: 'The status is the far end’s own verdict (RFC 3261 §21): 486 busy, 404 unknown there, 488 no common codec.',
      offending: status,
    });
    this.status = status;
  }
}

export class ReinviteRefused extends KeeplineError {
  /** 0 when no response came: the call ended, timed out, or too many changes wait. */
  readonly status: number;
  constructor(status: number, why: string) {
    super('SIP_REINVITE_REFUSED', `the far end did not take the change of the call (${why})`, {
      hint: 'The call goes on as it was unless it has ended; try again once, then leave it.',
      offending: status,
    });
    this.status = status;
  }
}

export class ReferRefused extends KeeplineError {
  /** 0 when no response came, or the far end never said how it went. */
  readonly status: number;
  constructor(status: number, why: string) {
    super('SIP_REFER_REFUSED', `the far end did not take the transfer (${why})`, {
      hint: 'The call goes on as it was unless it has ended. 405 or 603: this phone or trunk does not transfer; transfer through the house instead.',
      offending: status,
    });
    this.status = status;
  }
}

export class CallNotAcknowledged extends KeeplineError {
  constructor(why: string) {
    super('SIP_CALL_NOT_ACKNOWLEDGED', `the caller never acknowledged our answer (${why})`, {
      hint: 'The ACK of the caller is lost or sent elsewhere: check that the trunk routes by our Contact and Record-Route.',
      offending: why,
    });
  }
}

export class SipPortTaken extends KeeplineError {
  constructor(address: string, port: number, cause: unknown) {
    super('SIP_PORT_TAKEN', `cannot listen for SIP on ${address}:${port} (UDP and TCP)`, {
      hint: 'Stop the other SIP program, or change sip.port; network.address must be an address of this machine.',
      offending: port,
      cause,
    });
  }
}

export class SipTargetInvalid extends KeeplineError {
  constructor() {
    super('SIP_TARGET_INVALID', 'the address to call is not a sip: URI', {
      hint: 'Write it as sip:user@address:port, with ;transport=tcp for TCP.',
    });
  }
}
