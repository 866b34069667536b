/** What the link monitor needs from outside: a connection, a way to dial one, and the evidence of those who use it. */
import type { Clock } from '@keepline/contracts/clock';
import type { LinkCondition, LinkState } from '@keepline/contracts/link';
import type { LinkInput, LinkRules } from './link-state.ts';

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
  /** Whether the disk of the outbox is full now. */
  readonly outboxDiskFull?: () => boolean;
}

/** The link as others see it. */
export interface LinkView {
  readonly state: LinkState;
  /** Wall time of the last change, ms since 1970. */
  readonly sinceMs: number;
  readonly why: string;
  readonly condition?: LinkCondition;
}

/** Evidence from those who use the connection. */
export type LinkEvidence =
  | Extract<LinkInput, { on: 'acknowledged' | 'publish_timeout' | 'advice_answered' | 'advice_timeout' }>
  | { readonly on: 'stream_full' };
