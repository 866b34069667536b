/**
 * The story of a customer's call, in order: ring, open the row, answer, walk the flow, wait, talk, close. Reading this file from top to
 * bottom is following one INVITE to its stored recording; `docs/life-of-a-call.md` has the links.
 */
import type { Flow } from '@keepline/contracts/flow';
import type { Arrival } from '../calls/arrival.ts';
import type { Leg } from '../calls/leg.ts';
import { runFlow } from '../ivr/flow-runner.ts';
import type { House } from './house.ts';
import { LiveCall, type Passed } from './live-call.ts';
import { passOn } from './pass-on.ts';
import { closeUntalked, waitWithOffer } from './wait-for-agent.ts';

/** What a refused caller is told to wait while recording is not possible, seconds. */
const RECORDING_RETRY_SECONDS = 30;

/** Takes a call from its arrival to the end of its audio; the wrap-up goes on behind it. Never rejects. */
export async function runInboundCall(arrival: Arrival, house: House): Promise<void> {
  const fault = house.recordingFault();
  if (fault) {
    arrival.refuse(503, RECORDING_RETRY_SECONDS);
    house.journal.refused(arrival.callId, arrival.trunk, 503, fault.code.toLowerCase());
    await arrival.audio.close();
    return;
  }
  arrival.ring();
  const call = new LiveCall(arrival, {
    clock: house.clock,
    journal: house.journal,
    changed: () => house.registry.changed(),
    onFault: (thrown) => house.onFault(thrown, arrival.callId),
  });
  try {
    await house.journal.opened(arrival, call.facts().startedAtMs);
  } catch (thrown) {
    house.onFault(thrown, arrival.callId); // nothing durable, so nothing promised
    arrival.refuse(503, RECORDING_RETRY_SECONDS);
    await arrival.audio.close();
    return;
  }
  house.registry.add(arrival.callId, call);
  try {
    const caller = arrival.answer();
    call.callerIs(caller);
    const flow = house.flow();
    house.journal.answered(arrival.callId, flow.flow, flow.version);
    await walk(call, caller, flow, house);
  } catch (thrown) {
    house.onFault(thrown, arrival.callId);
    await call.hangup('site');
  } finally {
    await arrival.audio.close();
    if (call.facts().state !== 'wrap_up') house.registry.remove(arrival.callId);
  }
}

/** A call walks the flow it began with, also when another version is published meanwhile. */
async function walk(call: LiveCall, caller: Leg, flow: Flow, house: House): Promise<void> {
  let at: string | undefined;
  /** Where the caller was when a call-back was asked for: the call-back gets this place, or the caller goes back to it. */
  let place: { readonly queue: string; readonly sinceMs: number } | null = null;
  for (;;) {
    const way = await runFlow({
      flow,
      leg: caller,
      clock: house.clock,
      onChoice: ({ node, choice }) => house.journal.chosen(call.apply({ do: 'choose', label: choice }), node, choice),
      hand: (secret) => house.handSecret(call.facts().callId, secret),
      onSecret: (told) => house.journal.secret({ callId: call.facts().callId, ...told }),
      callbacks: {
        check: (number) => house.callbacks.checked(number ?? call.facts().callerNumber),
        async book({ queue, skill, number }) {
          const { callId } = call.facts();
          const nowMs = house.clock.now();
          const queuedAtMs = place?.queue === queue ? place.sinceMs : nowMs;
          try {
            const wish = { callId, kind: 'waiting', agentId: '', note: '', queue, skill, number, queuedAtMs, dueAtMs: nowMs } as const;
            await house.callbacks.book(wish);
            return true;
          } catch (thrown) {
            house.onFault(thrown, callId);
            return false;
          }
        },
      },
      ...(at === undefined ? {} : { at }),
    }).result;
    if (way.go === 'enqueue') {
      const sinceMs = place?.queue === way.queue ? { sinceMs: place.sinceMs } : {};
      let outcome: 'over' | 'overflow' | 'asked' | Passed = await waitWithOffer(call, caller, house, { ...way, ...sinceMs });
      place = null;
      while (typeof outcome === 'object') outcome = await passOn(call, caller, house, outcome);
      if (outcome === 'over') return;
      if (outcome === 'asked') place = { queue: way.queue, sinceMs: call.facts().queuedAtMs };
      at = outcome === 'asked' ? (way.callback?.next ?? way.overflow) : way.overflow;
      continue;
    }
    if (way.go === 'hangup') await call.hangup('flow');
    closeUntalked(call, await caller.ended, house);
    return;
  }
}
