/**
 * Outbox → egress guard → JetStream, exactly once and in order, however long the outage. One run per connection: ask the stream where it stands,
 * then send batches, each event claiming its place; any doubt ends the run and the next begins by asking again. Nothing is ever blindly repeated.
 */
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { inspectEvent } from '../egress/egress-guard.ts';
import { backoffMs } from '../link/backoff.ts';
import type { LinkInput } from '../link/link-state.ts';
import { PublishFailed } from '../nats/errors.ts';
import type { Position, StreamEnd } from '../nats/event-stream.ts';
import { eventSubject } from '../nats/subjects.ts';
import type { Delivery, Hit } from '../outbox/delivery.ts';
import { type Entry, shortType } from '../outbox/entry.ts';
import { EventQuarantined, LedgerUnbalanced, StreamLastUnknown, StreamWentBack } from './errors.ts';
import { unaccounted } from './reconcile.ts';
import { type Resume, resumeAfter } from './resume.ts';

/** What the relay needs of the stream. */
export interface Stream {
  end(): Promise<StreamEnd>;
  append(subject: string, id: string, body: string, position: Position): Promise<number>;
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
  readonly note: (input: Extract<LinkInput, { on: 'acknowledged' | 'publish_timeout' }>) => void;
}

const RETRY = { firstMs: 100, longestMs: 10_000 };
/** A stream that only a person can judge is looked at again this often, in case the person has decided, ms. */
const FAULT_RETRY_MS = 30_000;
const RECONCILE_MS = 60_000;

export class Relay {
  readonly #o: RelayOptions;
  readonly #unwatch: Array<() => void> = [];
  readonly #faults = new Map<string, KeeplineError>();
  /** Counts connections; a run of an older one ends at its next step. */
  #run = 0;
  #running: Promise<void> = Promise.resolve();
  #ring: () => void = () => {};
  #rung = false;

  constructor(options: RelayOptions) {
    this.#o = options;
    this.#unwatch.push(options.delivery.watch(() => this.#wake()));
    this.#unwatch.push(options.clock.every(RECONCILE_MS, () => void this.reconcile().catch(() => undefined)));
  }

  /** Hands over the stream of a new connection, or undefined when it is lost. The run before ends first. */
  attach(stream: Stream | undefined): void {
    const run = ++this.#run;
    this.#wake();
    if (stream) this.#running = this.#running.then(() => this.#serve(stream, run));
  }

  /** What a person has to look at, newest state per code. */
  faults(): readonly KeeplineError[] {
    return [...this.#faults.values()];
  }

  /** Ends after the batch in flight has been settled. The outbox stays open. */
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
  }

  async #serve(stream: Stream, run: number): Promise<void> {
    for (let attempt = 0; run === this.#run; attempt++) {
      try {
        let place = await this.#resume(stream);
        for (const code of ['STREAM_LAST_UNKNOWN', 'STREAM_WENT_BACK', 'STREAM_MISSING']) this.#faults.delete(code);
        while (run === this.#run) {
          const next = await this.#sendBatch(stream, place);
          if (next === place) await this.#nextRing();
          else attempt = 0;
          place = next;
        }
      } catch (fault) {
        if (run !== this.#run) return;
        await this.#pause(this.#judge(fault, attempt));
      }
    }
  }

