/**
 * Keeps one connection to the cloud alive and judges it: dials with backoff, sends its own heartbeats, replaces a connection that looks open but
 * does not answer. The judgement itself is `link-state.ts`.
 */
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { LinkState } from '@keepline/contracts/link';
import { backoffMs } from './backoff.ts';
import { beginLink, type Link, type LinkInput, type LinkRules, stepLink } from './link-state.ts';

/** What the monitor needs of a connection. */
export interface Wire {
  readonly closed: Promise<string>;
  ping(): Promise<void>;
  drop(): void;
}

export interface MonitorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface MonitorOptions<W extends Wire> {
  /** Dials once; undefined when no server is configured. */
  readonly dial: (() => Promise<W>) | undefined;
  readonly rules: LinkRules;
  readonly clock: Clock;
  /** 0 to 1, for the jitter of redialling. */
  readonly random: () => number;
  readonly log: MonitorLog;
}

export interface LinkView {
  readonly state: LinkState;
  /** Wall time of the last change, ms since 1970. */
  readonly sinceMs: number;
  readonly why: string;
}

/** Short enough that the backlog starts within seconds of a healed line. */
const REDIAL = { firstMs: 250, longestMs: 5000 };

export class LinkMonitor<W extends Wire> {
  readonly #o: MonitorOptions<W>;
  readonly #viewers = new Set<(view: LinkView) => void>();
  readonly #holders = new Set<(wire: W | undefined) => void>();
  #link: Link;
  #sinceMs: number;
  #wire: W | undefined;
  #attempt = 0;
  #answered = true;
  #stopped = false;
  #disarm: () => void = () => {};

  constructor(options: MonitorOptions<W>) {
    this.#o = options;
    this.#link = beginLink(options.rules, options.dial ? 'not_connected_yet' : 'no_servers_configured');
    this.#sinceMs = options.clock.now();
  }

  start(): void {
    if (this.#o.dial) void this.#connect(this.#o.dial);
  }

  /** Drops the connection and stops dialling. */
  stop(): void {
    this.#stopped = true;
    this.#disarm();
    this.#release();
  }

  view(): LinkView {
    return { state: this.#link.at, sinceMs: this.#sinceMs, why: this.#link.why };
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

  /** Evidence from those who use the connection. */
  note(input: Extract<LinkInput, { on: 'acknowledged' | 'publish_timeout' | 'advice_answered' | 'advice_timeout' }>): void {
    this.#feed(input);
  }

  async #connect(dial: () => Promise<W>): Promise<void> {
    let wire: W;
    try {
      wire = await dial();
    } catch (fault) {
      if (this.#stopped) return;
      this.#feed({ on: 'disconnected', why: fault instanceof KeeplineError ? fault.code.toLowerCase() : 'dial_failed' });
      this.#redial(dial, messageOf(fault));
      return;
    }
    if (this.#stopped) {
      wire.drop();
      return;
    }
    this.#wire = wire;
    this.#answered = true;
    this.#feed({ on: 'connected' });
    this.#disarm = this.#o.clock.every(this.#o.rules.heartbeatMs, () => this.#beat(wire));
    this.#beat(wire);
    for (const holder of this.#holders) holder(wire);
    const why = await wire.closed;
    if (this.#wire === wire) {
      this.#disarm();
      this.#release();
      this.#feed({ on: 'disconnected', why });
    }
    if (!this.#stopped) this.#redial(dial, why);
  }

  #redial(dial: () => Promise<W>, why: string): void {
    const waitMs = backoffMs(this.#attempt++, this.#o.random(), REDIAL);
    this.#o.log.info({ why, waitMs, attempt: this.#attempt }, 'dialling the cloud again');
    this.#disarm = this.#o.clock.after(waitMs, () => void this.#connect(dial));
  }

  /** A heartbeat that is still unanswered when the next is due was missed; only one is ever on its way. */
  #beat(wire: W): void {
    if (this.#wire !== wire) return;
    if (!this.#answered) {
      this.#feed({ on: 'heartbeat_missed' });
      return;
    }
    this.#answered = false;
    wire.ping().then(
      () => {
        if (this.#wire !== wire) return;
        this.#answered = true;
        this.#attempt = 0;
        this.#feed({ on: 'heartbeat_ok' });
      },
      () => undefined, // the connection is going; `closed` says why
    );
  }

  #feed(input: LinkInput): void {
    const { link, effects } = stepLink(this.#link, input, this.#o.clock.monotonicMs(), this.#o.rules);
    this.#link = link;
    for (const effect of effects) {
      if (effect.do === 'renew') {
        this.#disarm();
        this.#release();
        continue;
      }
      this.#sinceMs = this.#o.clock.now();
      this.#o.log[effect.to === 'up' ? 'info' : 'warn']({ from: effect.from, to: effect.to, why: effect.why }, 'link changed');
      for (const viewer of this.#viewers) viewer(this.view());
    }
  }

  #release(): void {
    const wire = this.#wire;
    this.#wire = undefined;
    if (!wire) return;
    wire.drop();
    for (const holder of this.#holders) holder(undefined);
  }
}
