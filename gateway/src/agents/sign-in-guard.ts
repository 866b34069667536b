/**
 * Slows down whoever guesses passwords: failures are counted per name and per source address, and from a number on each one locks for
 * twice as long. Pure: moments in monotonic ms come in, verdicts go out. State is bounded and lost with the process.
 */
export interface Policy {
  /** Attempts until the first lock. */
  readonly attempts: number;
  readonly firstLockMs: number;
  readonly longestLockMs: number;
  /** A tally with no attempt for this long is forgotten. */
  readonly forgetMs: number;
}
/** Fifteen minutes at most: long enough to make guessing hopeless, short enough that malice cannot keep a colleague out for the day. */
export const PER_NAME: Policy = { attempts: 5, firstLockMs: 30_000, longestLockMs: 900_000, forgetMs: 86_400_000 };
/** Wider: many agents may share one address behind a terminal server. */
export const PER_SOURCE: Policy = { attempts: 30, firstLockMs: 30_000, longestLockMs: 900_000, forgetMs: 3_600_000 };
/** Names that nobody has, and addresses, remembered at most; the one unused for longest goes first. */
export const TALLIES_MAX = 10_000;

export interface Tally {
  readonly failures: number;
  readonly lastMs: number;
  readonly lockedUntilMs: number;
}
export type Verdict = { readonly allowed: true; readonly after: Tally } | { readonly allowed: false; readonly retryAfterMs: number };

/**
 * May this attempt go on? It is counted as failed at once and taken back on success, so that attempts made side by side cannot all pass
 * before the first has failed. A refused one does not lengthen the lock.
 */
export function attempt(before: Tally | undefined, nowMs: number, policy: Policy): Verdict {
  const known = before && nowMs - before.lastMs < policy.forgetMs ? before : undefined;
  if (known && nowMs < known.lockedUntilMs) return { allowed: false, retryAfterMs: known.lockedUntilMs - nowMs };
  const failures = (known?.failures ?? 0) + 1;
  const over = failures - policy.attempts;
  const lockMs = over < 0 ? 0 : Math.min(policy.firstLockMs * 2 ** Math.min(over, 30), policy.longestLockMs);
  return { allowed: true, after: { failures, lastMs: nowMs, lockedUntilMs: nowMs + lockMs } };
}

/** Takes one attempt back that turned out right; failures of others from the same source stay counted. */
export function forgive(tally: Tally, policy: Policy): Tally | undefined {
  const failures = tally.failures - 1;
  if (failures <= 0) return undefined;
  return { ...tally, failures, lockedUntilMs: failures < policy.attempts ? 0 : tally.lockedUntilMs };
}

export class SignInGuard {
  readonly #isKnown: (name: string) => boolean;
  /** As many as there are agents; never evicted, so a flood of invented names cannot wash a lock away. */
  readonly #names = new Map<string, Tally>();
  readonly #inventedNames = new Map<string, Tally>();
  readonly #sources = new Map<string, Tally>();

  constructor(isKnown: (name: string) => boolean) {
    this.#isKnown = isKnown;
  }

  /** @returns 0 when the attempt may go on, else the wait in ms. Invented names lock as real ones do. */
  begin(name: string, source: string, nowMs: number): number {
    const names = this.#tallies(name);
    const byName = attempt(names.get(name), nowMs, PER_NAME);
    const bySource = attempt(this.#sources.get(source), nowMs, PER_SOURCE);
    if (!byName.allowed || !bySource.allowed) {
      return Math.max(byName.allowed ? 0 : byName.retryAfterMs, bySource.allowed ? 0 : bySource.retryAfterMs);
    }
    keep(names, name, byName.after);
    keep(this.#sources, source, bySource.after);
    return 0;
  }

  succeeded(name: string, source: string): void {
    this.#tallies(name).delete(name);
    this.#takeBack(this.#sources, source);
  }

  /** The attempt came to no verdict (busy, database): it does not count. */
  undecided(name: string, source: string): void {
    this.#takeBack(this.#tallies(name), name, PER_NAME);
    this.#takeBack(this.#sources, source);
  }

  get size(): number {
    return this.#names.size + this.#inventedNames.size + this.#sources.size;
  }

  #takeBack(tallies: Map<string, Tally>, key: string, policy = PER_SOURCE): void {
    const tally = tallies.get(key);
    const left = tally && forgive(tally, policy);
    if (left) tallies.set(key, left);
    else tallies.delete(key);
  }

  #tallies(name: string): Map<string, Tally> {
    return this.#isKnown(name) ? this.#names : this.#inventedNames;
  }
}

function keep(tallies: Map<string, Tally>, key: string, tally: Tally): void {
  tallies.delete(key); // a Map keeps the order of insertion: the first key is the one unused for longest
  tallies.set(key, tally);
  const [oldest] = tallies.keys();
  if (tallies.size > TALLIES_MAX && oldest !== undefined) tallies.delete(oldest);
}
