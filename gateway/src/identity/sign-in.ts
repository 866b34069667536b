/**
 * Signing in and out, each an audited act: the entry is durable before a password is even looked at. Also ends sessions whose time is up,
 * and takes up every 15 s what the command line changed: accounts, unlocking, revoked sessions.
 */
import type { Clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import { isPrivileged, type Role } from '@keepline/contracts/roles';
import type { Credentials } from './credentials.ts';
import { type Account, type AccountSource, type Directory, leadingRole } from './directory.ts';
import { SignInLocked, SignInRefused, SignInSourceRefused } from './errors.ts';
import type { Audited, Log } from './identity-store.ts';
import type { LockStore } from './lock-store.ts';
import { isChangeDue, type PasswordPolicy } from './password-policy.ts';
import type { Session, SessionEnd, Sessions } from './sessions.ts';
import { lockPolicy, SignInGuard } from './sign-in-guard.ts';
import { roleKeptOut, type SourceLimit } from './sign-in-source.ts';

/** A directory of the bank that knows people by name and password. */
export interface OutsideDirectory {
  readonly source: Exclude<AccountSource, 'local'>;
  /** The roles its groups give; undefined when there is no such person or the password is wrong. @throws DirectoryUnavailable, RolesConflict */
  verify(name: string, password: string): Promise<readonly Role[] | undefined>;
}

/** Somebody an identity provider has vouched for. */
export interface Vouched {
  readonly name: string;
  readonly roles: readonly Role[];
  /** How long ago it saw two factors of them, ms; undefined: it did not say so. */
  readonly provenAgoMs: number | undefined;
}

const LOOK_EVERY_MS = 15_000;

export interface SignInOptions {
  readonly directory: Directory;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  /** Asked about names that are none of this site, and about agents. */
  readonly outside: OutsideDirectory | undefined;
  readonly locks: LockStore;
  readonly policy: PasswordPolicy;
  readonly lockAfterFailures: number;
  readonly lockMs: number;
  readonly sources: readonly SourceLimit[];
  /** Whether this account has a second factor. */
  readonly hasFactor: (userId: string) => Promise<boolean>;
  readonly audited: Audited;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells routing that the agent leaves. @throws KeeplineError while a call is in progress: then the agent stays signed in */
  readonly leave: (userId: string) => Promise<void>;
}

export class SignIn {
  readonly #o: SignInOptions;
  readonly #guard: SignInGuard;
  readonly #disarm: () => void;
  /** Names whose tally is not on disk yet. */
  readonly #beingTried = new Set<string>();
  #looking: Promise<void> | undefined;

  private constructor(o: SignInOptions, guard: SignInGuard) {
    this.#o = o;
    this.#guard = guard;
    this.#disarm = o.clock.every(LOOK_EVERY_MS, () => {
      this.#looking ??= this.look().finally(() => (this.#looking = undefined));
    });
  }

  /** Locks of the run before go on. */
  static async start(o: SignInOptions): Promise<SignIn> {
    const isKnown = (name: string): boolean => o.directory.find(name) !== undefined;
    return new SignIn(o, new SignInGuard(isKnown, lockPolicy(o.lockAfterFailures, o.lockMs), await o.locks.load(o.lockMs)));
  }

  /**
   * @param name what was typed as the name
   * @param from network address of the browser
   * @throws SignInLocked, SignInRefused, SignInSourceRefused, SignInBusy
   */
  async signIn(name: string, password: string, from: string): Promise<{ readonly token: string; readonly session: Session }> {
    const { audited, credentials, clock, directory, policy, sessions } = this.#o;
    await directory.refresh(); // for every name alike: the console may have made, changed or disabled this account a moment ago
    const account = directory.find(name);
    // people type passwords into the field for the name; what is no name of ours is not written down
    const who = account?.id ?? 'unknown';
    const role = account ? leadingRole(account.roles) : 'none';
    const context = { who, role, from, object: who, purpose: 'sign in', correlation: newId('req', clock.now()) };
    return this.guarded(name, from, role, () =>
      audited('agent.sign_in', context, async () => {
        const isKnown = account !== undefined && !account.isDisabled && account.source === 'local';
        const verified = await credentials.verify(name, password, isKnown);
        const person = verified ? account : await this.#vouched(name, password, account, from);
        if (!person) throw new SignInRefused();
        const { id, roles } = person;
        this.#mayComeFrom(roles, from);
        const isDue = verified !== undefined && isChangeDue(verified, { isPrivileged: isPrivileged(roles) }, clock.now(), policy);
        const hasFactor = await this.#o.hasFactor(id);
        return sessions.open({ userId: id, roles, from, mustChangePassword: isDue, hasFactor });
      }),
    );
  }

  /**
   * A session for somebody an identity provider vouches for, under the same lock-out and source limits.
   * @throws SignInLocked, SignInRefused, SignInSourceRefused, RolesConflict
   */
  async vouchedIn({ name, roles, provenAgoMs }: Vouched, from: string): Promise<{ readonly token: string; readonly session: Session }> {
    const { audited, clock, directory, sessions } = this.#o;
    await directory.refresh();
    const account = directory.find(name);
    const role = leadingRole(account?.roles ?? roles);
    const context = { who: name, role, from, object: name, purpose: 'sign in by oidc', correlation: newId('req', clock.now()) };
    return this.guarded(name, from, role, () =>
      audited('agent.sign_in', context, async () => {
        if (!mayBeVouched(account, 'oidc')) throw new SignInRefused();
        const person = await this.#admitted(name, account, 'oidc', roles, from);
        if (!person) throw new SignInRefused();
        this.#mayComeFrom(person.roles, from);
        const hasFactor = await this.#o.hasFactor(person.id);
        return sessions.open({ userId: person.id, roles: person.roles, from, mustChangePassword: false, hasFactor, provenAgoMs });
      }),
    );
  }

  /** The account of somebody the directory of the settings vouches for. */
  async #vouched(name: string, password: string, account: Account | undefined, from: string): Promise<Account | undefined> {
    const { outside } = this.#o;
    if (!outside || !mayBeVouched(account, outside.source)) return undefined;
    const roles = await outside.verify(name, password);
    return roles === undefined ? undefined : this.#admitted(name, account, outside.source, roles, from);
  }

  /** Makes the account at its first sign-in and takes up changed roles, which end the sessions under the old ones. An agent's are this site's. */
  async #admitted(
    name: string,
    account: Account | undefined,
    source: Exclude<AccountSource, 'local'>,
    roles: readonly Role[],
    from: string,
  ): Promise<Account | undefined> {
    const { audited, clock, directory, sessions } = this.#o;
    if (account?.origin === 'site') return account;
    if (roles.length === 0) return undefined;
    if (account && roles.length === account.roles.length && roles.every((role) => account.roles.includes(role))) return account;
    const context = { who: name, role: leadingRole(roles), from, object: name, correlation: newId('req', clock.now()) };
    await audited(account ? 'user.roles' : 'user.create', { ...context, purpose: `${source}: ${roles.join(' ')}` }, async () => {
      await directory.vouched(name, source, roles);
      for (const old of sessions.of(name)) await sessions.end(old, 'revoked');
    });
    return directory.get(name);
  }

  #mayComeFrom(roles: readonly Role[], from: string): void {
    const keptOut = roleKeptOut(roles, from, this.#o.sources);
    if (keptOut !== undefined) throw new SignInSourceRefused(keptOut);
  }

  /**
   * Runs a proof of identity under the lock-out: what `prove` refuses counts as a failure of this name and address.
   * @throws SignInLocked, or what `prove` throws
   */
  async guarded<T>(name: string, from: string, role: string, prove: () => Promise<T>): Promise<T> {
    const { clock, directory, locks } = this.#o;
    const retryAfterMs = this.#guard.begin(name, from, clock.monotonicMs());
    if (retryAfterMs > 0) throw new SignInLocked(retryAfterMs);
    const isKnown = directory.find(name) !== undefined;
    const willLock = this.#guard.isLocked(name, clock.monotonicMs());
    try {
      if (isKnown) {
        this.#beingTried.add(name);
        await locks.save(name, this.#guard.tally(name)); // before the proof: who pulls the plug gains no attempt
      }
      const proven = await prove();
      this.#guard.succeeded(name, from);
      if (isKnown) await locks.save(name, undefined);
      return proven;
    } catch (fault) {
      if (!isRefusal(fault)) {
        this.#guard.undecided(name, from);
        if (isKnown) await locks.save(name, this.#guard.tally(name));
      } else if (willLock && isKnown) {
        const context = { who: name, role, from, object: name, purpose: 'too many failures', correlation: newId('req', clock.now()) };
        await this.#o.audited('user.lock', context, async () => {});
      }
      throw fault;
    } finally {
      this.#beingTried.delete(name);
    }
  }

  /** Takes a lock away, now and on disk. */
  async unlock(userId: string): Promise<void> {
    this.#guard.unlock(userId);
    await this.#o.locks.save(userId, undefined);
  }

  isLocked(account: Pick<Account, 'id'>): boolean {
    return this.#guard.isLocked(account.id, this.#o.clock.monotonicMs());
  }

  /** @throws whatever routing refuses with while a call is in progress */
  async signOut(session: Session, from: string): Promise<void> {
    await this.#end(session, 'signed_out', from, () => this.#leave(session));
  }

  /** Ends what is due; a session that cannot be ended now is tried again at the next look, and opens nothing meanwhile. */
  async endDue(): Promise<void> {
    for (const { session, why } of this.#o.sessions.due()) {
      try {
        await this.#end(session, why, 'site', async () => {});
      } catch (err) {
        this.#o.log.error({ err, user: session.userId }, 'a session that is over could not be ended');
      }
    }
  }

  /** What happened meanwhile: time, and the command line. */
  async look(): Promise<void> {
    await this.endDue();
    const { directory, locks, log, sessions } = this.#o;
    try {
      await directory.refresh();
      await sessions.dropRevoked();
      const held = await locks.locked();
      for (const name of this.#guard.knownNames) if (!held.has(name) && !this.#beingTried.has(name)) this.#guard.unlock(name);
    } catch (err) {
      log.warn({ err }, 'changes of accounts from outside could not be looked at');
    }
  }

  /** Resolves when nothing of this asks the store any more. */
  async close(): Promise<void> {
    this.#disarm();
    await this.#looking;
  }

  async #leave(session: Session): Promise<void> {
    if (session.roles.includes('agent')) await this.#o.leave(session.userId);
  }

  async #end(session: Session, why: SessionEnd, from: string, before: () => Promise<void>): Promise<void> {
    const { userId, roles } = session;
    const correlation = newId('req', this.#o.clock.now());
    const context = { who: userId, role: leadingRole(roles), from, object: userId, purpose: why, correlation };
    await this.#o.audited('agent.sign_out', context, async () => {
      await before();
      await this.#o.sessions.end(session, why);
    });
  }
}

/**
 * An account made here is vouched for by nobody else, so that nobody who may write in a directory becomes an administrator made here, and so
 * that it works while the directory is away.
 */
const mayBeVouched = (account: Account | undefined, source: Exclude<AccountSource, 'local'>): boolean =>
  !account || (!account.isDisabled && (account.origin === 'site' || account.source === source));

/** A verdict against whoever tries; anything else (busy, disk) came to no verdict. A right password from a wrong network is no guess. */
const REFUSALS: ReadonlySet<string> = new Set(['SIGN_IN_REFUSED', 'SECOND_FACTOR_REFUSED', 'CURRENT_PASSWORD_WRONG']);
const isRefusal = (fault: unknown): boolean => fault instanceof Error && REFUSALS.has(fault.name);
