/**
 * What becomes of events that the anonymiser kept on the site: a row each in the ledger of the site, and one event for all of a batch that
 * are alike, so that headquarters hear that something is held back. That event says what type and why, and nothing of what was in it.
 */
import type { EventData, EventType } from '@keepline/contracts/events';
import type { Tx } from '../store/store.ts';
import type { EventLog } from './event-log.ts';

export interface Refusal {
  readonly number: number;
  readonly type: string;
  /** Whether the contract knows the type: one that it does not know could say anything. */
  readonly known: boolean;
  readonly code: string;
  readonly why: string;
}

/** The event that tells of refusals. When it is refused itself, by a policy that does not name it, nothing more is said: else it would go round. */
const TELLING: EventType = 'anonymisation.refused';

/**
 * Both in the unit of work `tx`. A batch that is repeated after a fault of the outbox finds its rows in the ledger and tells nothing twice.
 * @returns how many are new
 */
export async function recordRefusals(
  tx: Tx,
  events: Pick<EventLog, 'append'>,
  refusals: readonly Refusal[],
  nowMs: number,
): Promise<number> {
  const fresh: Refusal[] = [];
  for (const refusal of refusals) {
    const { number, type, code } = refusal;
    const { changes } = await tx.run(
      'INSERT OR IGNORE INTO event_refusals (number, type, code, refused_at_ms) VALUES (?, ?, ?, ?)',
      number,
      type,
      code,
      nowMs,
    );
    if (changes > 0) fresh.push(refusal);
  }
  for (const told of tellings(fresh)) await events.append(tx, TELLING, told);
  return fresh.length;
}

/** One for each type and reason, in the order in which they first came. Their number is bounded by the contract: types times codes. */
export function tellings(refusals: readonly Refusal[]): EventData['anonymisation.refused'][] {
  const counts = new Map<string, EventData['anonymisation.refused']>();
  for (const { type, known, code: reason } of refusals) {
    if (type === TELLING) continue;
    const refused = known ? type.replaceAll('.', '_') : 'unknown';
    const code = reason.toLowerCase();
    const key = `${refused} ${code}`;
    counts.set(key, { refused, code, events: (counts.get(key)?.events ?? 0) + 1 });
  }
  return [...counts.values()];
}
