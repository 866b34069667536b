/**
 * Sessions live on the server: the browser holds 256 random bits, the database their SHA-256. One session per agent; opening another
 * ends the former. Limits run on monotonic time, so a jump of the wall clock ends nobody's shift.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '@keepline/contracts/clock';
import type { AgentId } from '@keepline/contracts/ids';
import type { AgentStore, Log } from './agent-store.ts';

const TOKEN_BYTES = 32;
/** How much of the idle time a crash may forget. */
const SEEN_WRITTEN_EVERY_MS = 60_000;

export interface Session {
  readonly agentId: AgentId;
  readonly role: 'agent';
  readonly openedAtMs: number;
}
export type SessionEnd = 'signed_in_elsewhere' | 'signed_out' | 'idle' | 'too_long' | 'revoked';

interface Live {
  readonly session: Session;
  readonly hash: string;
  /** Monotonic ms. */
  readonly endsAtMs: number;
  seenAtMs: number;
  seenWrittenAtMs: number;
}
interface Row {
  token_sha256: string;
  agent_id: string;
  role: string;
  opened_at_ms: number;
  seen_at_ms: number;
}

export interface SessionLimits {
  readonly idleMs: number;
  readonly longestMs: number;
}
export interface SessionsOptions extends SessionLimits {
  readonly store: AgentStore;
  readonly clock: Clock;
  readonly log: Log;
  /** A session does not end while this holds: nobody is cut off in the middle of a call. */
  readonly isInCall: (agentId: AgentId) => boolean;
}

export class Sessions {
  readonly #o: SessionsOptions;
  readonly #byHash = new Map<string, Live>();
  readonly #bySession = new Map<Session, Live>();
  readonly #listeners = new Set<(session: Session, why: SessionEnd) => void>();

  private constructor(o: SessionsOptions) {
    this.#o = o;
  }

  /** Takes up the sessions of the former run, of agents that still work here, as far as their limits allow. */
  static async restore(o: SessionsOptions, isAgent: (agentId: AgentId) => boolean): Promise<Sessions> {
    const sessions = new Sessions(o);
    const [now, monotonic] = [o.clock.now(), o.clock.monotonicMs()];
    for (const row of await o.store.read.all<Row>('SELECT * FROM agent_sessions')) {
      const ageMs = Math.max(0, now - row.opened_at_ms);
      const idleMs = Math.max(0, now - row.seen_at_ms);
      if (!isAgent(row.agent_id) || ageMs >= o.longestMs || idleMs >= o.idleMs) {
        await o.store.write((tx) => tx.run('DELETE FROM agent_sessions WHERE token_sha256 = ?', row.token_sha256));
        continue;
      }
      sessions.#keep({
        session: { agentId: row.agent_id, role: 'agent', openedAtMs: row.opened_at_ms },
        hash: row.token_sha256,
        endsAtMs: monotonic - ageMs + o.longestMs,
        seenAtMs: monotonic - idleMs,
        seenWrittenAtMs: monotonic - idleMs,
      });
    }
    return sessions;
  }

  /** A new session with a new token, durable before it is returned. The agent's former session ends as `signed_in_elsewhere`. */
  async open(agentId: AgentId): Promise<{ readonly token: string; readonly session: Session }> {
    const { clock, store, longestMs } = this.#o;
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const session: Session = { agentId, role: 'agent', openedAtMs: clock.now() };
    const hash = hashOf(token);
    await store.write(async (tx) => {
      await tx.run('DELETE FROM agent_sessions WHERE agent_id = ?', agentId);
      const insert = 'INSERT INTO agent_sessions (token_sha256, agent_id, role, opened_at_ms, seen_at_ms) VALUES (?, ?, ?, ?, ?)';
      await tx.run(insert, hash, agentId, session.role, session.openedAtMs, session.openedAtMs);
    });
    const nowMs = clock.monotonicMs();
    for (const former of this.#of(agentId)) this.#drop(former, 'signed_in_elsewhere');
    this.#keep({ session, hash, endsAtMs: nowMs + longestMs, seenAtMs: nowMs, seenWrittenAtMs: nowMs });
    return { token, session };
  }

  /** The session this token stands for, marked as used now; undefined for tokens unknown, ended or due to end. */
  find(token: string): Session | undefined {
    const live = this.#byHash.get(hashOf(token));
    return live && this.touch(live.session) ? live.session : undefined;
  }

  /** Marks a session as used now. @returns false when it is over */
  touch(session: Session): boolean {
    const live = this.#bySession.get(session);
    if (!live || this.#whyDue(live) !== undefined) return false;
    live.seenAtMs = this.#o.clock.monotonicMs();
    if (live.seenAtMs - live.seenWrittenAtMs >= SEEN_WRITTEN_EVERY_MS) this.#writeSeen(live);
    return true;
  }

  /** Ends a session now; its token is worthless from here on, even if the database cannot be written. */
  async end(session: Session, why: SessionEnd): Promise<void> {
    const live = this.#bySession.get(session);
    if (!live) return;
    this.#drop(live, why);
    await this.#o.store.write((tx) => tx.run('DELETE FROM agent_sessions WHERE token_sha256 = ?', live.hash));
  }

  /** Sessions whose time is up and whose agent is in no call. */
  due(): Array<{ readonly session: Session; readonly why: 'idle' | 'too_long' }> {
    return [...this.#bySession.values()].flatMap((live) => {
      const why = this.#whyDue(live);
      return why === undefined ? [] : [{ session: live.session, why }];
    });
  }

  onEnd(listener: (session: Session, why: SessionEnd) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #whyDue(live: Live): 'idle' | 'too_long' | undefined {
    const nowMs = this.#o.clock.monotonicMs();
    const why = nowMs >= live.endsAtMs ? 'too_long' : nowMs - live.seenAtMs >= this.#o.idleMs ? 'idle' : undefined;
    return why !== undefined && this.#o.isInCall(live.session.agentId) ? undefined : why;
  }

  #of(agentId: AgentId): Live[] {
    return [...this.#bySession.values()].filter((live) => live.session.agentId === agentId);
  }

  #keep(live: Live): void {
    this.#byHash.set(live.hash, live);
    this.#bySession.set(live.session, live);
  }

  #drop(live: Live, why: SessionEnd): void {
    this.#byHash.delete(live.hash);
    this.#bySession.delete(live.session);
    for (const listener of this.#listeners) listener(live.session, why);
  }

  #writeSeen(live: Live): void {
    live.seenWrittenAtMs = live.seenAtMs;
    const seenAtMs = this.#o.clock.now();
    this.#o.store
      .write((tx) => tx.run('UPDATE agent_sessions SET seen_at_ms = ? WHERE token_sha256 = ?', seenAtMs, live.hash))
      .catch((err: unknown) => this.#o.log.warn({ err, agent: live.session.agentId }, 'the last use of a session was not written'));
  }
}

/** A plain digest suffices: the token has 256 bits of chance, there is nothing to guess. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
