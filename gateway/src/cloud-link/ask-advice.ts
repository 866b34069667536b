/**
 * Routing's question to the cloud: facts of the call, anonymised before they leave this process, asked through `cloud-sync`. Whatever
 * goes wrong here is an outcome; the local decision never waits longer than the deadline.
 */
import type { Clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import type { Anonymiser } from '@keepline/compliance/anonymise';
import type { CallRegistry } from '../calls/call-registry.ts';
import type { AskAdvice } from '../routing/dispatcher.ts';
import type { CloudSyncSocket } from './cloud-sync-socket.ts';

export interface AdviceParts {
  readonly anonymiser: Pick<Anonymiser, 'advice'>;
  readonly cloudSync: Pick<CloudSyncSocket, 'ask'>;
  readonly registry: Pick<CallRegistry, 'get'>;
  readonly clock: Clock;
  onFault(fault: unknown): void;
}

export function askAdvice(parts: AdviceParts): AskAdvice {
  return async (call, readySkills, waiting) => {
    try {
      const timeMs = parts.clock.now();
      const { callerNumber, path } = parts.registry.get(call.callId).facts();
      const question = parts.anonymiser.advice({
        requestId: newId('req', timeMs),
        timeMs,
        callId: call.callId,
        callerNumber,
        queue: call.queue,
        skill: call.skill,
        choices: path,
        readySkills,
        waiting,
        hour: new Date(timeMs).getHours(), // local time of the site: opening hours are local
      });
      return await parts.cloudSync.ask(question);
    } catch (thrown) {
      parts.onFault(thrown);
      return 'not_asked';
    }
  };
}
