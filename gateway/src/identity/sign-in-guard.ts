/**
 * Slows down whoever guesses passwords and codes: failures are counted per name and per source address, and from a number on each one
 * locks. Pure: moments in monotonic ms come in, verdicts go out. State is bounded; `lock-store.ts` keeps that of known names.
 */
export interface Policy {
  /** Attempts until the first lock. */
  readonly attempts: number;
  readonly firstLockMs: number;
  readonly longestLockMs: number;
  /** A tally with no attempt for this long is forgotten. */
  readonly forgetMs: number;
}
/** One lock after the other, all of the length the site has set (MLPS level 3, 8.1.4.1 b). */
export function lockPolicy(attempts: number, lockMs: number): Policy {
  return { attempts, firstLockMs: lockMs, longestLockMs: lockMs, forgetMs: Math.max(86_400_000, 2 * lockMs) };
}
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
  readonly #perName: Policy;
  /** As many as there are accounts; never evicted, so a flood of invented names cannot wash a lock away. */
  readonly #names: Map<string, Tally>;
  readonly #inventedNames = new Map<string, Tally>();
  readonly #sources = new Map<string, Tally>();

  /** @param tallies of known names, from the run before */
  constructor(isKnown: (name: string) => boolean, perName: Policy, tallies: ReadonlyMap<string, Tally> = new Map()) {
    this.#isKnown = isKnown;
    this.#perName = perName;
    this.#names = new Map(tallies);
  }

  /** @returns 0 when the attempt may go on, else the wait in ms. Invented names lock as real ones do. */
  begin(name: string, source: string, nowMs: number): number {
    const names = this.#tallies(name);
    const byName = attempt(names.get(name), nowMs, this.#perName);
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
    this.#takeBack(this.#tallies(name), name, this.#perName);
    this.#takeBack(this.#sources, source);
  }

  /** Of a known name, to be kept on disk. */
  tally(name: string): Tally | undefined {
    return this.#names.get(name);
  }

  isLocked(name: string, nowMs: number): boolean {
    return (this.#tallies(name).get(name)?.lockedUntilMs ?? 0) > nowMs;
  }

  /** Nothing is held against this name any more. */
  unlock(name: string): void {
    this.#tallies(name).delete(name);
  }

  get knownNames(): readonly string[] {
    return [...this.#names.keys()];
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
