/**
 * Sessions live on the server: the browser holds 256 random bits, the database their SHA-256. Limits run on monotonic time, so a jump of
 * the wall clock ends nobody's shift. A session knows how far its sign-in has come (`session-stage.ts`).
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import { isPrivileged, type Role } from '@keepline/contracts/roles';
import type { IdentityStore, Log } from './identity-store.ts';
import { type Stage, stageOf } from './session-stage.ts';

const TOKEN_BYTES = 32;
/** How much of the idle time a crash may forget. */
const SEEN_WRITTEN_EVERY_MS = 60_000;
/** How long a proven second factor opens what asks for a fresh one. */
export const FRESH_MS = 600_000;

export interface Session {
  /** Names the session in lists; worthless as a token. */
  readonly id: `ses-${string}`;
  readonly userId: string;
  readonly roles: readonly Role[];
  /** Network address it was opened from. */
  readonly from: string;
  readonly openedAtMs: number;
}
export type SessionEnd = 'signed_in_elsewhere' | 'signed_out' | 'idle' | 'too_long' | 'revoked';

/** What a sign-in has found out. */
export interface SessionStart {
  readonly userId: string;
  readonly roles: readonly Role[];
  readonly from: string;
  readonly mustChangePassword: boolean;
  readonly hasFactor: boolean;
  /** How long ago somebody trusted saw two factors of this person, ms; undefined: nobody did, so it is proven here. */
  readonly provenAgoMs?: number | undefined;
}

interface Live {
  readonly session: Session;
  readonly hash: string;
  /** Monotonic ms. */
  readonly endsAtMs: number;
  readonly openedMonotonicMs: number;
  mustChangePassword: boolean;
  hasFactor: boolean;
  factorProven: boolean;
  /** Monotonic ms of the last proof; undefined after a restart, which makes nobody fresh. */
  factorAtMs: number | undefined;
  seenAtMs: number;
  seenWrittenAtMs: number;
}
interface Row {
  token_sha256: string;
  session_id: `ses-${string}`;
  user_id: string;
  from_address: string;
  opened_at_ms: number;
  seen_at_ms: number;
  must_change: number;
  has_factor: number;
  factor_proven: number;
}

export interface SessionsOptions {
  readonly store: IdentityStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly idleMs: number;
  readonly longestMs: number;
  /** Sessions one person may have at once; agents have one. */
  readonly perUser: number;
  /** A session does not end while this holds: nobody is cut off in the middle of a call. */
  readonly isInCall: (userId: string) => boolean;
}

export class Sessions {
  readonly #o: SessionsOptions;
  readonly #byHash = new Map<string, Live>();
  readonly #bySession = new Map<Session, Live>();
  readonly #listeners = new Set<(session: Session, why: SessionEnd) => void>();

  private constructor(o: SessionsOptions) {
    this.#o = o;
  }

