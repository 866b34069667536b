/**
 * What a proven ID token says about a person, pure: name, roles, and whether the provider saw two factors (OpenID Connect Core 1.0 §2,
 * RFC 8176). Anything that is not exactly what the settings name gives nothing.
 */
import type { Role } from '@keepline/contracts/roles';
import type { SiteConfig } from '@keepline/contracts/site-config';
import type { Vouched } from './sign-in.ts';

type Rules = Pick<SiteConfig['identity']['oidc'], 'nameClaim' | 'rolesClaim' | 'roles' | 'acr' | 'amr'>;
/** As names of accounts are. */
const NAME = /^[a-z][a-z0-9._-]{0,47}$/;
/** Values looked at in one claim. */
const VALUES_MAX = 500;

/** @param claims of a token whose signature, issuer, audience, nonce and times hold. @returns undefined: no name of an account */
export function vouchedBy(claims: Readonly<Record<string, unknown>>, rules: Rules, nowMs: number): Vouched | undefined {
  const name = claims[rules.nameClaim];
  if (typeof name !== 'string' || !NAME.test(name)) return undefined;
  const held = new Set(textsOf(claims[rules.rolesClaim]));
  const roles = [...new Set(rules.roles.filter(({ value }) => held.has(value)).map(({ role }): Role => role))];
  return { name, roles, provenAgoMs: provenAgo(claims, rules, nowMs) };
}

/** Without the time of the proof there is no saying how fresh it is, so it does not count. */
function provenAgo(claims: Readonly<Record<string, unknown>>, { acr, amr }: Rules, nowMs: number): number | undefined {
  const at = claims['auth_time'];
  if (typeof at !== 'number' || !Number.isFinite(at)) return undefined;
  const isProven = textsOf(claims['amr']).some((method) => amr.includes(method)) || textsOf(claims['acr']).some((one) => acr.includes(one));
  return isProven ? Math.max(0, nowMs - at * 1000) : undefined;
}

function textsOf(claim: unknown): string[] {
  const values: readonly unknown[] = Array.isArray(claim) ? claim.slice(0, VALUES_MAX) : [claim];
  return values.filter((value) => typeof value === 'string');
}
