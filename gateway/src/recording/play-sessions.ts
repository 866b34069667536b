/**
 * Who listens to what just now. A ticket is issued after the act was audited, belongs to one person and one recording, and holds the opened
 * file until it ends; requests of a player for parts of it need no further entry. Bounds below; times in ms.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@keepline/contracts/clock';
import { PlaysTooMany, PlayTicketInvalid } from './errors.ts';
import type { Peaks } from './peaks.ts';
import type { WavSource } from './wav.ts';

/** A file descriptor each. */
export const PLAYS_MAX = 128;
/** Of one person; a further one ends the oldest. */
export const PLAYS_PER_PERSON = 8;
/** Without a request for this long, and in any case, a ticket ends. */
export const PLAY_IDLE_MS = 15 * 60_000;
export const PLAY_LONGEST_MS = 4 * 3_600_000;
const LOOK_EVERY_MS = 60_000;
const TICKET_BYTES = 32;

export interface Play {
  readonly ticket: string;
  readonly who: string;
  readonly recordingId: string;
  readonly source: WavSource;
  /** As stored; undefined when it has to be made from the audio. */
  peaks: Peaks | undefined;
  readonly endsAtMs: number;
}
interface Held extends Play {
  usedAtMs: number;
}

export class PlaySessions {
  readonly #clock: Pick<Clock, 'now' | 'every'>;
  readonly #held = new Map<string, Held>();
  readonly #stop: () => void;

  constructor(clock: Pick<Clock, 'now' | 'every'>) {
    this.#clock = clock;
    this.#stop = clock.every(LOOK_EVERY_MS, () => this.#endOld());
  }

  /** Takes the source over, also when it refuses. @throws PlaysTooMany */
  add(who: string, recordingId: string, source: WavSource, peaks: Peaks | undefined): Play {
    this.#endOld();
    const own = [...this.#held.values()].filter((play) => play.who === who);
    if (own.length >= PLAYS_PER_PERSON && own[0]) this.#end(own[0]);
    if (this.#held.size >= PLAYS_MAX) {
      void source.close();
      throw new PlaysTooMany(this.#held.size);
    }
    const nowMs = this.#clock.now();
    const ticket = randomBytes(TICKET_BYTES).toString('base64url');
    const play: Held = { ticket, who, recordingId, source, peaks, endsAtMs: nowMs + PLAY_LONGEST_MS, usedAtMs: nowMs };
    this.#held.set(ticket, play);
    return play;
  }

  /** @throws PlayTicketInvalid also for tickets of others, so that nobody learns whether one exists */
  find(who: string, recordingId: string, ticket: string): Play {
    this.#endOld();
    const play = this.#held.get(ticket);
    const sound = play !== undefined && same(play.ticket, ticket) && play.who === who && play.recordingId === recordingId;
    if (!sound) throw new PlayTicketInvalid(recordingId);
    play.usedAtMs = this.#clock.now();
    return play;
  }

  close(): void {
    this.#stop();
    for (const play of [...this.#held.values()]) this.#end(play);
  }

  #endOld(): void {
    const nowMs = this.#clock.now();
    for (const play of [...this.#held.values()]) if (nowMs >= play.endsAtMs || nowMs - play.usedAtMs >= PLAY_IDLE_MS) this.#end(play);
  }

  #end(play: Held): void {
    this.#held.delete(play.ticket);
    void play.source.close(); // waits for a read in progress by itself
  }
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