  /** Takes up the sessions of the former run as far as their limits allow. @param rolesOf undefined: this person may no longer come in */
  static async restore(o: SessionsOptions, rolesOf: (userId: string) => readonly Role[] | undefined): Promise<Sessions> {
    const sessions = new Sessions(o);
    const [now, monotonic] = [o.clock.now(), o.clock.monotonicMs()];
    for (const row of await o.store.read.all<Row>('SELECT * FROM user_sessions')) {
      const ageMs = Math.max(0, now - row.opened_at_ms);
      const idleMs = Math.max(0, now - row.seen_at_ms);
      const roles = rolesOf(row.user_id);
      if (roles === undefined || ageMs >= o.longestMs || idleMs >= o.idleMs) {
        await o.store.write((tx) => tx.run('DELETE FROM user_sessions WHERE token_sha256 = ?', row.token_sha256));
        continue;
      }
      sessions.#keep({
        session: { id: row.session_id, userId: row.user_id, roles, from: row.from_address, openedAtMs: row.opened_at_ms },
        hash: row.token_sha256,
        endsAtMs: monotonic - ageMs + o.longestMs,
        openedMonotonicMs: monotonic - ageMs,
        mustChangePassword: row.must_change === 1,
        hasFactor: row.has_factor === 1,
        factorProven: row.factor_proven === 1,
        factorAtMs: undefined,
        seenAtMs: monotonic - idleMs,
        seenWrittenAtMs: monotonic - idleMs,
      });
    }
    return sessions;
  }

  /** A new session with a new token, durable before it is returned. What exceeds the number allowed ends as `signed_in_elsewhere`. */
  async open(start: SessionStart): Promise<{ readonly token: string; readonly session: Session }> {
    const { clock, store, longestMs, perUser } = this.#o;
    const { userId, roles, from, mustChangePassword, provenAgoMs } = start;
    const factorProven = provenAgoMs !== undefined;
    const hasFactor = start.hasFactor || factorProven;
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const session: Session = { id: newId('ses', clock.now()), userId, roles, from, openedAtMs: clock.now() };
    const hash = hashOf(token);
    const others = roles.includes('agent') ? 0 : perUser - 1;
    const progress = [mustChangePassword, hasFactor, factorProven].map(Number);
    await store.write((tx) => tx.run(INSERT, hash, session.id, userId, from, session.openedAtMs, session.openedAtMs, ...progress));
    const nowMs = clock.monotonicMs();
    const former = this.of(userId).toReversed().slice(others);
    const at = { openedMonotonicMs: nowMs, endsAtMs: nowMs + longestMs, seenAtMs: nowMs, seenWrittenAtMs: nowMs };
    const factorAtMs = factorProven ? nowMs - Math.max(0, provenAgoMs) : undefined;
    this.#keep({ session, hash, ...at, mustChangePassword, hasFactor, factorProven, factorAtMs });
    for (const old of former) await this.end(old, 'signed_in_elsewhere');
    return { token, session };
  }

  /** The session this token stands for, marked as used now; undefined for tokens unknown, ended or due to end. */
  find(token: string): Session | undefined {
    const live = this.#byHash.get(hashOf(token));
    return live && this.touch(live.session) ? live.session : undefined;
  }

  /** How far this session has come; a session that is over is at its beginning. */
  stage(session: Session): Stage {
    const live = this.#bySession.get(session);
    return live ? stageOf({ ...live, isPrivileged: isPrivileged(session.roles) }) : 'second_factor';
  }

  /** Whether a second factor was proven here in the last ten minutes. */
  isFresh(session: Session): boolean {
    const at = this.#bySession.get(session)?.factorAtMs;
    return at !== undefined && this.#o.clock.monotonicMs() - at < FRESH_MS;
  }

  /** A second factor was proven, or enrolled, in this session; durable on return. */
  async proven(session: Session): Promise<void> {
    const live = this.#bySession.get(session);
    if (!live) return;
    await this.#o.store.write((tx) =>
      tx.run('UPDATE user_sessions SET has_factor = 1, factor_proven = 1 WHERE token_sha256 = ?', live.hash),
    );
    Object.assign(live, { hasFactor: true, factorProven: true, factorAtMs: this.#o.clock.monotonicMs() });
  }

  async passwordChanged(session: Session): Promise<void> {
    const live = this.#bySession.get(session);
    if (!live) return;
    await this.#o.store.write((tx) => tx.run('UPDATE user_sessions SET must_change = 0 WHERE token_sha256 = ?', live.hash));
    live.mustChangePassword = false;
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
    await this.#o.store.write((tx) => tx.run('DELETE FROM user_sessions WHERE token_sha256 = ?', live.hash));
  }

  /** Sessions whose time is up and whose agent is in no call. */
  due(): Array<{ readonly session: Session; readonly why: 'idle' | 'too_long' }> {
    return [...this.#bySession.values()].flatMap((live) => {
      const why = this.#whyDue(live);
      return why === undefined ? [] : [{ session: live.session, why }];
    });
  }

  /** In the order they were opened. */
  all(): Session[] {
    return [...this.#bySession.keys()];
  }

  of(userId: string): Session[] {
    return this.all().filter((session) => session.userId === userId);
  }

  /** Drops what another process (the command line) has taken out of the table. @returns how many */
  async dropRevoked(): Promise<number> {
    const asOfMs = this.#o.clock.monotonicMs();
    const rows = await this.#o.store.read.all<{ token_sha256: string }>('SELECT token_sha256 FROM user_sessions');
    const kept = new Set(rows.map((row) => row.token_sha256));
    const gone = [...this.#byHash.values()].filter((live) => !kept.has(live.hash) && live.openedMonotonicMs < asOfMs);
    for (const live of gone) this.#drop(live, 'revoked');
    return gone.length;
  }

  onEnd(listener: (session: Session, why: SessionEnd) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #whyDue(live: Live): 'idle' | 'too_long' | undefined {
    const nowMs = this.#o.clock.monotonicMs();
    const why = nowMs >= live.endsAtMs ? 'too_long' : nowMs - live.seenAtMs >= this.#o.idleMs ? 'idle' : undefined;
    return why !== undefined && this.#o.isInCall(live.session.userId) ? undefined : why;
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
      .write((tx) => tx.run('UPDATE user_sessions SET seen_at_ms = ? WHERE token_sha256 = ?', seenAtMs, live.hash))
      .catch((err: unknown) => this.#o.log.warn({ err, user: live.session.userId }, 'the last use of a session was not written'));
  }
}

/** A plain digest suffices: the token has 256 bits of chance, there is nothing to guess. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

const INSERT = `INSERT INTO user_sessions
  (token_sha256, session_id, user_id, from_address, opened_at_ms, seen_at_ms, must_change, has_factor, factor_proven)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
