/**
 * Tells of calls that were turned away, at a bounded rate: the first of its kind at once, those of the second after it together. A flood of
 * calls is then two events a second for each trunk and reason, not a row of the database for every INVITE.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { EventData } from '@keepline/contracts/events';
import { type CallId, newId } from '@keepline/contracts/ids';

/** How long calls of one kind are counted before they are told, ms. */
const WINDOW_MS = 1000;
/** Kinds that are counted at once; trunks and reasons are few, so beyond it something is wrong, and the rest are told as one kind. */
export const KINDS_MAX = 256;

export type RefusedCall = Omit<EventData['call.refused'], 'callId' | 'calls'>;

export class RefusedCalls {
  readonly #clock: Clock;
  readonly #tell: (refused: EventData['call.refused']) => void;
  /** Counted since the first of each kind was told. */
  readonly #open = new Map<string, { callId: CallId; calls: number }>();

  constructor(clock: Clock, tell: (refused: EventData['call.refused']) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** @param callId of a call that had one already; those turned away before that have none */
  add(given: RefusedCall, callId?: CallId): void {
    const wanted = keyOf(given);
    const isRoom = this.#open.has(wanted) || this.#open.size < KINDS_MAX;
    const refused = isRoom ? given : { trunk: '', status: given.status, why: 'others' };
    const key = isRoom ? wanted : keyOf(refused);
    const counted = this.#open.get(key);
    if (counted !== undefined) {
      if (counted.calls === 0) counted.callId = callId ?? newId('call', this.#clock.now());
      counted.calls += 1;
      return;
    }
    const kind = { callId: callId ?? newId('call', this.#clock.now()), calls: 0 };
    this.#open.set(key, kind);
    this.#tell({ ...refused, callId: kind.callId, calls: 1 });
    this.#clock.after(WINDOW_MS, () => this.#close(key, refused));
  }

  /** A kind that goes on is counted on; one that is over is forgotten. */
  #close(key: string, refused: RefusedCall): void {
    const kind = this.#open.get(key);
    if (kind === undefined) return;
    const { callId, calls } = kind;
    if (calls === 0) return void this.#open.delete(key);
    kind.calls = 0;
    this.#tell({ ...refused, callId, calls });
    this.#clock.after(WINDOW_MS, () => this.#close(key, refused));
  }
}

const keyOf = ({ trunk, status, why }: RefusedCall): string => `${status} ${why} ${trunk}`;
