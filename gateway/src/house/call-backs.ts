/** Calls that are owed, put together: the list in the database, the journey that calls, and the audit entry before an outside number is rung. */
import { systemClock as clock } from '@keepline/contracts/clock';
import { CallBacks } from '../callback/call-backs.ts';
import type { CommandSurroundings } from '../agents/desk-commands.ts';
import { startCallBack } from '../journeys/call-back.ts';
import type { House } from '../journeys/house.ts';
import type { Ground } from './ground.ts';

/** @param house asked for when the first customer is called */
export function callBacksOf({ site, store, events, audited, onFault }: Ground, house: () => House): CallBacks {
  const settings = site.callback;
  return new CallBacks({
    ...{ store, events, clock, settings, onFault },
    check: (number) => house().outside.check(number),
    call: (one, begin) =>
      startCallBack(one, {
        house: house(),
        order: settings.order,
        begin: (callId) =>
          audited(
            'call.dial_out',
            { who: 'gateway', role: 'system', from: 'local', object: callId, purpose: `call-back ${one.id}` },
            begin,
          ),
      }),
  });
}

/** How agents owe customers a call: in the queue of the talk, or, where that had none, in one of the agent's. */
export function scheduleIn(
  callBacks: CallBacks,
  { roster, dispatcher }: Pick<House, 'roster' | 'dispatcher'>,
): CommandSurroundings['schedule'] {
  return async (agentId, { callId, callerNumber: number, queue: of, skill }, atMs, note) => {
    const queue = of === '' ? (roster.config(agentId).queues[0] ?? dispatcher.firstQueue()) : of;
    await callBacks.book({ callId, agentId, number, queue, skill, note, kind: 'scheduled', queuedAtMs: atMs, dueAtMs: atMs });
  };
}
