/**
 * Whether the site takes one more call, pure: a bound on the calls in progress, and a judgement of how hard the parts of the gateway breathe.
 * Strain must last before calls are refused, and calm must last before they are taken again, so that the door does not flutter.
 */

/** What was measured since the last look. */
export interface Strain {
  /** How late the main thread came to its turns, 90th percentile, ms. */
  readonly loopDelayMs: number;
  /** Latest turn of the worst RTP thread, ms. */
  readonly edgeLateMs: number;
  /** How full the queue of the recording that waits longest for the disk is, percent. */
  readonly recorderQueuePercent: number;
}
export type StrainName = keyof Strain;
/** From where on each is too much; above 0. */
export type StrainLimits = Strain;

export interface Admission {
  /** What calls are refused for; null while they are taken. */
  readonly shedding: StrainName | null;
  /** Looks in a row that speak for a change. */
  readonly looks: number;
}

export const TAKING_CALLS: Admission = { shedding: null, looks: 0 };

/** Strained looks in a row before calls are refused: one pause of the memory manager or of a disk is not overload. */
export const STRAINED_LOOKS = 3;
/** Calm looks in a row before calls are taken again. */
export const CALM_LOOKS = 5;
/** Calm is below this share of every limit: taking calls again brings load back. */
export const CALM_SHARE = 0.5;

/** The next state after a look. */
export function look({ shedding, looks }: Admission, strain: Strain, limits: StrainLimits): Admission {
  const [worst, pressure] = worstOf(strain, limits);
  if (shedding === null) {
    if (pressure < 1) return TAKING_CALLS;
    return looks + 1 >= STRAINED_LOOKS ? { shedding: worst, looks: 0 } : { shedding: null, looks: looks + 1 };
  }
  if (pressure > CALM_SHARE) return { shedding: pressure < 1 ? shedding : worst, looks: 0 };
  return looks + 1 >= CALM_LOOKS ? TAKING_CALLS : { shedding, looks: looks + 1 };
}

export type Refused = 'too_many_calls' | 'overloaded';

/** Why a new call cannot be taken; null when it can. Calls in progress are never asked. */
export function refusalFor({ shedding }: Admission, callsInProgress: number, maxCalls: number): Refused | null {
  if (callsInProgress >= maxCalls) return 'too_many_calls';
  return shedding === null ? null : 'overloaded';
}

/** The part nearest to, or farthest beyond, its limit, as a share of the limit. */
function worstOf(strain: Strain, limits: StrainLimits): readonly [name: StrainName, share: number] {
  const shares = NAMES.map((name) => [name, strain[name] / limits[name]] as const);
  return shares.reduce((worst, one) => (one[1] > worst[1] ? one : worst));
}

const NAMES = ['loopDelayMs', 'edgeLateMs', 'recorderQueuePercent'] as const satisfies readonly StrainName[];
