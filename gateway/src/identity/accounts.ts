/**
 * What administrators do to the accounts and sessions of others, each an audited act. Nobody administers their own account; a change of
 * rights ends the sessions that ran under the old ones. Who may do what stands in `contracts/src/roles.ts` and is asked for at the door.
 */
import type { AuditAct } from '@keepline/contracts/audit-acts';
import type { Clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import { ADMINISTRATORS, type Role } from '@keepline/contracts/roles';
import type { Credentials } from './credentials.ts';
import type { Account, Directory } from './directory.ts';
import { AdministratorsExist, OwnAccountRefused, SessionUnknown } from './errors.ts';
import type { FactorStore } from './factor-store.ts';
import type { Actor, Audited } from './identity-store.ts';
import type { Session, Sessions } from './sessions.ts';

export interface AccountsOptions {
  readonly directory: Directory;
  readonly credentials: Credentials;
  readonly factors: FactorStore;
  /** Of this process; the command line has those of the table instead. */
  readonly sessions: Pick<Sessions, 'all' | 'of' | 'end'>;
  readonly locks: { isLocked(account: Account): boolean; unlock(userId: string): Promise<void> };
  readonly audited: Audited;
  readonly clock: Clock;
  readonly enrolmentLifeMs: number;
}
export interface Enrolment {
  readonly user: string;
  /** Shown once; the hash of it is all that is kept. */
  readonly code: string;
}
export interface AccountState extends Account {
  readonly isLocked: boolean;
  readonly hasFactor: boolean;
}

export class Accounts {
  readonly #o: AccountsOptions;

  constructor(o: AccountsOptions) {
    this.#o = o;
  }

  /** The first-run ceremony: three administrators, one each, with a code each. @throws AdministratorsExist, UserExists, UserNameInvalid */
  async init(actor: Actor, names: readonly [string, string, string]): Promise<Enrolment[]> {
    const { directory } = this.#o;
    if (directory.all().some(({ roles }) => ADMINISTRATORS.some((role) => roles.includes(role)))) throw new AdministratorsExist();
    const made: Enrolment[] = [];
    for (const [i, role] of ADMINISTRATORS.entries()) {
      const user = names[i] ?? '';
      await this.#act('user.create', actor, user, `first administrators: ${role}`, () => directory.create(user, user, [role]));
      made.push(await this.#enrol(user));
    }
    return made;
  }

  async list(actor: Actor): Promise<AccountState[]> {
    const { directory, factors, locks } = this.#o;
    return this.#act('user.list', actor, '', '', () =>
      Promise.all(
        directory
          .all()
          .map(async (account) => ({ ...account, isLocked: locks.isLocked(account), hasFactor: await factors.has(account.id) })),
      ),
    );
  }

  /**
   * An account without any right, and the code its owner begins with. @param person whose further account it is; '' when they have no other
   * @throws UserExists, UserNameInvalid, UserLimit
   */
  async create(actor: Actor, user: string, name: string, person = ''): Promise<Enrolment> {
    await this.#act('user.create', actor, user, '', () => this.#o.directory.create(user, name, [], { person }));
    return this.#enrol(user);
  }

  /** Says that this account belongs to the person of another one, so that the two never make four eyes. */
  async setPerson(actor: Actor, user: string, person: string): Promise<void> {
    this.#notOwn(actor, user);
    await this.#act('user.roles', actor, user, 'person', () => this.#o.directory.setPerson(user, person));
  }

  /** @throws RolesConflict, RoleFixed, UserUnknown, OwnAccountRefused */
  async setRoles(actor: Actor, user: string, roles: readonly Role[]): Promise<void> {
    this.#notOwn(actor, user);
    await this.#act('user.roles', actor, user, roles.join(' '), async () => {
      await this.#o.directory.setRoles(user, roles);
      await this.#endAll(user);
    });
  }

  async setDisabled(actor: Actor, user: string, isDisabled: boolean): Promise<void> {
    this.#notOwn(actor, user);
    await this.#act(isDisabled ? 'user.disable' : 'user.enable', actor, user, '', async () => {
      await this.#o.directory.setDisabled(user, isDisabled);
      if (isDisabled) await this.#endAll(user);
    });
  }

  async unlock(actor: Actor, user: string): Promise<void> {
    const { id } = this.#o.directory.get(user);
    this.#notOwn(actor, user);
    await this.#act('user.unlock', actor, id, '', () => this.#o.locks.unlock(id));
  }

  /** Takes password, second factors and sessions away and gives a new code. */
  async reset(actor: Actor, user: string): Promise<Enrolment> {
    const { id } = this.#o.directory.get(user);
    this.#notOwn(actor, user);
    return this.#act('user.reset', actor, id, '', async () => {
      await this.#o.factors.reset(id);
      await this.#endAll(id);
      await this.#o.locks.unlock(id);
      return this.#enrol(id);
    });
  }

  async sessions(actor: Actor): Promise<Session[]> {
    return this.#act('session.list', actor, '', '', async () => this.#o.sessions.all());
  }

  /** @param mayEndOthers false: only sessions of the actor are there at all. @throws SessionUnknown */
  async endSession(actor: Actor, sessionId: string, mayEndOthers: boolean): Promise<void> {
    const session = this.#o.sessions.all().find(({ id, userId }) => id === sessionId && (mayEndOthers || userId === actor.who));
    if (!session) throw new SessionUnknown();
    await this.#act('session.revoke', actor, session.userId, '', () => this.#o.sessions.end(session, 'revoked'));
  }

  /** @returns how many ended */
  async endSessionsOf(actor: Actor, user: string): Promise<number> {
    const { id } = this.#o.directory.get(user);
    return this.#act('session.revoke', actor, id, 'all sessions', () => this.#endAll(id));
  }

  async #enrol(user: string): Promise<Enrolment> {
    return { user, code: await this.#o.credentials.issueEnrolmentCode(user, this.#o.enrolmentLifeMs) };
  }

  async #endAll(user: string): Promise<number> {
    const open = this.#o.sessions.of(user);
    for (const session of open) await this.#o.sessions.end(session, 'revoked');
    return open.length;
  }

  #notOwn(actor: Actor, user: string): void {
    if (actor.who === user) throw new OwnAccountRefused();
  }

  #act<T>(act: AuditAct, actor: Actor, object: string, purpose: string, run: () => Promise<T>): Promise<T> {
    // a name that is none of ours may be anything: it is refused inside, and not written down
    const named = /^[a-z][a-z0-9._-]{0,47}$/.test(object) ? object : '';
    return this.#o.audited(act, { ...actor, object: named, purpose, correlation: newId('req', this.#o.clock.now()) }, run);
  }
}
