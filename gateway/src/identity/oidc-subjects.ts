/**
 * Who at the identity provider stands for which account here: the pair of issuer and subject, which a provider never gives twice (OpenID
 * Connect Core 1.0 §5.7), and not a name or an address, which it may. An unknown pair waits until a security administrator binds it.
 */
import { createHash } from 'node:crypto';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import type { Clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import type { Directory } from './directory.ts';
import { OidcBindingRefused, OidcSubjectUnknown, OwnAccountRefused } from './errors.ts';
import type { Actor, Audited, IdentityStore } from './identity-store.ts';
import type { Sessions } from './sessions.ts';

/** Subjects that may wait; the one that waits longest makes room, and after so long each goes, ms. */
export const WAITING_MAX = 500;
const WAITING_MS = 30 * 86_400_000;
const USER = /^[a-z][a-z0-9._-]{0,47}$/;

/** One person as the provider knows them; times are wall time in ms since 1970. */
export interface OidcSubject {
  /** SHA-256 in hex over issuer and subject: how it is called here, also in the audit log. */
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  /** The name the provider gave when they were first seen: a hint for whoever binds, no proof. */
  readonly claimedName: string;
  readonly seenAtMs: number;
  /** The account; '' while it waits. */
  readonly user: string;
  readonly boundBy: string;
  readonly boundAtMs: number;
}
export interface OidcSubjectsOptions {
  readonly store: IdentityStore;
  readonly directory: Pick<Directory, 'find'>;
  readonly sessions: Pick<Sessions, 'of' | 'end'>;
  readonly audited: Audited;
  readonly clock: Clock;
}

export class OidcSubjects {
  readonly #o: OidcSubjectsOptions;

  constructor(o: OidcSubjectsOptions) {
    this.#o = o;
  }

  /** @returns the account it was bound to; undefined: nobody bound it, and from now on it waits for that */
  async userOf(issuer: string, subject: string, claimedName: string): Promise<string | undefined> {
    const { store, clock } = this.#o;
    const id = subjectId(issuer, subject);
    const known = await store.read.get<{ user: string }>('SELECT user_id AS user FROM oidc_subjects WHERE subject_id = ?', id);
    if (known) return known.user === '' ? undefined : known.user;
    const nowMs = clock.now();
    await store.write(async (tx) => {
      await tx.run("DELETE FROM oidc_subjects WHERE user_id = '' AND seen_at_ms < ?", nowMs - WAITING_MS);
      await tx.run(ADD, id, issuer, subject, claimedName, nowMs);
      await tx.run(KEEP_NEWEST, WAITING_MAX);
    });
    return undefined;
  }

  /** Those that wait before the others, the newest first. */
  async list(actor: Actor): Promise<OidcSubject[]> {
    return this.#act('user.list', actor, 'oidc:subjects', '', () => this.#o.store.read.all<OidcSubject>(LIST));
  }

  /**
   * Says whose account it is. The account may be none yet: then its first sign-in makes it, with the roles of the claim.
   * @throws OidcSubjectUnknown, OidcBindingRefused, OwnAccountRefused
   */
  async bind(actor: Actor, id: string, user: string): Promise<void> {
    const { store, directory, clock } = this.#o;
    if (actor.who === user) throw new OwnAccountRefused();
    if (!USER.test(user)) throw new OidcBindingRefused('that is no name of an account');
    await this.#act('user.bind', actor, user, `oidc ${id}`, async () => {
      const account = directory.find(user);
      if (account && account.origin === 'local' && account.source !== 'oidc')
        throw new OidcBindingRefused('the account is signed in to here or by another directory, and by nobody else');
      const row = await store.read.get<{ user: string }>('SELECT user_id AS user FROM oidc_subjects WHERE subject_id = ?', id);
      if (!row) throw new OidcSubjectUnknown();
      const bound = await store.write((tx) => tx.run(BIND, user, actor.who, clock.now(), id, user));
      if (bound.changes === 0) throw new OidcBindingRefused(row.user === '' ? 'the account has another subject' : 'it is bound already');
    });
  }

  /** Forgets a subject, bound or not; sessions of its account end. It waits anew when it comes again. @throws OidcSubjectUnknown */
  async remove(actor: Actor, id: string): Promise<void> {
    const { store, sessions } = this.#o;
    const row = await store.read.get<{ user: string }>('SELECT user_id AS user FROM oidc_subjects WHERE subject_id = ?', id);
    if (!row) throw new OidcSubjectUnknown();
    if (actor.who === row.user) throw new OwnAccountRefused();
    await this.#act('user.unbind', actor, row.user === '' ? 'oidc:waiting' : row.user, `oidc ${id}`, async () => {
      await store.write((tx) => tx.run('DELETE FROM oidc_subjects WHERE subject_id = ?', id));
      for (const session of row.user === '' ? [] : sessions.of(row.user)) await sessions.end(session, 'revoked');
    });
  }

  #act<T>(act: AuditAct, actor: Actor, object: string, purpose: string, run: () => Promise<T>): Promise<T> {
    return this.#o.audited(act, { ...actor, object, purpose, correlation: newId('req', this.#o.clock.now()) }, run);
  }
}

/** The length of the issuer stands in front, so that no two pairs differ only in where they part. */
export function subjectId(issuer: string, subject: string): string {
  return createHash('sha256')
    .update(`${Buffer.byteLength(issuer)}:${issuer}${subject}`)
    .digest('hex');
}

const ADD = `INSERT OR IGNORE INTO oidc_subjects (subject_id, issuer, subject, claimed_name, seen_at_ms) VALUES (?, ?, ?, ?, ?)`;
const KEEP_NEWEST = `DELETE FROM oidc_subjects WHERE user_id = '' AND subject_id NOT IN
  (SELECT subject_id FROM oidc_subjects WHERE user_id = '' ORDER BY seen_at_ms DESC LIMIT ?)`;
/** In one statement: two administrators at the same moment cannot give one account two subjects. */
const BIND = `UPDATE oidc_subjects SET user_id = ?, bound_by = ?, bound_at_ms = ? WHERE subject_id = ? AND user_id = ''
  AND NOT EXISTS (SELECT 1 FROM oidc_subjects WHERE user_id = ?)`;
const LIST = `SELECT subject_id AS id, issuer, subject, claimed_name AS claimedName, seen_at_ms AS seenAtMs, user_id AS user,
  bound_by AS boundBy, bound_at_ms AS boundAtMs FROM oidc_subjects ORDER BY user_id <> '', seen_at_ms DESC`;