  async #resume(stream: Stream): Promise<Resume> {
    const { delivery, log } = this.#o;
    const end = await stream.end();
    const delivered = await delivery.lastDelivered();
    const place = resumeAfter(end, delivered, end.msgId === '' ? undefined : await delivery.find(end.msgId));
    if (place.settledSeq > delivered.seq) await delivery.delivered(place.settledSeq, place.streamSeq);
    if (end.seq === 0 && delivered.seq > 0)
      log.warn({ delivered: delivered.seq }, 'the stream is new and empty; earlier events are not sent again');
    log.info({ after: place.settledSeq, streamSeq: place.streamSeq }, 'relay resumes');
    return place;
  }

  /** Sends what is next and returns the new place; the same object when nothing waited. @throws when the place has become doubtful */
  async #sendBatch(stream: Stream, place: Resume): Promise<Resume> {
    const { delivery, batchEvents } = this.#o;
    const claimed = await delivery.claim(batchEvents);
    if (claimed.length === 0) return place;
    const hits: Hit[] = [];
    const clean: Entry[] = [];
    for (const entry of claimed) {
      const verdict = inspectEvent(entry.body, this.#o.site);
      if (verdict.clean) clean.push(entry);
      else hits.push({ entry, why: verdict.why });
    }
    if (hits.length > 0) {
      await delivery.quarantine(hits);
      for (const { entry, why } of hits) this.#alarm(new EventQuarantined(entry.id, why));
    }
    const sent = await this.#publish(stream, clean, place);
    if (sent.last) await delivery.delivered(sent.last.settledSeq, sent.last.streamSeq);
    if (sent.fault !== undefined) throw sent.fault;
    return sent.last ?? { ...place };
  }

  /** All at once, each chained to the one before; what counts is the unbroken run of acknowledgements from the first. */
  async #publish(stream: Stream, entries: readonly Entry[], place: Resume): Promise<{ last?: Resume; fault?: unknown }> {
    const { site, clock, note } = this.#o;
    const startedMs = clock.monotonicMs();
    let firstAckMs = -1;
    const acks = entries.map(async (entry, i) => {
      const before = entries[i - 1]?.id;
      const position = {
        afterSeq: place.streamSeq + i,
        // The first of a run leans on the sequence alone when the server may have forgotten the id; see `nats/event-stream.ts`.
        afterId: before ?? (place.fresh ? '' : place.lastId),
        previousId: before ?? place.lastId,
      };
      const seq = await stream.append(eventSubject(site, shortType(entry.type)), entry.id, entry.body, position);
      if (firstAckMs < 0) firstAckMs = clock.monotonicMs() - startedMs;
      return seq;
    });
    let last: Resume | undefined;
    let fault: unknown;
    for (const [i, ack] of (await Promise.allSettled(acks)).entries()) {
      const entry = entries[i];
      if (ack.status === 'rejected') fault = ack.reason;
      if (ack.status === 'rejected' || !entry) break;
      last = { settledSeq: entry.seq, lastId: entry.id, streamSeq: ack.value, fresh: false };
    }
    if (firstAckMs >= 0) note({ on: 'acknowledged', tookMs: firstAckMs });
    if (fault instanceof PublishFailed) note({ on: 'publish_timeout' });
    return { ...(last ? { last } : {}), ...(fault === undefined ? {} : { fault }) };
  }

  /** How long to wait before asking the stream again. */
  #judge(fault: unknown, attempt: number): number {
    if (fault instanceof StreamLastUnknown || fault instanceof StreamWentBack) {
      this.#alarm(fault);
      return FAULT_RETRY_MS;
    }
    if (fault instanceof KeeplineError && fault.code === 'STREAM_MISSING') this.#alarm(fault);
    else this.#o.log.warn({ why: messageOf(fault), attempt }, 'relay asks the stream again');
    return backoffMs(attempt, this.#o.random(), RETRY);
  }

  #alarm(fault: KeeplineError): void {
    this.#faults.set(fault.code, fault);
    this.#o.log.error({ code: fault.code, hint: fault.hint, offending: fault.offending }, fault.message);
  }

  #wake(): void {
    this.#rung = true;
    this.#ring();
  }

  /** Waits for the next ring of the outbox or of a change of connection; one that came meanwhile counts. */
  async #nextRing(): Promise<void> {
    if (!this.#rung) await new Promise<void>((resolve) => (this.#ring = resolve));
    this.#rung = false;
  }

  /** Waits out `ms` unless the connection changes. The timer alone says when: it may fire a little before the clock has moved by `ms`. */
  async #pause(ms: number): Promise<void> {
    const run = this.#run;
    let over = false;
    const disarm = this.#o.clock.after(ms, () => {
      over = true;
      this.#wake();
    });
    while (run === this.#run && !over) await this.#nextRing();
    disarm();
  }
}
