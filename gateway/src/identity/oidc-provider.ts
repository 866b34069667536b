/**
 * An identity provider of the bank through `openid-client`: authorisation code with PKCE (RFC 7636), state and nonce; the ID token is
 * verified against the keys of the provider, also though it came over TLS. Its metadata is read when first needed and again every hour.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Clock } from '@keepline/contracts/clock';
import type { SiteConfig } from '@keepline/contracts/site-config';
import * as client from 'openid-client';
import { DirectoryUnavailable, OidcRefused } from './errors.ts';
import { pinnedFetch } from './pinned-fetch.ts';
import { secretOf } from './secret-file.ts';
import { FRESH_MS } from './sessions.ts';

export type OidcSettings = SiteConfig['identity']['oidc'];
const METADATA_LIFE_MS = 3_600_000;
const MAX_AGE_SECONDS = FRESH_MS / 1000;

/** What only the browser that began may come back with. */
export interface OidcAttempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}
/** What a verified ID token says, and the token itself: the hint by which its session is ended. */
export interface Proven {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly idToken: string;
}
export interface OidcProvider {
  readonly settings: OidcSettings;
  /** Where to send the browser. @throws DirectoryUnavailable */
  begin(): Promise<{ readonly url: string; readonly attempt: OidcAttempt }>;
  /** @param query of the address the browser came back to. @throws OidcRefused, DirectoryUnavailable */
  finish(query: string, attempt: OidcAttempt): Promise<Proven>;
  /**
   * Where the browser goes to end the session at the provider too (OpenID Connect RP-Initiated Logout 1.0 §2), and from there back to the desk.
   * @returns undefined: the provider has no such place. @throws DirectoryUnavailable, OidcRefused
   */
  signOut(idToken: string | undefined): Promise<string | undefined>;
}

/** @param data folder relative paths start from. @throws DirectorySecretLax */
export function openOidc(settings: OidcSettings, data: string, clock: Pick<Clock, 'monotonicMs'>): OidcProvider {
  const within = (path: string): string => (isAbsolute(path) ? path : join(data, path));
  const { issuer, clientId, clientSecretFile, redirectUri, scope, acr, timeoutMs, caFile } = settings;
  const secret = clientSecretFile === '' ? undefined : secretOf(within(clientSecretFile));
  const ask = pinnedFetch(caFile === '' ? undefined : readFileSync(within(caFile), 'utf8'), timeoutMs);
  let known: { readonly config: client.Configuration; readonly untilMs: number } | undefined;

  const metadata = async (): Promise<client.Configuration> => {
    const nowMs = clock.monotonicMs();
    if (known && nowMs < known.untilMs) return known.config;
    const authentication = secret === undefined ? client.None() : client.ClientSecretBasic(secret);
    const config = await client.discovery(new URL(issuer), clientId, undefined, authentication, {
      [client.customFetch]: ask,
      execute: [client.enableNonRepudiationChecks],
    });
    known = { config, untilMs: nowMs + METADATA_LIFE_MS };
    return config;
  };

  return {
    settings,
    begin: () =>
      told(async () => {
        const config = await metadata();
        const attempt = { state: client.randomState(), nonce: client.randomNonce(), verifier: client.randomPKCECodeVerifier() };
        const url = client.buildAuthorizationUrl(config, {
          redirect_uri: redirectUri,
          scope,
          state: attempt.state,
          nonce: attempt.nonce,
          code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
          code_challenge_method: 'S256',
          max_age: String(MAX_AGE_SECONDS), // an old single sign-on is no proof that somebody is here now
          ...(acr.length === 0 ? {} : { acr_values: acr.join(' ') }),
        });
        return { url: url.href, attempt };
      }),
    finish: (query, { state, nonce, verifier }) =>
      told(async () => {
        const returned = new URL(redirectUri);
        returned.search = query;
        const tokens = await client.authorizationCodeGrant(await metadata(), returned, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          maxAge: MAX_AGE_SECONDS,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (!claims || tokens.id_token === undefined) throw new OidcRefused('it sent no ID token');
        return { issuer: claims.iss, subject: claims.sub, claims: { ...claims }, idToken: tokens.id_token };
      }),
    signOut: (idToken) =>
      told(async () => {
        const config = await metadata();
        if (config.serverMetadata().end_session_endpoint === undefined) return undefined;
        const url = client.buildEndSessionUrl(config, {
          post_logout_redirect_uri: `${new URL(redirectUri).origin}/`,
          ...(idToken === undefined ? {} : { id_token_hint: idToken }),
        });
        return url.protocol === 'https:' ? url.href : undefined;
      }),
  };
}

/** An outage is told from a refusal, however deep the library has wrapped it; what the provider wrote stays in the cause. */
async function told<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (fault) {
    if (fault instanceof OidcRefused) throw fault;
    for (let cause = fault; cause instanceof Error; cause = cause.cause) if (cause instanceof DirectoryUnavailable) throw cause;
    throw new OidcRefused('the answer of the provider was not accepted', fault);
  }
}
