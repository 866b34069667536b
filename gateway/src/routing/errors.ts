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
