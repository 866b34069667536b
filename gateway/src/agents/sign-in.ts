/**
 * Signing in and out, each an audited act: the entry is durable before a password is even looked at. Also ends sessions whose time is up.
 */
import type { AuditAct } from '@keepline/contracts/audit-acts';
import type { Clock } from '@keepline/contracts/clock';
import { type AgentId, newId } from '@keepline/contracts/ids';
import type { Log } from './agent-store.ts';
import type { Credentials } from './credentials.ts';
import { SignInLocked, SignInRefused } from './errors.ts';
import type { Session, SessionEnd, Sessions } from './sessions.ts';
import { SignInGuard } from './sign-in-guard.ts';

const LOOK_FOR_DUE_EVERY_MS = 15_000;

export interface ActContext {
  readonly who: string;
  readonly role: string;
  /** Network address the wish came from. */
  readonly from: string;
  readonly object: string;
  readonly purpose: string;
  /** Ties the intent and its outcome together. */
  readonly correlation: string;
}
/** Writes the intent durably, runs, writes the outcome; rejects with what `run` threw, or when the log cannot be written. */
export type Audited = <T>(act: AuditAct, context: ActContext, run: () => Promise<T>) => Promise<T>;

export interface SignInOptions {
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly audited: Audited;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells routing that the agent leaves. @throws KeeplineError while a call is in progress: then the agent stays signed in */
  readonly leave: (agentId: AgentId) => Promise<void>;
}

export class SignIn {
  readonly #o: SignInOptions;
  readonly #guard: SignInGuard;
  readonly #disarm: () => void;

  constructor(o: SignInOptions) {
    this.#o = o;
    this.#guard = new SignInGuard((name) => o.credentials.isAgent(name));
    this.#disarm = o.clock.every(LOOK_FOR_DUE_EVERY_MS, () => void this.endDue());
  }

  /**
   * @param name what was typed as the agent's name
   * @param from network address of the browser
   * @throws SignInLocked, SignInRefused, SignInBusy
   */
  async signIn(name: string, password: string, from: string): Promise<{ readonly token: string; readonly session: Session }> {
    const { audited, credentials, sessions, clock } = this.#o;
    const retryAfterMs = this.#guard.begin(name, from, clock.monotonicMs());
    if (retryAfterMs > 0) throw new SignInLocked(retryAfterMs);
    // people type passwords into the field for the name; what is no agent's name is not written down
    const who = credentials.isAgent(name) ? name : 'unknown';
    const correlation = newId('req', clock.now());
    try {
      const context = { who, role: 'agent', from, object: who, purpose: 'work at the desk', correlation };
      const opened = await audited('agent.sign_in', context, async () => {
        if (!(await credentials.verify(name, password))) throw new SignInRefused();
        return await sessions.open(name);
      });
      this.#guard.succeeded(name, from);
      return opened;
    } catch (fault) {
      if (!(fault instanceof SignInRefused)) this.#guard.undecided(name, from);
      throw fault;
    }
  }

  /** @throws whatever routing refuses with while a call is in progress */
  async signOut(session: Session, from: string): Promise<void> {
    await this.#end(session, 'signed_out', from, () => this.#o.leave(session.agentId));
  }

  /** Ends what is due; a session that cannot be ended now is tried again at the next look, and opens nothing meanwhile. */
  async endDue(): Promise<void> {
    for (const { session, why } of this.#o.sessions.due()) {
      try {
        await this.#end(session, why, 'site', async () => {});
      } catch (err) {
        this.#o.log.error({ err, agent: session.agentId }, 'a session that is over could not be ended');
      }
    }
  }

  close(): void {
    this.#disarm();
  }

  async #end(session: Session, why: SessionEnd, from: string, before: () => Promise<void>): Promise<void> {
    const { agentId, role } = session;
    const correlation = newId('req', this.#o.clock.now());
    await this.#o.audited('agent.sign_out', { who: agentId, role, from, object: agentId, purpose: why, correlation }, async () => {
      await before();
      await this.#o.sessions.end(session, why);
    });
  }
}
