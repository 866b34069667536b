/**
 * The operator of a hub in NATS' own terms: operator, account and user keys (nkeys), and the JWTs they sign. Used by the stand-in cloud and
 * the tests; in production the cloud's operator does this with `nsc` and the same rights.
 */
import {
  createAccount,
  createOperator,
  createUser,
  decode,
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
  fromSeed,
} from '@nats-io/jwt';
import type { HubTrust } from './hub-config.ts';
import type { Rights } from './hub-rights.ts';

/** Secret seeds of an operator; whoever has them can make any user. */
export interface OperatorSeeds {
  readonly operator: string;
  readonly account: string;
  readonly system: string;
  /** Signed once: a server that is running takes changed accounts, but not another text of its operator. */
  readonly operatorJwt: string;
}

export interface IssuedUser {
  /** `U…`: names the user in revocations and in the server's log. */
  readonly publicKey: string;
  readonly jwt: string;
  /** A NATS .creds file: JWT and seed. */
  readonly creds: string;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const pair = (seed: string) => fromSeed(Buffer.from(seed));

const NO_LIMITS = { conn: -1, subs: -1, data: -1, payload: -1, leaf: -1, imports: -1, exports: -1, wildcards: true };
/** Limits of the one account of a site; the server's own settings bound memory and disk. */
const ACCOUNT_LIMITS = {
  ...{ mem_storage: -1, disk_storage: -1, streams: 16, consumer: 256, conn: 256, leaf: 0, imports: 0, exports: 0, subs: 10_000 },
  ...{ data: -1, payload: -1, wildcards: true, disallow_bearer: true },
};

export async function newOperatorSeeds(): Promise<OperatorSeeds> {
  const operator = createOperator();
  const system = createAccount();
  return {
    operator: text(operator.getSeed()),
    account: text(createAccount().getSeed()),
    system: text(system.getSeed()),
    operatorJwt: await encodeOperator('keepline', operator, { system_account: system.getPublicKey() }),
  };
}

/** @param revoked wall seconds by public key of a user: its JWTs issued up to then are refused */
export async function hubTrust(seeds: OperatorSeeds, site: string, revoked: Readonly<Record<string, number>> = {}): Promise<HubTrust> {
  const operator = pair(seeds.operator);
  const account = pair(seeds.account);
  const system = pair(seeds.system);
  const systemAccount = system.getPublicKey();
  const revocations = Object.keys(revoked).length === 0 ? {} : { revocations: { ...revoked } };
  return {
    operatorJwt: seeds.operatorJwt,
    systemAccount,
    accounts: {
      [systemAccount]: await encodeAccount('system', system, { limits: NO_LIMITS }, { signer: operator }),
      [account.getPublicKey()]: await encodeAccount(
        `keepline-${site}`,
        account,
        { limits: ACCOUNT_LIMITS, ...revocations },
        { signer: operator },
      ),
    },
  };
}

/** A new key pair for a user: the seed stays where the user is, the public key goes to who signs. */
export function newUserSeed(): { readonly seed: string; readonly publicKey: string } {
  const user = createUser();
  return { seed: text(user.getSeed()), publicKey: user.getPublicKey() };
}

export function publicKeyOf(seed: string): string {
  return pair(seed).getPublicKey();
}

/** Signs a user's public key. @param expiresSeconds wall seconds since 1970 */
export function issueUserJwt(
  seeds: OperatorSeeds,
  name: string,
  publicKey: string,
  rights: Rights,
  expiresSeconds: number,
): Promise<string> {
  const { publish, subscribe, respond } = rights;
  const permissions = {
    pub: { allow: [...publish] },
    sub: { allow: [...subscribe] },
    ...(respond ? { resp: { max: respond.max, ttl: respond.withinMs * 1_000_000 } } : {}),
  };
  return encodeUser(name, publicKey, pair(seeds.account), permissions, { exp: expiresSeconds });
}

export async function issueUser(seeds: OperatorSeeds, name: string, rights: Rights, expiresSeconds: number): Promise<IssuedUser> {
  const { seed, publicKey } = newUserSeed();
  const jwt = await issueUserJwt(seeds, name, publicKey, rights, expiresSeconds);
  return { publicKey, jwt, creds: credsText(jwt, seed) };
}

/** The .creds file of a user. */
export function credsText(jwt: string, seed: string): string {
  return text(fmtCreds(jwt, pair(seed)));
}

/** What a user JWT says of itself; nothing is verified, the server does that. @throws Error when it is no JWT */
export function claimsOf(jwt: string): {
  readonly subject: string;
  readonly name: string;
  readonly issuedMs: number;
  readonly expiresMs: number | undefined;
} {
  const { sub, name, iat, exp } = decode(jwt);
  return { subject: sub, name, issuedMs: iat * 1000, expiresMs: exp === undefined || exp === 0 ? undefined : exp * 1000 };
}
