/** Refusals of `call-control` and the registry. */
import { KeeplineError } from '@keepline/contracts/errors';
import type { Refused, StrainName } from './admission.ts';

export class CallNotFound extends KeeplineError {
  constructor(callId: string) {
    super('CALL_NOT_FOUND', `there is no call ${callId} in progress`, {
      hint: 'It may just have ended; reload the desk.',
      offending: callId,
    });
  }
}

export class ColleagueBusy extends KeeplineError {
  constructor(agentId: string, state: string) {
    super('COLLEAGUE_BUSY', `agent ${agentId} cannot take this call: ${state.replaceAll('_', ' ')}`, {
      hint: 'Choose somebody who is ready, or pass the caller on to a queue.',
      offending: agentId,
    });
  }
}

export class SecretEntryRefused extends KeeplineError {
  constructor(callId: string, why: string) {
    super('SECRET_ENTRY_REFUSED', `no digits can be asked for, or given up, now: ${why}`, {
      hint: 'One entry at a time, while caller and agent talk; what can be asked for is in secretHooks of site.yaml (deskMinDigits above 0).',
      offending: callId,
    });
  }
}

export class SupervisorPresent extends KeeplineError {
  constructor(callId: string) {
    super('SUPERVISOR_PRESENT', 'another supervisor is in this call already', {
      hint: 'One at a time: ask the other to leave first.',
      offending: callId,
    });
  }
}

/** Where a strained part is measured, as an operator says it. */
const PARTS: Readonly<Record<StrainName, string>> = {
  loopDelayMs: 'the main thread is late by',
  edgeLateMs: 'an RTP thread is late by',
  recorderQueuePercent: 'a recording waits for the disk, its queue is full to (percent)',
};

export class SiteOverloaded extends KeeplineError {
  constructor(part: StrainName, value: number, limit: number) {
    super('SITE_OVERLOADED', `new calls are answered 503: ${PARTS[part]} ${Math.round(value)}, the limit is ${limit}`, {
      hint: 'docs/runbook/overload.md. Calls in progress go on; new ones are taken again by themselves when it is over.',
      offending: part,
    });
  }
}

/** A call out that an agent, or a call-back, wants to begin while the site takes no calls. */
export class CallNotNow extends KeeplineError {
  constructor(why: Refused) {
    super('CALL_NOT_NOW', 'the site has as many calls as it can carry well', {
      hint: 'Try again in a minute: calls in progress go first. Who keeps the site: docs/runbook/overload.md.',
      offending: why,
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
