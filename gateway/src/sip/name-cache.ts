/**
 * What DNS said, kept no longer than it may be: addresses by their TTL, everything else for a fixed time, "there is none" too (RFC 2308).
 * When no server answers, what was known last is used for up to a day (RFC 8767), so that a dead resolver does not take the trunks along.
 */
import { Resolver } from 'node:dns/promises';
import type { Clock } from '@keepline/contracts/clock';
import type { NaptrRecord, SrvRecord } from './locate.ts';

export interface NameCacheOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** `address` or `address:port`; empty asks the servers of the system. */
  readonly servers: readonly string[];
  /** Patience with one server, ms, doubled for a second try. Default 1000. */
  readonly timeoutMs?: number;
}

/** Names remembered; the one asked for longest ago gives way. A trunk needs about ten. */
const MAX_NAMES = 2000;
/** TTLs outside this are cut to it, s: a TTL of 0 would ask for every call. */
const MIN_TTL = 5;
const MAX_TTL = 3600;
/** The resolver of Node tells no TTL of NAPTR and SRV, so they are kept shortly, s. */
const SERVICE_TTL = 60;
const NEGATIVE_TTL = 30;
/** After a failure what was known is used for this long before it is asked again, s. */
const RETRY_TTL = 15;
const STALE_MS = 24 * 3_600_000;

interface Known {
  readonly records: readonly unknown[];
  readonly heardMs: number;
  untilMs: number;
}

/** "No such name", "no record of this kind": answers as good as any. */
const NONE: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA']);

export class NameCache {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #resolver: Resolver;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<readonly unknown[]>>();

  constructor({ clock, servers, timeoutMs = 1000 }: NameCacheOptions) {
    this.#clock = clock;
    this.#resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
    if (servers.length > 0) this.#resolver.setServers(servers);
  }

  /** Each of these rejects only where no server answered and nothing is known. No record is an empty list. */
  naptr(name: string): Promise<readonly NaptrRecord[]> {
    return this.#find('NAPTR', name, async () => ({ records: await this.#resolver.resolveNaptr(name), ttl: SERVICE_TTL }));
  }

  srv(name: string): Promise<readonly SrvRecord[]> {
    return this.#find('SRV', name, async () => ({ records: await this.#resolver.resolveSrv(name), ttl: SERVICE_TTL }));
  }

  addresses(name: string, family: 4 | 6): Promise<readonly string[]> {
    return this.#find(family === 4 ? 'A' : 'AAAA', name, async () => {
      const found = family === 4 ? await this.#resolver.resolve4(name, { ttl: true }) : await this.#resolver.resolve6(name, { ttl: true });
      const ttl = Math.min(...found.map((record) => record.ttl));
      return { records: found.map(({ address }) => address), ttl: Math.min(MAX_TTL, Math.max(MIN_TTL, ttl)) };
    });
  }

  get size(): number {
    return this.#known.size;
  }

  /** Gives up what is being asked. */
  close(): void {
    this.#resolver.cancel();
    this.#known.clear();
  }

  async #find<T>(kind: string, name: string, ask: () => Promise<{ records: readonly T[]; ttl: number }>): Promise<readonly T[]> {
    const key = `${kind} ${name.toLowerCase()}`;
    const known = this.#known.get(key);
    // A key holds what its own kind of question brought: the cast gives back the type it was kept under.
    if (known !== undefined && this.#clock.monotonicMs() < known.untilMs) return known.records as readonly T[];
    const asking = this.#asking.get(key) ?? this.#ask(key, ask).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return (await asking) as readonly T[];
  }

  async #ask(key: string, ask: () => Promise<{ records: readonly unknown[]; ttl: number }>): Promise<readonly unknown[]> {
    try {
      const { records, ttl } = await ask();
      return this.#keep(key, records, ttl);
    } catch (fault) {
      if (NONE.has((fault as NodeJS.ErrnoException).code)) return this.#keep(key, [], NEGATIVE_TTL);
      const known = this.#known.get(key);
      const nowMs = this.#clock.monotonicMs();
      if (known === undefined || nowMs - known.heardMs > STALE_MS) throw fault;
      known.untilMs = nowMs + RETRY_TTL * 1000;
      return known.records;
    }
  }

  #keep(key: string, records: readonly unknown[], ttl: number): readonly unknown[] {
    const heardMs = this.#clock.monotonicMs();
    this.#known.delete(key);
    this.#known.set(key, { records, heardMs, untilMs: heardMs + ttl * 1000 });
    const oldest = this.#known.size > MAX_NAMES ? this.#known.keys().next().value : undefined;
    if (oldest !== undefined) this.#known.delete(oldest);
    return records;
  }
}
