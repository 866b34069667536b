/**
 * Writes every change of an agent's state as an event. Memory is the truth while the gateway runs; after a restart everyone is signed
 * out, so there is no row to keep.
 */
import type { EventLog } from '../events/event-log.ts';
import type { Roster } from '../routing/roster.ts';
import type { Store } from '../store/store.ts';

export function keepAgentJournal(roster: Roster, store: Store, events: EventLog, onFault: (fault: unknown) => void): () => void {
  return roster.onState((before, after) => {
    if (before.at === after.at && before.reason === after.reason) return;
    const change = { agentId: after.id, from: before.at, to: after.at, reason: after.reason };
    store.write((tx) => events.append(tx, 'agent.state_changed', change)).catch(onFault);
  });
}
