/**
 * Outbox → egress guard → JetStream, exactly once and in order, however long the outage. One run per connection: ask the stream where it stands,
 * then send, each event claiming its place (`sending.ts`); any doubt ends the run and the next begins by asking again. Nothing is ever blindly repeated.
 */
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { backoffMs } from '../link/backoff.ts';
import { isStreamFull } from '../link/condition.ts';
import type { LinkEvidence } from '../link/wire.ts';
import { PublishFailed } from '../nats/errors.ts';
import type { StreamEnd } from '../nats/event-stream.ts';
import type { LaneListener } from '../nats/publish-lane.ts';
import type { Delivery } from '../outbox/delivery.ts';
import type { Hit } from '../outbox/quarantine.ts';
import { Bell } from './bell.ts';
import { EventQuarantined, EventsExpired, LedgerUnbalanced, StreamLastUnknown, StreamWentBack } from './errors.ts';
import { unaccounted } from './reconcile.ts';
import { RelayBook, type RelayFigures, type Turn } from './relay-figures.ts';
import { type Resume, resumeAfter } from './resume.ts';
import { type Lane, Sending } from './sending.ts';

/** What the relay needs of the stream. */
export interface Stream {
  end(): Promise<StreamEnd>;
  lane(listener: LaneListener): Lane;
}

export interface RelayLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface RelayOptions {
  readonly site: string;
  readonly delivery: Delivery;
  /** Events in flight at once. */
  readonly batchEvents: number;
  readonly clock: Clock;
  /** 0 to 1, for the jitter of waits. */
  readonly random: () => number;
  readonly log: RelayLog;
  /** Evidence for the link. */
  readonly note: (input: Extract<LinkEvidence, { on: 'acknowledged' | 'publish_timeout' | 'stream_full' }>) => void;
}

const RETRY = { firstMs: 100, longestMs: 10_000 };
/** A stream that only a person can judge is looked at again this often, in case the person has decided, ms. */
const FAULT_RETRY_MS = 30_000;
const RECONCILE_MS = 60_000;
/** Faults that pass by themselves but which somebody should see while they last. */
const ALARMING: ReadonlySet<string> = new Set(['STREAM_MISSING', 'OUTBOX_UNWRITABLE']);

export class Relay {
  readonly #o: RelayOptions;
  readonly #unwatch: Array<() => void> = [];
  readonly #faults = new Map<string, KeeplineError>();
  /** Events given up until the last look; undefined before the first. */
  #expired: number | undefined;
  /** Counts connections; a run of an older one ends at its next step. */
  #run = 0;
  #running: Promise<void> = Promise.resolve();
  #sending: Sending | undefined;
  readonly #bell = new Bell();
  readonly #book = new RelayBook();

  constructor(options: RelayOptions) {
    this.#o = options;
    this.#unwatch.push(options.delivery.watch(() => this.#news()));
    this.#unwatch.push(options.clock.every(RECONCILE_MS, () => void this.reconcile().catch(() => undefined)));
  }

  /** Hands over the stream of a new connection, or undefined when it is lost. The run before ends first. */
  attach(stream: Stream | undefined): void {
    const run = ++this.#run;
    this.#bell.ring();
    if (stream) this.#running = this.#running.then(() => this.#serve(stream, run));
  }

