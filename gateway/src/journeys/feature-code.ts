/**
 * What an agent's own phone dials to take up a call that was not offered to it: `featureCodes.pickup`, or `*` and the number of a parking place.
 * The same rules and the same audit entries as at the desk.
 */
import { KeeplineError } from '@keepline/contracts/errors';
import type { AgentId } from '@keepline/contracts/ids';
import type { CallControl } from '../calls/call-control.ts';
import { pickableByQueue, pickableFor } from '../calls/pickable.ts';
import type { SecondLine } from '../calls/second-line.ts';
import type { House } from './house.ts';

export type FeatureCode = { readonly act: 'call.pickup' } | { readonly act: 'call.retrieve'; readonly slot: number };

/** Within this time the call is on the line, or never, ms. */
const LINE_WAITS_MS = 5_000;

/** @param dialled the user part of the address @param pickup the code of pickup; '' for none. Null for what is no code. */
export function readFeatureCode(dialled: string, pickup: string): FeatureCode | null {
  if (pickup !== '' && dialled === pickup) return { act: 'call.pickup' };
  const [, slot] = /^[*]([1-9][0-9]{0,4})$/.exec(dialled) ?? [];
  return slot === undefined ? null : { act: 'call.retrieve', slot: Number(slot) };
}

/** The call the code means for this agent; undefined when there is none. */
export function callFor(
  code: FeatureCode,
  agentId: AgentId,
  { registry, roster, parking }: Pick<House, 'registry' | 'roster' | 'parking'>,
): CallControl | undefined {
  const calls = registry.all();
  const callId =
    code.act === 'call.retrieve'
      ? parking.at(code.slot)
      : pickableFor(pickableByQueue(calls, 1), agentId, roster.config(agentId).queues, 1)[0]?.callId;
  return calls.find((call) => call.facts().callId === callId);
}

/** Never rejects: the phone is told why not. */
export async function takeUpByPhone(
  { act }: FeatureCode,
  call: CallControl,
  agentId: AgentId,
  line: SecondLine,
  house: Pick<House, 'lifted' | 'auditPhone' | 'clock' | 'onFault'>,
): Promise<void> {
  const { callId } = call.facts();
  const takeBack = house.lifted.put(agentId, callId, line);
  try {
    await house.auditPhone(act, agentId, callId, async () => call.pickUp(agentId));
    house.clock.after(LINE_WAITS_MS, () => takeBack() && line.refuse(480));
  } catch (fault) {
    takeBack();
    line.refuse(486); // a colleague was faster, or this agent has a call
    if (!(fault instanceof KeeplineError)) house.onFault(fault, callId);
  }
}
