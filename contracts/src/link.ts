/** The cloud link as everyone on the site speaks of it. */
export type LinkState = 'up' | 'suspect' | 'down' | 'probing';

export interface LinkStatus {
  readonly state: LinkState;
  /** Wall time of the last change, ms since 1970. */
  readonly sinceMs: number;
  /** Short machine-readable cause, such as `heartbeats_missed`. */
  readonly why: string;
  /** Events waiting in the outbox. */
  readonly backlog: number;
  /** Age of the oldest waiting event, ms; 0 when none waits. */
  readonly oldestUnsentMs: number;
}

/** What agents are told is missing while the link is not `up`; keys of the texts of the desk. */
export const CLOUD_FEATURES = ['advice', 'analytics'] as const;
