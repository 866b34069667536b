/** Refusals of `call-control` and the registry. */
import { KeeplineError } from '@keepline/contracts/errors';

export class CallNotFound extends KeeplineError {
  constructor(callId: string) {
    super('CALL_NOT_FOUND', `there is no call ${callId} in progress`, {
      hint: 'It may just have ended; reload the desk.',
      offending: callId,
    });
  }
}

export class CallStateRefused extends KeeplineError {
  constructor(callId: string, wanted: string, state: string) {
    super('CALL_STATE_REFUSED', `cannot ${wanted} the call while it is ${state}`, {
      hint: 'Wait for the state of the call to change.',
      offending: callId,
    });
  }
}
