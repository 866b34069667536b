/**
 * One run of the relay on one connection: claims, looks, sends and settles, all at the same time. The window stays full while the disk writes:
 * answers are taken as they come, and one transaction settles what has been acknowledged meanwhile and claims what comes next.
 */
import type { Clock } from '@keepline/contracts/clock';
import { inspectEvent } from '../egress/egress-guard.ts';
import { PublishFailed } from '../nats/errors.ts';
import { ACK_TIMEOUT_MS } from '../nats/event-stream.ts';
import type { LaneListener, Outgoing, Position } from '../nats/publish-lane.ts';
import { eventSubject } from '../nats/subjects.ts';
import type { Delivery } from '../outbox/delivery.ts';
import { type Entry, shortType } from '../outbox/entry.ts';
import type { Hit } from '../outbox/quarantine.ts';
import type { Bell } from './bell.ts';
import { packed } from './packed.ts';
import type { InHand, Turn } from './relay-figures.ts';
import type { Resume } from './resume.ts';
import { Window } from './window.ts';

/** Where events are handed over; `nats/publish-lane.ts` in production. */
export interface Lane {
  /** @throws Error when the connection is closed */
  publish(event: Outgoing, position: Position): void;
  close(): void;
}

export interface SendingParts {
  readonly site: string;
  readonly delivery: Pick<Delivery, 'advance' | 'quarantine'>;
  /** Events in flight at once; as many are claimed in one transaction. */
  readonly batchEvents: number;
  /** The other end unpacks zstd. */
  readonly zstd: boolean;
  readonly clock: Pick<Clock, 'monotonicMs' | 'every'>;
  readonly bell: Bell;
  readonly onHits: (hits: readonly Hit[]) => void;
  /** An event was acknowledged after this long, ms; told now and then. */
  readonly onAnswer: (tookMs: number) => void;
  /** A transaction on the outbox is over. */
  readonly onTurn: (turn: Turn) => void;
}

/** How long acknowledged events may wait to be settled while the line stays busy, and how often silence is looked for, ms. */
const LOOK_MS = 200;

export class Sending {
  readonly #p: SendingParts;
  readonly #lane: Lane;
  readonly #window: Window;
  /** Claimed and looked at, next first. */
  #staged: readonly Entry[] = [];
  #stagedHead = 0;
  #claimedSeq: number;
  #mayBeMore = true;
  #due = false;
  #fault: unknown;
  /** No answers are expected any more. */
  #deaf = false;