  /** What a person has to look at, newest state per code. */
  faults(): readonly KeeplineError[] {
    return [...this.#faults.values()];
  }

  figures(): RelayFigures {
    return this.#book.figures(this.#sending?.inHand());
  }

  /** Ends after what has been acknowledged is settled. The outbox stays open. */
  async stop(): Promise<void> {
    this.attach(undefined);
    for (const unwatch of this.#unwatch.splice(0)) unwatch();
    await this.#running;
  }

  /** Checks the egress ledger now; also done every minute. */
  async reconcile(): Promise<void> {
    const counts = await this.#o.delivery.counts();
    const missing = unaccounted(counts);
    if (missing !== 0) this.#alarm(new LedgerUnbalanced(missing, counts));
    else this.#faults.delete('EGRESS_LEDGER_UNBALANCED');
    const given = counts.expired - (this.#expired ?? counts.expired);
    this.#expired = counts.expired;
    if (given > 0) this.#alarm(new EventsExpired(given));
    else this.#faults.delete('EVENTS_EXPIRED');
  }

  async #serve(stream: Stream, run: number): Promise<void> {
    for (let attempt = 0; run === this.#run; attempt++) {
      try {
        const { place, zstd } = await this.#resume(stream);
        for (const code of ['STREAM_LAST_UNKNOWN', 'STREAM_WENT_BACK', 'STREAM_MISSING']) this.#faults.delete(code);
        await this.#send(stream, { place, zstd, run }, () => {
          attempt = 0;
          this.#faults.delete('OUTBOX_UNWRITABLE');
        });
      } catch (fault) {
        if (run !== this.#run) return;
        await this.#pause(this.#judge(fault, attempt));
      }
    }
  }

  async #resume(stream: Stream): Promise<{ place: Resume; zstd: boolean }> {
    const { delivery, log } = this.#o;
    const end = await stream.end();
    const delivered = await delivery.lastDelivered();
    const place = resumeAfter(end, delivered, end.msgId === '' ? undefined : await delivery.find(end.msgId));
    if (place.settledSeq > delivered.seq) await delivery.delivered(place.settledSeq, place.streamSeq);
    if (end.seq === 0 && delivered.seq > 0)
      log.warn({ delivered: delivered.seq }, 'the stream is new and empty; earlier events are not sent again');
    log.info({ after: place.settledSeq, streamSeq: place.streamSeq }, 'relay resumes');
    return { place, zstd: end.zstd };
  }

  /** Sends for as long as the connection lasts. @throws when the place has become doubtful */
  async #send(stream: Stream, from: { place: Resume; zstd: boolean; run: number }, onProgress: () => void): Promise<void> {
    const { place, zstd, run } = from;
    const { site, delivery, batchEvents, clock, note } = this.#o;
    const onHits = (hits: readonly Hit[]): void => {
      const [first] = hits; // one line per look: a policy gone wrong must not fill the log as well
      if (first) this.#alarm(new EventQuarantined(first.entry.id, first.why, hits.length - 1));
    };
    const onAnswer = (tookMs: number): void => {
      onProgress();
      this.#book.answered(tookMs);
      note({ on: 'acknowledged', tookMs });
    };
    const onTurn = (turn: Turn): void => this.#book.turned(turn);
    const parts = { site, delivery, batchEvents, zstd, clock, bell: this.#bell, onHits, onAnswer, onTurn };
    this.#sending = new Sending(parts, (listener) => stream.lane(listener), place);
    try {
      await this.#sending.run(() => run !== this.#run);
    } catch (fault) {
      if (fault instanceof PublishFailed) note({ on: 'publish_timeout' });
      throw fault;
    } finally {
      this.#sending = undefined;
    }
  }

  /** How long to wait before asking the stream again. */
  #judge(fault: unknown, attempt: number): number {
    if (fault instanceof StreamLastUnknown || fault instanceof StreamWentBack) {
      this.#alarm(fault);
      return FAULT_RETRY_MS;
    }
    if (isStreamFull(fault)) this.#o.note({ on: 'stream_full' });
    if (fault instanceof KeeplineError && ALARMING.has(fault.code)) this.#alarm(fault);
    else this.#o.log.warn({ why: messageOf(fault), attempt }, 'relay asks the stream again');
    return backoffMs(attempt, this.#o.random(), RETRY);
  }

  #alarm(fault: KeeplineError): void {
    this.#faults.set(fault.code, fault);
    this.#o.log.error({ code: fault.code, hint: fault.hint, offending: fault.offending }, fault.message);
  }

  #news(): void {
    this.#sending?.news();
    this.#bell.ring();
  }

  /** Waits out `ms` unless the connection changes. The timer alone says when: it may fire a little before the clock has moved by `ms`. */
  async #pause(ms: number): Promise<void> {
    const run = this.#run;
    let over = false;
    const disarm = this.#o.clock.after(ms, () => {
      over = true;
      this.#bell.ring();
    });
    while (run === this.#run && !over) await this.#bell.next();
    disarm();
  }
}
