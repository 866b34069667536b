/**
 * Keeps one connection to the cloud alive and judges it: dials with backoff, sends its own heartbeats, replaces a connection that looks open but
 * does not answer, stays away while a drill lasts. The judgements themselves are `link-state.ts`, `line-quality.ts` and `condition.ts`.
 */
import { messageOf } from '@keepline/contracts/errors';
import { type LinkChange, type LinkCondition, linkConditionCode } from '@keepline/contracts/link';
import { backoffMs } from './backoff.ts';
import { ClockWatch } from './clock-watch.ts';
import { conditionOf, dialCause, lossCause } from './condition.ts';
import { Farewell } from './farewell.ts';
import { lineCondition, withTrip } from './line-quality.ts';
import { beginLink, lateMs, type Link, type LinkInput, nextTickMs, stepLink } from './link-state.ts';
import { Timeline } from './timeline.ts';
import type { LinkEvidence, LinkView, MonitorOptions, Wire } from './wire.ts';

/** Short enough that the backlog starts within seconds of a healed line. */
const REDIAL = { firstMs: 250, longestMs: 5000 };

export class LinkMonitor<W extends Wire> {
  readonly #o: MonitorOptions<W>;
  readonly #viewers = new Set<(view: LinkView) => void>();
  readonly #holders = new Set<(wire: W | undefined) => void>();
  readonly #timeline = new Timeline();
  readonly #farewell: Farewell;
  readonly #clockWatch: ClockWatch;
  #link: Link;
  #sinceMs: number;
  #condition: LinkCondition | undefined;
  #wire: W | undefined;
  #attempt = 0;
  /** Heartbeats on their way. */
  #asked = 0;
  #trips: readonly number[] = [];
  #streamFull = false;
  #stopped = false;
  #dialling = false;
  /** Monotonic end of the drill; 0 while there is none. */
  #heldUntilMs = 0;
  #disarmDial: () => void = () => {};
  #disarmBeat: () => void = () => {};
  #disarmWatch: () => void = () => {};
  #disarmHold: () => void = () => {};

  constructor(options: MonitorOptions<W>) {
    this.#o = options;
    this.#link = beginLink(options.rules, options.dial ? 'not_connected_yet' : 'no_servers_configured');
    this.#sinceMs = options.clock.now();
    this.#farewell = new Farewell(options.clock);
    this.#clockWatch = new ClockWatch(options.clock, options.rules.stableMs);
  }

  start(): void {
    this.#connect();
  }

  /** Drops the connection and stops dialling. */
  stop(): void {
    this.#stopped = true;
    this.#disarmDial();
    this.#disarmHold();
    this.#release();
  }

