/**
 * What an agent's own phone dials while its agent talks: a colleague or an outside number, whom the agent consults while the caller hears
 * music. A phone makes no other calls; who calls a customer does so at the desk, where it has a purpose and a record.
 */
import { KeeplineError } from '@keepline/contracts/errors';
import type { AgentId } from '@keepline/contracts/ids';
import type { CallControl, CallTarget } from '../calls/call-control.ts';
import type { SecondLine } from '../calls/second-line.ts';
import type { House } from './house.ts';

/** What a phone is told where its agent may not consult now; all else is 403. */
const STATUS: Readonly<Record<string, number>> = {
  COLLEAGUE_BUSY: 486,
  DIAL_NUMBER_INVALID: 404,
  DIAL_NO_TRUNK: 503,
  CALL_STATE_REFUSED: 486,
};

/** The call of this agent in which somebody may be consulted; undefined when it talks with nobody. */
export function talkOf(agentId: AgentId, { registry }: Pick<House, 'registry'>): CallControl | undefined {
  const call = registry.ofAgent(agentId);
  const state = call?.facts().state;
  return state === 'connected' || state === 'held' ? call : undefined;
}

export async function consultByPhone(
  call: CallControl,
  line: SecondLine,
  { roster, onFault }: Pick<House, 'roster' | 'onFault'>,
): Promise<void> {
  const to: CallTarget = roster.all().some(({ id }) => id === line.dialled)
    ? { kind: 'agent', agentId: line.dialled }
    : { kind: 'outside', number: line.dialled };
  try {
    await call.conversation().consult(to, line);
  } catch (fault) {
    if (!(fault instanceof KeeplineError)) onFault(fault, call.facts().callId);
    line.refuse(fault instanceof KeeplineError ? (STATUS[fault.code] ?? 403) : 500);
  }
}
