/**
 * Who somebody is, proven by a password or a one-time enrolment code. Verifications are expensive on purpose, so at most two run at once
 * and a bounded number waits: the thread pool also carries the database.
 */
import type { Clock } from '@keepline/contracts/clock';
import { PasswordRefused, SignInBusy } from './errors.ts';
import { firstPassword } from './first-password.ts';
import type { IdentityStore } from './identity-store.ts';
import { hashPassword, isOutdated, verifyPassword } from './password-hash.ts';
import { passwordFault, type PasswordPolicy } from './password-policy.ts';

/** Of the four threads Node gives to work like this. */
const AT_ONCE = 2;
/** About a second and a half of waiting. */
export const WAITING_MAX = 64;
/** What stands in place of the hash of a used code; no password matches it. */
const NO_HASH = '';

export interface FirstPassword {
  readonly agentId: string;
  readonly password: string;
}
export interface Verified {
  readonly mustChange: boolean;
  /** Wall time in ms since 1970. */
  readonly changedAtMs: number;
}
interface Row {
  hash: string;
  changed_at_ms: number;
  must_change: number;
  use_until_ms: number;
}

export interface CredentialsOptions {
  readonly store: IdentityStore;
  readonly clock: Clock;
  readonly policy: PasswordPolicy;
}

export class Credentials {
  readonly #o: CredentialsOptions;
  readonly #waiting: Array<() => void> = [];
  #running = 0;
  /** A hash no password belongs to; unknown names are checked against it, so the time taken tells nothing. */
  #decoy: Promise<string> | undefined;

  constructor(o: CredentialsOptions) {
    this.#o = o;
  }

  /**
   * Gives a password to every agent that has none and returns them: the only time they can be read. They are durable before they are
   * returned, and must be changed at the first sign-in.
   */
  async issueFirstPasswords(agents: readonly { readonly id: string }[]): Promise<FirstPassword[]> {
    const known = await this.#o.store.read.all<{ user_id: string }>('SELECT user_id FROM user_passwords');
    const have = new Set(known.map((row) => row.user_id));
    const made = agents.filter(({ id }) => !have.has(id)).map(({ id }) => ({ agentId: id, password: firstPassword() }));
    const hashes: string[] = [];
    for (const { password } of made) hashes.push(await hashPassword(password));
    if (made.length === 0) return made;
    await this.#o.store.write(async (tx) => {
      for (const [i, { agentId }] of made.entries()) await tx.run(SET_HASH, agentId, hashes[i] ?? NO_HASH, this.#o.clock.now(), 1, 0);
    });
    return made;
  }

  /** Replaces the password by a one-time code and returns it, this once. @param lifeMs how long it can be used */
  async issueEnrolmentCode(userId: string, lifeMs: number): Promise<string> {
    const code = firstPassword();
    const hash = await this.#inTurn(() => hashPassword(code));
    const now = this.#o.clock.now();
    await this.#o.store.write((tx) => tx.run(SET_HASH, userId, hash, now, 1, now + lifeMs));
    return code;
  }

  /**
   * Sets the password its owner has chosen; the former one goes into the history.
   * @throws PasswordRefused by the policy, and for one of the last passwords
   */
  async setPassword(userId: string, password: string): Promise<void> {
    const { store, clock, policy } = this.#o;
    const fault = passwordFault(password, userId, policy);
    if (fault !== undefined) throw new PasswordRefused(fault);
    const former = await store.read.all<{ hash: string }>(FORMER, userId, policy.history);
    const current = await this.#row(userId);
    for (const { hash } of current ? [current, ...former] : former)
      if (await this.#inTurn(() => verifyPassword(password, hash))) throw new PasswordRefused('it was used before');
    const hash = await this.#inTurn(() => hashPassword(password));
    const now = clock.now();
    await store.write(async (tx) => {
      // codes and first passwords are nobody's choice and cannot be taken again
      if (current && current.must_change === 0) await tx.run(REMEMBER, userId, now, current.hash);
      await tx.run(FORGET, userId, userId, policy.history);
      await tx.run(SET_HASH, userId, hash, now, 0, 0);
    });
  }

  /**
   * What the password of this account says, or undefined when it is wrong. Takes as long for names nobody has; a one-time code is used up.
   * @param isKnown false: compare with nothing, for as long
   * @throws SignInBusy when too many wait already
   */
  async verify(userId: string, password: string, isKnown: boolean): Promise<Verified | undefined> {
    const row = isKnown ? await this.#row(userId) : undefined;
    const isUsable = row !== undefined && row.hash !== NO_HASH && (row.use_until_ms === 0 || this.#o.clock.now() < row.use_until_ms);
    this.#decoy ??= hashPassword(firstPassword());
    const hash = isUsable ? row.hash : await this.#decoy;
    const matches = await this.#inTurn(() => verifyPassword(password, hash));
    if (!isUsable || !matches) return undefined;
    if (row.use_until_ms > 0) {
      const used = await this.#o.store.write((tx) => tx.run(REPLACE_HASH, NO_HASH, userId, hash));
      if (used.changes === 0) return undefined; // somebody used it a moment ago
    } else if (isOutdated(hash)) {
      const renewed = await this.#inTurn(() => hashPassword(password));
      await this.#o.store.write((tx) => tx.run(REPLACE_HASH, renewed, userId, hash));
    }
    return { mustChange: row.must_change === 1, changedAtMs: row.changed_at_ms };
  }

  #row(userId: string): Promise<Row | undefined> {
    return this.#o.store.read.get<Row>(
      'SELECT hash, changed_at_ms, must_change, use_until_ms FROM user_passwords WHERE user_id = ?',
      userId,
    );
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= WAITING_MAX) throw new SignInBusy(this.#waiting.length);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next)
        next(); // the turn is handed on, so nobody can slip in between
      else this.#running -= 1;
    }
  }
}

const SET_HASH = 'INSERT OR REPLACE INTO user_passwords (user_id, hash, changed_at_ms, must_change, use_until_ms) VALUES (?, ?, ?, ?, ?)';
const REPLACE_HASH = 'UPDATE user_passwords SET hash = ? WHERE user_id = ? AND hash = ?';
const FORMER = 'SELECT hash FROM user_password_history WHERE user_id = ? ORDER BY replaced_at_ms DESC LIMIT ?';
const REMEMBER = 'INSERT OR IGNORE INTO user_password_history (user_id, replaced_at_ms, hash) VALUES (?, ?, ?)';
/** Keeps the newest; the table is bounded by accounts times history. */
const FORGET = `DELETE FROM user_password_history WHERE user_id = ? AND hash NOT IN
  (SELECT hash FROM user_password_history WHERE user_id = ? ORDER BY replaced_at_ms DESC LIMIT ?)`;
