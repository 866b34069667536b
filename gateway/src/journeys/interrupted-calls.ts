/**
 * After a crash: calls whose row is still open ended with the process. They are closed with the time of their last event, before any new
 * call is taken, so that no report counts them as in progress for ever.
 */
import type { EventLog } from '../events/event-log.ts';
import type { Store } from '../store/store.ts';
import { callsInProgress, updateCall } from '../store/tables/calls.ts';

/** @returns how many calls were closed */
export async function closeInterruptedCalls(store: Store, events: EventLog): Promise<number> {
  const open = await callsInProgress(store.read);
  for (const call of open) {
    const last = await store.read.get<{ timeMs: number | null }>('SELECT MAX(time_ms) AS timeMs FROM event_log WHERE call_id = ?', call.id);
    const endedAtMs = Math.max(call.startedAtMs, last?.timeMs ?? 0);
    const talkMs = call.connectedAtMs === null ? 0 : Math.max(0, endedAtMs - call.connectedAtMs);
    const waitMs = call.waitMs ?? (call.queuedAtMs === null ? 0 : Math.max(0, endedAtMs - call.queuedAtMs));
    await store.write(async (tx) => {
      await updateCall(tx, call.id, { endedAtMs, verdict: 'interrupted', endedBy: 'site', talkMs, waitMs });
      await events.append(tx, 'call.ended', {
        callId: call.id,
        verdict: 'interrupted',
        by: 'site',
        queue: call.queue ?? '',
        durationMs: endedAtMs - call.startedAtMs,
        waitMs,
        talkMs,
        cause: 0,
      });
    });
  }
  return open.length;
}
