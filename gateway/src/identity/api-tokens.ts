/**
 * Tokens of machines: a few permissions that need no second factor, a year at most, revocable. 256 random bits, shown once, kept as
 * SHA-256. Looked up in memory: a request of a machine costs no query.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import { isPermission, type Permission, PERMISSION_FACTS } from '@keepline/contracts/roles';
import { TokenRefused, TokenUnknown } from './errors.ts';
import type { Actor, Audited, IdentityStore } from './identity-store.ts';

const TOKEN_BYTES = 32;
/** So that a token found in a file is known for what it is. */
const PREFIX = 'klt_';
export const TOKEN_LIFE_MAX_MS = 366 * 86_400_000;
/** Tokens that are good at the same time. */
export const TOKENS_MAX = 200;
const PERMISSIONS_MAX = 10;

export interface ApiToken {
  readonly id: `tok-${string}`;
  readonly name: string;
  readonly permissions: readonly Permission[];
  readonly createdBy: string;
  /** Wall time in ms since 1970. */
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | null;
}
interface Row {
  token_id: `tok-${string}`;
  name: string;
  token_sha256: string;
  permissions: string;
  created_by: string;
  created_at_ms: number;
  expires_at_ms: number;
  revoked_at_ms: number | null;
}

export class ApiTokens {
  readonly #o: { readonly store: IdentityStore; readonly clock: Clock; readonly audited: Audited };
  #byHash: ReadonlyMap<string, ApiToken> = new Map();

  private constructor(o: { readonly store: IdentityStore; readonly clock: Clock; readonly audited: Audited }) {
    this.#o = o;
  }

  static async open(o: { readonly store: IdentityStore; readonly clock: Clock; readonly audited: Audited }): Promise<ApiTokens> {
    const tokens = new ApiTokens(o);
    await tokens.refresh();
    return tokens;
  }

  /** The token this text stands for; undefined when unknown, expired or revoked. */
  find(text: string): ApiToken | undefined {
    const token = this.#byHash.get(digest(text));
    return token && this.#isGood(token) ? token : undefined;
  }

  /** @param lifeMs from now. @throws TokenRefused */
  async create(actor: Actor, name: string, permissions: readonly string[], lifeMs: number): Promise<{ token: string; facts: ApiToken }> {
    const { clock, store } = this.#o;
    const wanted = [...new Set(permissions)].filter(isPermission);
    const forbidden = permissions.find((permission) => !isPermission(permission) || !PERMISSION_FACTS[permission].byToken);
    if (forbidden !== undefined) throw new TokenRefused('one of its permissions is not for machines');
    if (wanted.length === 0 || wanted.length > PERMISSIONS_MAX) throw new TokenRefused(`it has ${wanted.length} permissions`);
    if (!(lifeMs > 0 && lifeMs <= TOKEN_LIFE_MAX_MS)) throw new TokenRefused('its life is not within a year');
    if ([...this.#byHash.values()].filter((token) => this.#isGood(token)).length >= TOKENS_MAX)
      throw new TokenRefused(`there are ${TOKENS_MAX} already`);
    const token = PREFIX + randomBytes(TOKEN_BYTES).toString('base64url');
    const now = clock.now();
    const id = newId('tok', now);
    await this.#act('token.create', actor, id, `${name}: ${wanted.join(' ')}`, async () => {
      await store.write((tx) => tx.run(INSERT, id, name, digest(token), wanted.join(' '), actor.who, now, now + lifeMs));
      await this.refresh();
    });
    const facts = { id, name, permissions: wanted, createdBy: actor.who, createdAtMs: now, expiresAtMs: now + lifeMs, revokedAtMs: null };
    return { token, facts };
  }

  async list(actor: Actor): Promise<ApiToken[]> {
    return this.#act('token.list', actor, '', '', async () => [...this.#byHash.values()]);
  }

  /** @throws TokenUnknown */
  async revoke(actor: Actor, id: string): Promise<void> {
    const token = [...this.#byHash.values()].find((known) => known.id === id);
    if (!token) throw new TokenUnknown();
    await this.#act('token.revoke', actor, token.id, token.name, async () => {
      const now = this.#o.clock.now();
      await this.#o.store.write((tx) =>
        tx.run('UPDATE api_tokens SET revoked_at_ms = ? WHERE token_id = ? AND revoked_at_ms IS NULL', now, token.id),
      );
      await this.refresh();
    });
  }

  /** Tokens that ended more than a year ago are forgotten; the audit log knows them for ever. */
  async refresh(): Promise<void> {
    const { clock, store } = this.#o;
    const rows = await store.read.all<Row>(
      'SELECT * FROM api_tokens WHERE expires_at_ms > ? ORDER BY token_id',
      clock.now() - TOKEN_LIFE_MAX_MS,
    );
    this.#byHash = new Map(rows.map((row) => [row.token_sha256, factsOf(row)]));
  }

  #isGood(token: ApiToken): boolean {
    return token.revokedAtMs === null && this.#o.clock.now() < token.expiresAtMs;
  }

  #act<T>(
    act: 'token.create' | 'token.list' | 'token.revoke',
    actor: Actor,
    object: string,
    purpose: string,
    run: () => Promise<T>,
  ): Promise<T> {
    return this.#o.audited(act, { ...actor, object, purpose, correlation: newId('req', this.#o.clock.now()) }, run);
  }
}

function factsOf(row: Row): ApiToken {
  return {
    id: row.token_id,
    name: row.name,
    permissions: row.permissions.split(' ').filter(isPermission),
    createdBy: row.created_by,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    revokedAtMs: row.revoked_at_ms,
  };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

const INSERT = `INSERT INTO api_tokens
  (token_id, name, token_sha256, permissions, created_by, created_at_ms, expires_at_ms, revoked_at_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, NULL)`;
