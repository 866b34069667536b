/**
 * The accounts of a site: agents from `site.yaml`, all others (and further roles of agents) from the table `users`. Kept in memory, at
 * most `USERS_MAX` rows; `refresh` takes up what the command line has changed meanwhile.
 */
import type { Clock } from '@keepline/contracts/clock';
import { conflictIn, isPrivileged, isRole, type Role } from '@keepline/contracts/roles';
import { RoleFixed, RolesConflict, UserExists, UserLimit, UserNameInvalid, UserUnknown } from './errors.ts';
import type { IdentityStore } from './identity-store.ts';

/** Accounts beside the agents of the site file. */
export const USERS_MAX = 5000;
const NAME = /^[a-z][a-z0-9._-]{0,47}$/;

export interface Account {
  readonly id: string;
  /** Shown name. */
  readonly name: string;
  readonly roles: readonly Role[];
  readonly isDisabled: boolean;
  /** `site`: an agent of the site file, maybe with further roles. */
  readonly origin: 'site' | 'local';
  /** Who stands behind it: equal for two accounts of one human being. */
  readonly person: string;
  /** Who says that it is them: this site, or a directory whose groups give the roles. */
  readonly source: AccountSource;
}
export const ACCOUNT_SOURCES = ['local', 'ldap', 'oidc'] as const;
export type AccountSource = (typeof ACCOUNT_SOURCES)[number];

interface Row {
  user_id: string;
  name: string;
  roles: string;
  is_disabled: number;
  person: string;
  source: string;
}

export interface DirectoryOptions {
  readonly store: IdentityStore;
  readonly clock: Clock;
  readonly agents: readonly { readonly id: string; readonly name?: string }[];
}

export class Directory {
  readonly #o: DirectoryOptions;
  readonly #agents: ReadonlyMap<string, string>;
  #rows: ReadonlyMap<string, Row> = new Map();

  private constructor(o: DirectoryOptions) {
    this.#o = o;
    this.#agents = new Map(o.agents.map(({ id, name }) => [id, name ?? id]));
  }

  static async open(o: DirectoryOptions): Promise<Directory> {
    const directory = new Directory(o);
    await directory.refresh();
    return directory;
  }

  find(userId: string): Account | undefined {
    const row = this.#rows.get(userId);
    const agentName = this.#agents.get(userId);
    if (row === undefined && agentName === undefined) return undefined;
    const further = row === undefined ? [] : row.roles.split(' ').filter(isRole);
    return {
      id: userId,
      name: agentName ?? row?.name ?? userId,
      roles: agentName === undefined ? further : ['agent', ...further],
      isDisabled: row?.is_disabled === 1,
      origin: agentName === undefined ? 'local' : 'site',
      person: row === undefined || row.person === '' ? userId : row.person,
      source: ACCOUNT_SOURCES.find((source) => source === row?.source) ?? 'local',
    };
  }

  /** @throws UserUnknown */
  get(userId: string): Account {
    const account = this.find(userId);
    if (!account) throw new UserUnknown(NAME.test(userId) ? userId : '');
    return account;
  }

  all(): Account[] {
    return [...new Set([...this.#agents.keys(), ...this.#rows.keys()])].flatMap((id) => this.find(id) ?? []);
  }

  /** Makes an account; durable on return. @throws UserNameInvalid, UserExists, UserLimit, RolesConflict */
  async create(
    userId: string,
    name: string,
    roles: readonly Role[] = [],
    { person = '', source = 'local' }: { readonly person?: string; readonly source?: AccountSource } = {},
  ): Promise<void> {
    if (!NAME.test(userId) || (person !== '' && !NAME.test(person))) throw new UserNameInvalid();
    if (this.find(userId)) throw new UserExists(userId);
    if (this.#rows.size >= USERS_MAX) throw new UserLimit(USERS_MAX);
    this.#mayHold(userId, roles);
    const added = await this.#o.store.write((tx) => tx.run(ADD, userId, name, roles.join(' '), this.#o.clock.now(), person, source));
    await this.refresh();
    if (added.changes === 0) throw new UserExists(userId);
  }

  /**
   * An account another directory vouches for, with the roles of its groups; made when it first comes in.
   * @throws RolesConflict, UserLimit, UserNameInvalid; UserExists when the name belongs to an account of this site
   */
  async vouched(userId: string, source: Exclude<AccountSource, 'local'>, roles: readonly Role[]): Promise<void> {
    const known = this.find(userId);
    if (!known) return this.create(userId, userId, roles, { source });
    if (known.source !== source) throw new UserExists(userId);
    await this.setRoles(userId, roles);
  }

  /** @param roles without `agent`, which the site file gives. @throws UserUnknown, RolesConflict, RoleFixed */
  async setRoles(userId: string, roles: readonly Role[]): Promise<void> {
    this.get(userId);
    this.#mayHold(userId, roles);
    await this.#change(userId, 'roles', [...new Set(roles)].join(' '));
  }

  async setDisabled(userId: string, isDisabled: boolean): Promise<void> {
    this.get(userId);
    await this.#change(userId, 'is_disabled', isDisabled ? 1 : 0);
  }

  /** @param person '' for the account alone. @throws UserUnknown, UserNameInvalid */
  async setPerson(userId: string, person: string): Promise<void> {
    this.get(userId);
    if (person !== '' && !NAME.test(person)) throw new UserNameInvalid();
    await this.#change(userId, 'person', person);
  }

  async refresh(): Promise<void> {
    const rows = await this.#o.store.read.all<Row>('SELECT user_id, name, roles, is_disabled, person, source FROM users');
    this.#rows = new Map(rows.map((row) => [row.user_id, row]));
  }

  #mayHold(userId: string, roles: readonly Role[]): void {
    if (roles.includes('agent')) throw new RoleFixed(userId);
    const conflict = conflictIn(roles);
    if (conflict) throw new RolesConflict(...conflict);
  }

  async #change(userId: string, column: 'roles' | 'is_disabled' | 'person', value: string | number): Promise<void> {
    const { name } = this.get(userId);
    await this.#o.store.write(async (tx) => {
      // an agent of the site file has no row until something about it is decided here
      await tx.run(ADD, userId, name, '', this.#o.clock.now(), '', 'local');
      if (column === 'person') await tx.run('UPDATE users SET person = ? WHERE user_id = ?', value, userId);
      else if (column === 'roles') await tx.run('UPDATE users SET roles = ? WHERE user_id = ?', value, userId);
      else await tx.run('UPDATE users SET is_disabled = ? WHERE user_id = ?', value, userId);
    });
    await this.refresh();
  }
}

const ADD = `INSERT OR IGNORE INTO users (user_id, name, roles, is_disabled, created_at_ms, person, source) VALUES (?, ?, ?, 0, ?, ?, ?)`;

/** The one role an audit entry names: the most powerful. */
export function leadingRole(roles: readonly Role[]): Role | 'none' {
  return roles.find((role) => isPrivileged([role])) ?? roles[0] ?? 'none';
}
