/**
 * Failures of known accounts on disk, so that a restart is no way around a lock. Only accounts that exist have a row: invented names
 * cannot fill the table. The disk keeps wall time, the guard counts in monotonic time; both ways are here.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { IdentityStore } from './identity-store.ts';
import type { Tally } from './sign-in-guard.ts';

interface Row {
  user_id: string;
  failures: number;
  last_at_ms: number;
  locked_until_ms: number;
}

export class LockStore {
  readonly #store: IdentityStore;
  readonly #clock: Clock;

  constructor(o: { readonly store: IdentityStore; readonly clock: Clock }) {
    this.#store = o.store;
    this.#clock = o.clock;
  }

  /** What the former run counted, in the monotonic time of this one. @param longestMs a lock is never taken up for longer: clocks jump */
  async load(longestMs: number): Promise<Map<string, Tally>> {
    const [now, monotonic] = [this.#clock.now(), this.#clock.monotonicMs()];
    const rows = await this.#store.read.all<Row>('SELECT user_id, failures, last_at_ms, locked_until_ms FROM sign_in_tallies');
    return new Map(
      rows.map((row) => [
        row.user_id,
        {
          failures: row.failures,
          lastMs: monotonic - Math.max(0, now - row.last_at_ms),
          lockedUntilMs: monotonic + Math.min(longestMs, row.locked_until_ms - now),
        },
      ]),
    );
  }

  /** @param tally undefined: nothing is held against this account any more */
  async save(userId: string, tally: Tally | undefined): Promise<void> {
    const toWallMs = this.#clock.now() - this.#clock.monotonicMs();
    await this.#store.write((tx) =>
      tally === undefined
        ? tx.run('DELETE FROM sign_in_tallies WHERE user_id = ?', userId)
        : tx.run(
            'INSERT OR REPLACE INTO sign_in_tallies (user_id, failures, last_at_ms, locked_until_ms) VALUES (?, ?, ?, ?)',
            userId,
            tally.failures,
            Math.round(tally.lastMs + toWallMs),
            Math.round(tally.lockedUntilMs + toWallMs),
          ),
    );
  }

  /** Accounts somebody unlocked from outside this process have no row any more. */
  async locked(): Promise<ReadonlySet<string>> {
    const rows = await this.#store.read.all<{ user_id: string }>('SELECT user_id FROM sign_in_tallies');
    return new Set(rows.map((row) => row.user_id));
  }
}
