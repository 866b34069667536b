/**
 * Sources that knock at every door: many refused requests in a short time, then silence for a while. Pure but for its table, which is
 * bounded; times are monotonic ms and an argument. Known peers are kept out of it by the caller.
 */

export interface BanRules {
  /** Refused requests that earn a ban. */
  readonly refusals: number;
  readonly withinMs: number;
  readonly forMs: number;
}

/** Sources remembered; beyond it the one that was quiet longest is forgotten. UDP sources can be forged, so the table must not grow. */
export const MAX_SOURCES = 10_000;

interface Entry {
  /** Refusals counted since `sinceMs`. */
  count: number;
  sinceMs: number;
  /** 0 when not banned. */
  bannedUntilMs: number;
}

export class ScannerBan {
  readonly #rules: BanRules;
  readonly #entries = new Map<string, Entry>();
  readonly #max: number;

  constructor(rules: BanRules, max = MAX_SOURCES) {
    this.#rules = rules;
    this.#max = max;
  }

  isBanned(address: string, nowMs: number): boolean {
    return (this.#entries.get(sourceOf(address))?.bannedUntilMs ?? 0) > nowMs;
  }

  /** Counts one refused request. @returns whether it is the one that earned the ban, to be told once */
  refused(address: string, nowMs: number): boolean {
    const key = sourceOf(address);
    const known = this.#entries.get(key);
    const { refusals, withinMs, forMs } = this.#rules;
    const isNew = known === undefined || nowMs - known.sinceMs >= withinMs;
    const entry: Entry = isNew
      ? { count: 1, sinceMs: nowMs, bannedUntilMs: known?.bannedUntilMs ?? 0 }
      : { ...known, count: known.count + 1 };
    const earned = entry.count >= refusals && entry.bannedUntilMs <= nowMs;
    if (earned) Object.assign(entry, { count: 0, sinceMs: nowMs, bannedUntilMs: nowMs + forMs });
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#max) break;
      this.#entries.delete(oldest);
    }
    return earned;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Sources banned now. */
  banned(nowMs: number): number {
    let banned = 0;
    for (const { bannedUntilMs } of this.#entries.values()) if (bannedUntilMs > nowMs) banned++;
    return banned;
  }
}

/** One IPv6 host owns its /64 (RFC 6177), so that is one source; else it would have 2^64 lives. */
function sourceOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const all = [...groups, ...Array<string>(Math.max(8 - groups.length - rest.length, 0)).fill('0'), ...rest];
  return `${all.slice(0, 4).join(':')}::/64`;
}
