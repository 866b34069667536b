/**
 * On an appliance of a pair: waits with the outbox until the appliance serves, sends no further than its peer has copied, and ends when it does
 * not serve any more. What the cloud has, whoever goes on after a takeover has too; so nothing is sent twice and nothing has to be guessed.
 */
import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '@keepline/contracts/clock';
import { readUplink, type Uplink, UPLINK_SILENCE_MS } from '@keepline/contracts/uplink';

const LOOK_MS = 100;

/** The file at one look; undefined when it is not there. */
export type Seen = { readonly mtimeMs: number; readonly text: string } | undefined;

export interface Lease {
  readonly mtimeMs: number | undefined;
  /** When it was last seen to change, ms; never for a file that a dead appliance left behind. */
  readonly changedAt: number;
  readonly uplink: Uplink | undefined;
}
export const UNSEEN: Lease = { mtimeMs: undefined, changedAt: -Infinity, uplink: undefined };

/** Pure: what one more look makes of it. @param nowMs monotonic */
export function looked(before: Lease, seen: Seen, nowMs: number): Lease {
  if (!seen) return UNSEEN;
  const changed = before.mtimeMs !== undefined && before.mtimeMs !== seen.mtimeMs;
  return { mtimeMs: seen.mtimeMs, changedAt: changed ? nowMs : before.changedAt, uplink: readUplink(seen.text) ?? before.uplink };
}

/** What may be sent now; undefined while nothing may. */
export const allowed = ({ changedAt, uplink }: Lease, nowMs: number): Uplink | undefined =>
  nowMs - changedAt <= UPLINK_SILENCE_MS ? uplink : undefined;

export class UplinkLease {
  readonly #path: string;
  readonly #clock: Clock;
  #lease = UNSEEN;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Resolves when this appliance serves. */
  granted(): Promise<Uplink> {
    return new Promise((resolve) => {
      const stop = this.#clock.every(LOOK_MS, () => {
        const uplink = this.#look();
        if (!uplink) return;
        stop();
        resolve(uplink);
      });
    });
  }

  /** @param onLost it does not serve any more; told once */
  follow(onUplink: (uplink: Uplink) => void, onLost: () => void): () => void {
    const stop = this.#clock.every(LOOK_MS, () => {
      const uplink = this.#look();
      if (uplink) return onUplink(uplink);
      stop();
      onLost();
    });
    return stop;
  }

  #look(): Uplink | undefined {
    const now = this.#clock.monotonicMs();
    this.#lease = looked(this.#lease, readFile(this.#path), now);
    return allowed(this.#lease, now);
  }
}

function readFile(path: string): Seen {
  try {
    return { mtimeMs: statSync(path).mtimeMs, text: readFileSync(path, 'utf8') };
  } catch {
    return undefined;
  }
}
