/** Accounts, sessions and lock-outs as the database holds them, not as the settings wish. Reads only; never a hash, a token or a name of a person. */
import type { AccountFact, SessionFact } from '@keepline/compliance/mlps-facts';
import { isPrivileged, isRole, type Role } from '@keepline/contracts/roles';
import type { AgentConfig } from '@keepline/contracts/site-config';
import { verifyPassword } from '../identity/password-hash.ts';
import type { Reader } from '../store/connection.ts';

/** What products ship with; checking one hash takes about 40 ms, so the list and the number of accounts tried are bounded. */
const DEFAULT_PASSWORDS: readonly string[] = ['admin', 'password', '123456', 'admin123', 'keepline'];
const TRIED_ACCOUNTS_MAX = 50;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** @param lastSignInMs by account, from the audit log @param agents of the site file: their role is given there */
export async function accountFacts(
  read: Reader,
  agents: readonly AgentConfig[],
  lastSignInMs: ReadonlyMap<string, number>,
  nowMs: number,
): Promise<AccountFact[]> {
  const users = await read.all<{ user_id: string; roles: string; is_disabled: number }>('SELECT user_id, roles, is_disabled FROM users');
  const passwords = await read.all<{ user_id: string; hash: string; changed_at_ms: number; use_until_ms: number }>(
    'SELECT user_id, hash, changed_at_ms, use_until_ms FROM user_passwords',
  );
  const factors = await read.all<{ user_id: string; kind: string }>('SELECT user_id, kind FROM second_factors');
  const password = new Map(passwords.map((row) => [row.user_id, row]));
  const stored = new Map(users.map((row) => [row.user_id, row]));
  const isAgent = new Set<string>(agents.map(({ id }) => id));
  const all = [...new Set([...isAgent, ...stored.keys()])].toSorted();
  const facts: AccountFact[] = [];
  for (const [i, id] of all.entries()) {
    const row = stored.get(id);
    const secret = password.get(id);
    const roles: Role[] = [...(isAgent.has(id) ? (['agent'] as const) : []), ...(row?.roles ?? '').split(/[^a-z_]+/).filter(isRole)];
    const seen = lastSignInMs.get(id);
    facts.push({
      id,
      roles: [...new Set(roles)],
      isPrivileged: isPrivileged(roles),
      isDisabled: row?.is_disabled === 1,
      factors: factors.filter(({ user_id }) => user_id === id).map(({ kind }) => kind),
      passwordAgeDays: secret ? Math.floor((nowMs - secret.changed_at_ms) / DAY_MS) : null,
      hash: parametersOf(secret?.hash ?? ''),
      isEnrolmentCode: (secret?.use_until_ms ?? 0) > 0,
      matchesDefaultPassword: i < TRIED_ACCOUNTS_MAX && secret !== undefined && (await isDefault(secret.hash)),
      unusedDays: seen === undefined ? null : Math.floor((nowMs - seen) / DAY_MS),
    });
  }
  return facts;
}

async function isDefault(hash: string): Promise<boolean> {
  for (const password of DEFAULT_PASSWORDS) if (await verifyPassword(password, hash)) return true;
  return false;
}

/** The costs of a PHC string, without salt and hash. */
function parametersOf(phc: string): string {
  const [, costs] = /^\$argon2id\$v=19\$(m=\d+,t=\d+,p=\d+)\$/.exec(phc) ?? [];
  return costs === undefined ? '' : `argon2id ${costs.replaceAll(',', ' ')}`;
}

export async function sessionFacts(read: Reader, accounts: readonly AccountFact[], nowMs: number): Promise<SessionFact[]> {
  const rows = await read.all<{ user_id: string; from_address: string; opened_at_ms: number; seen_at_ms: number; factor_proven: number }>(
    'SELECT user_id, from_address, opened_at_ms, seen_at_ms, factor_proven FROM user_sessions',
  );
  const privileged = new Set(accounts.filter((account) => account.isPrivileged).map(({ id }) => id));
  return rows.map((row) => ({
    user: row.user_id,
    isPrivileged: privileged.has(row.user_id),
    idleMinutes: Math.floor((nowMs - row.seen_at_ms) / MINUTE_MS),
    ageMinutes: Math.floor((nowMs - row.opened_at_ms) / MINUTE_MS),
    factorProven: row.factor_proven === 1,
    from: row.from_address,
  }));
}

/** Accounts that are locked now, and those that have more failures than allowed and are not. */
export async function tallies(read: Reader, limit: number, nowMs: number): Promise<{ readonly locked: number; readonly over: number }> {
  const rows = await read.all<{ failures: number; locked_until_ms: number }>('SELECT failures, locked_until_ms FROM sign_in_tallies');
  return {
    locked: rows.filter(({ locked_until_ms }) => locked_until_ms > nowMs).length,
    over: rows.filter(({ failures, locked_until_ms }) => failures > limit && locked_until_ms === 0).length,
  };
}