  constructor(parts: SendingParts, open: (listener: LaneListener) => Lane, place: Resume) {
    this.#p = parts;
    this.#window = new Window(place, parts.batchEvents);
    this.#claimedSeq = place.settledSeq;
    this.#lane = open({
      acknowledged: (streamSeq) => this.#heard(streamSeq),
      refused: (streamSeq, fault) => {
        this.#fault ??= fault;
        this.#window.refused(streamSeq);
        parts.bell.ring();
      },
    });
  }

  inHand(): InHand {
    const { limit, unanswered, unsettled } = this.#window;
    return { windowLimit: limit, inFlight: unanswered, unsettled, staged: this.#waitingStaged() };
  }

  /** The outbox may have news. */
  news(): void {
    this.#mayBeMore = true;
  }

  /**
   * Sends until `over` says so or the place becomes doubtful. All that was acknowledged in an unbroken run is settled when it returns.
   * @throws what made the place doubtful: STREAM_WRONG_LAST, EVENT_PUBLISH_FAILED, or a fault of the outbox
   */
  async run(over: () => boolean): Promise<void> {
    const stopLooking = this.#p.clock.every(LOOK_MS, () => this.#look());
    try {
      while (!over() && !this.#isDecided()) {
        this.#pump();
        const settling = this.#worthSettling() ? this.#window.unsettled : 0;
        const reached = settling > 0 ? this.#window.settle() : undefined;
        const claiming = this.#mayBeMore && this.#fault === undefined && this.#waitingStaged() * 2 <= this.#p.batchEvents;
        if (reached || claiming) await this.#turn(reached, claiming, settling);
        else await this.#p.bell.next();
      }
      const { unsettled } = this.#window;
      await this.#turn(this.#window.settle(), false, unsettled);
    } finally {
      stopLooking();
      this.#lane.close();
    }
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** One transaction: settle what is reached, claim what is next; the guard looks at what was claimed. */
  async #turn(reached: Resume | undefined, claiming: boolean, settled: number): Promise<void> {
    const { delivery, batchEvents, onHits, site, clock } = this.#p;
    if (!reached && !claiming) return;
    if (claiming) this.#mayBeMore = false; // news that come meanwhile set it again
    const begunMs = clock.monotonicMs();
    const claimed = await delivery.advance(
      reached && { seq: reached.settledSeq, streamSeq: reached.streamSeq },
      claiming ? { after: this.#claimedSeq, limit: batchEvents } : undefined,
    );
    this.#p.onTurn({ tookMs: clock.monotonicMs() - begunMs, settled, claimed: claimed.length });
    if (claimed.length === batchEvents) this.#mayBeMore = true;
    this.#claimedSeq = claimed.at(-1)?.seq ?? this.#claimedSeq;
    const hits: Hit[] = [];
    const clean: Entry[] = [];
    for (const entry of claimed) {
      const verdict = inspectEvent(entry.body, site);
      if (verdict.clean) clean.push(entry);
      else hits.push({ entry, why: verdict.why });
    }
    if (hits.length > 0) {
      // Before anything behind them is sent: settling a range must not find them in it.
      await delivery.quarantine(hits);
      onHits(hits);
    }
    if (clean.length > 0) {
      this.#staged = [...this.#staged.slice(this.#stagedHead), ...clean];
      this.#stagedHead = 0;
    }
  }

  /** Fills the window; runs at every answer, so that it never waits for the disk. */
  #pump(): void {
    const { site, clock } = this.#p;
    while (this.#window.open && this.#fault === undefined) {
      const entry = this.#staged[this.#stagedHead];
      if (!entry) return;
      this.#stagedHead++;
      const event = { subject: eventSubject(site, shortType(entry.type)), id: entry.id, ...packed(entry.body, this.#p.zstd) };
      const position = this.#window.send(entry, event.body.length, clock.monotonicMs());
      try {
        this.#lane.publish(event, position);
      } catch (cause) {
        this.#fault = new PublishFailed(entry.id, cause);
        this.#deaf = true;
      }
    }
  }

  #heard(streamSeq: number): void {
    const tookMs = this.#window.acknowledged(streamSeq, this.#p.clock.monotonicMs());
    if (tookMs !== undefined) this.#p.onAnswer(tookMs);
    this.#pump();
    if (this.#worthSettling() || this.#window.doubtful || this.#waitingStaged() === 0) this.#p.bell.ring();
  }

  #look(): void {
    this.#due = true;
    const oldestMs = this.#window.oldestSentMs();
    if (oldestMs !== undefined && this.#p.clock.monotonicMs() - oldestMs > ACK_TIMEOUT_MS) {
      this.#fault ??= new PublishFailed('at the head of the line', new Error(`no answer within ${ACK_TIMEOUT_MS} ms`));
      this.#deaf = true;
    }
    this.#p.bell.ring();
  }

  /** A transaction costs the same for one event as for a thousand: wait for half a batch, the end of the line, or the clock. */
  #worthSettling(): boolean {
    const { unsettled, unanswered } = this.#window;
    if (unsettled === 0) return false;
    if (unsettled * 2 < this.#p.batchEvents && unanswered > 0 && !this.#due) return false;
    this.#due = false;
    return true;
  }

  /** A fault stands and every event in flight has its answer, or none will come. */
  #isDecided(): boolean {
    return this.#fault !== undefined && (this.#deaf || this.#window.unanswered === 0);
  }

  #waitingStaged(): number {
    return this.#staged.length - this.#stagedHead;
  }
}
