/** Whether a trunk lives, from what its OPTIONS and calls came to: down after a few faults in a row, up again after more successes. Pure. */
export interface TrunkHealth {
  /** `unknown` until the first answer or fault counts; calls are tried. */
  readonly at: 'unknown' | 'up' | 'down';
  /** Results in a row that speak against `at`. */
  readonly against: number;
}

/** Faults in a row that take a trunk out: one lost datagram is none. */
export const DOWN_AFTER = 2;
/** Answers in a row that bring it back, so that a flapping way is not tried with every call. */
export const UP_AFTER = 3;

export const NEW_TRUNK: TrunkHealth = { at: 'unknown', against: 0 };

/** @param isGood the far end answered with anything that is no fault of the way (RFC 3261 §11: even a 404 says it lives) */
export function stepHealth(health: TrunkHealth, isGood: boolean): TrunkHealth {
  if (health.at === 'unknown' && isGood) return { at: 'up', against: 0 };
  if (health.at !== 'unknown' && isGood === (health.at === 'up')) return health.against === 0 ? health : { ...health, against: 0 };
  const against = health.against + 1;
  if (isGood) return against >= UP_AFTER ? { at: 'up', against: 0 } : { ...health, against };
  return against >= DOWN_AFTER && health.at !== 'down' ? { at: 'down', against: 0 } : { ...health, against };
}

/** Whether an answer to OPTIONS speaks for the trunk. */
export const speaksFor = (answer: { readonly status: number } | 'timeout' | 'transport'): boolean =>
  typeof answer !== 'string' && answer.status !== 408 && answer.status < 500;