  /**
   * Exchanges the connection for a new one, such as with other credentials. The present one serves until the new one stands, and goes on when none can
   * be had, so the link does not leave its state. Nothing happens while there is none: the next dial does it anyway.
   */
  renew(): void {
    if (this.#wire) this.#dial();
  }

  /** Cuts the link and stays away, as a drill; a second call replaces the end of the first. Ends by itself. @param ms 0 ends it now */
  hold(ms: number): void {
    if (this.#stopped || !this.#o.dial) return;
    this.#disarmHold();
    this.#disarmDial();
    const wasHeld = this.#heldUntilMs > 0;
    this.#heldUntilMs = ms > 0 ? this.#o.clock.monotonicMs() + ms : 0;
    if (ms <= 0) {
      if (wasHeld) this.#feed({ on: 'disconnected', why: 'drill_over' });
      this.#connect();
      return;
    }
    this.#release();
    this.#feed({ on: 'disconnected', why: 'drill' });
    this.#disarmHold = this.#o.clock.after(ms, () => this.hold(0));
  }

  /** What is left of the drill, ms; 0 when there is none. */
  heldMs(): number {
    return this.#heldUntilMs === 0 ? 0 : Math.max(0, this.#heldUntilMs - this.#o.clock.monotonicMs());
  }

  view(): LinkView {
    const { at: state, why } = this.#link;
    return { state, sinceMs: this.#sinceMs, why, ...(this.#condition ? { condition: this.#condition } : {}) };
  }

  /** The last changes, oldest first. */
  timeline(): readonly LinkChange[] {
    return this.#timeline.list();
  }

  /** The connection in use, or undefined. */
  wire(): W | undefined {
    return this.#wire;
  }

  onChange(viewer: (view: LinkView) => void): () => void {
    this.#viewers.add(viewer);
    return () => this.#viewers.delete(viewer);
  }

  /** Tells of each new connection and of its loss (undefined). */
  onWire(holder: (wire: W | undefined) => void): () => void {
    this.#holders.add(holder);
    return () => this.#holders.delete(holder);
  }

  note(evidence: LinkEvidence): void {
    if (evidence.on === 'stream_full') {
      this.#streamFull = true;
      this.#feed({ on: 'poor_line', why: 'stream_full' });
      return;
    }
    if (evidence.on === 'acknowledged') this.#streamFull = false;
    this.#feed(evidence);
  }

  #connect(): void {
    if (!this.#wire) this.#dial();
  }

  #dial(): void {
    const { dial, log } = this.#o;
    if (!dial || this.#stopped || this.#dialling || this.#heldUntilMs > 0) return;
    this.#dialling = true;
    dial().then(
      (wire) => {
        this.#dialling = false;
        this.#take(wire);
      },
      (fault: unknown) => {
        this.#dialling = false;
        if (this.#stopped || this.#heldUntilMs > 0) return;
        const why = dialCause(fault);
        if (this.#wire) return log.warn({ why }, 'no new connection could be had; the present one stays');
        this.#feed({ on: 'disconnected', why });
        this.#redial(messageOf(fault));
      },
    );
  }

  #take(wire: W): void {
    if (this.#stopped || this.#heldUntilMs > 0) {
      wire.drop();
      return;
    }
    const { clock, rules } = this.#o;
    const former = this.#wire;
    this.#wire = wire;
    this.#asked = 0;
    this.#disarmDial();
    if (!former) this.#trips = [];
    this.#feed({ on: former ? 'exchanged' : 'connected' });
    this.#disarmBeat();
    this.#disarmBeat = clock.every(rules.heartbeatMs, () => this.#beat(wire));
    this.#beat(wire);
    this.#watch();
    for (const holder of this.#holders) holder(wire);
    if (former) this.#farewell.to(former);
    void wire.closed.then((why) => {
      if (this.#wire === wire) this.#lost(lossCause(why, clock.monotonicMs() - this.#link.heardMs, lateMs(rules)));
    });
  }

  #lost(why: string): void {
    this.#release();
    this.#feed({ on: 'disconnected', why });
    this.#redial(why);
  }

  #redial(why: string): void {
    if (this.#stopped || this.#heldUntilMs > 0) return;
    const waitMs = backoffMs(this.#attempt++, this.#o.random(), REDIAL);
    this.#o.log.info({ why, waitMs, attempt: this.#attempt }, 'dialling the cloud again');
    this.#disarmDial();
    this.#disarmDial = this.#o.clock.after(waitMs, () => this.#connect());
  }

  /** One question each interval, answered or not: the answers of a slow line then still come once an interval. Silence ends it within a few. */
  #beat(wire: W): void {
    if (this.#wire !== wire) return;
    this.#clockWatch.look();
    this.#refresh();
    if (this.#asked > this.#o.rules.misses + 1) return;
    this.#asked++;
    const askedMs = this.#o.clock.monotonicMs();
    wire.ping().then(
      () => {
        if (this.#wire !== wire) return;
        this.#asked--;
        this.#attempt = 0;
        this.#trips = withTrip(this.#trips, this.#o.clock.monotonicMs() - askedMs);
        this.#feed({ on: 'heartbeat_ok' });
        const poor = lineCondition(this.#trips);
        if (poor) this.#feed({ on: 'poor_line', why: poor });
        this.#watch();
      },
      () => undefined, // the connection is going; `closed` says why
    );
  }

  /** Judges the silence at the moment it becomes too long, not at the next beat. */
  #watch(): void {
    this.#disarmWatch();
    const { clock, rules } = this.#o;
    const dueMs = nextTickMs(this.#link, clock.monotonicMs(), rules);
    if (dueMs === undefined) return;
    this.#disarmWatch = clock.after(Math.ceil(dueMs - clock.monotonicMs()), () => {
      // This process itself was stopped or starved: what the cloud said meanwhile is still unread, so its silence proves nothing yet.
      const starved = clock.monotonicMs() - dueMs > rules.heartbeatMs;
      if (starved) this.#disarmWatch = clock.after(rules.heartbeatMs, () => this.#judge());
      else this.#judge();
    });
  }

  #judge(): void {
    this.#feed({ on: 'tick' });
    this.#watch();
  }

  #feed(input: LinkInput): void {
    const nowMs = this.#o.clock.monotonicMs();
    const { heardMs } = this.#link;
    const { link, effects } = stepLink(this.#link, input, nowMs, this.#o.rules);
    this.#link = link;
    if (effects.some((effect) => effect.do === 'renew')) this.#release();
    for (const effect of effects) {
      if (effect.do === 'renew') {
        this.#redial('heartbeats_missed');
        continue;
      }
      this.#sinceMs = this.#o.clock.now();
      this.#condition = this.#named();
      const silentMs = effect.from === 'down' ? 0 : Math.round(nowMs - heardMs);
      const change = {
        from: effect.from,
        to: effect.to,
        why: effect.why,
        ...(this.#condition ? { condition: this.#condition } : {}),
        silentMs,
      };
      this.#timeline.add({ atMs: this.#sinceMs, ...change });
      this.#o.log[effect.to === 'up' ? 'info' : 'warn'](change, 'link changed');
      this.#tell();
    }
    this.#refresh();
  }

  /** The condition may change while the state stays. */
  #refresh(): void {
    const condition = this.#named();
    if (condition === this.#condition) return;
    this.#condition = condition;
    if (condition) this.#o.log.warn({ code: linkConditionCode(condition), state: this.#link.at }, 'link condition');
    this.#tell();
  }

  #named(): LinkCondition | undefined {
    return conditionOf({
      state: this.#link.at,
      why: this.#link.why,
      line: this.#wire && lineCondition(this.#trips),
      streamFull: this.#streamFull,
      outboxDiskFull: this.#o.outboxDiskFull?.() ?? false,
      clockJumped: this.#clockWatch.jumped(),
    });
  }

  #tell(): void {
    const view = this.view();
    for (const viewer of this.#viewers) viewer(view);
  }

  #release(): void {
    this.#farewell.end();
    const wire = this.#wire;
    this.#wire = undefined;
    this.#disarmBeat();
    this.#disarmWatch();
    if (!wire) return;
    wire.drop();
    for (const holder of this.#holders) holder(undefined);
  }
}
