/** Refusals of the dispatcher. */
import { KeeplineError } from '@keepline/contracts/errors';

export class AgentUnknown extends KeeplineError {
  constructor(agentId: string) {
    super('AGENT_UNKNOWN', `there is no agent ${agentId} on this site`, {
      hint: 'Add the agent to `agents` in site.yaml and restart.',
      offending: agentId,
    });
  }
}

export class QueueUnknown extends KeeplineError {
  constructor(queue: string) {
    super('QUEUE_UNKNOWN', `there is no queue ${queue} on this site`, {
      hint: 'Add it to `queues` in site.yaml, or name another one in the flow.',
      offending: queue,
    });
  }
}

export class QueueFull extends KeeplineError {
  constructor(queue: string, maxWaiting: number) {
    super('QUEUE_FULL', `the queue ${queue} holds ${maxWaiting} calls already`, {
      hint: 'The call takes the overflow of the flow; raise `queues[].maxWaiting` if this is too early.',
      offending: queue,
    });
  }
}

/** Picked up, or assigned, or given up by its caller a moment ago. */
export class CallNotWaiting extends KeeplineError {
  constructor(callId: string) {
    super('CALL_NOT_WAITING', 'the call does not wait in a queue any more', {
      hint: 'A colleague was faster, or the caller has hung up; nothing needs to be done.',
      offending: callId,
    });
  }
}

export class ParkingFull extends KeeplineError {
  constructor(slots: number) {
    super('PARKING_FULL', `all ${slots} parking places are taken`, {
      hint: 'Hold the call or pass it on; `parking.slots` in site.yaml sets the number of places.',
      offending: slots,
    });
  }
}

export class ParkingSlotTaken extends KeeplineError {
  constructor(slot: number) {
    super('PARKING_SLOT_TAKEN', `the call is parked already, in place ${slot}`, {
      hint: 'Take it up by its number first.',
      offending: slot,
    });
  }
}

export class ParkingSlotEmpty extends KeeplineError {
  constructor(slot: number) {
    super('PARKING_SLOT_EMPTY', `there is no call in parking place ${slot}`, {
      hint: 'It was taken up, rang back at who parked it, or its caller has hung up.',
      offending: slot,
    });
  }
}
