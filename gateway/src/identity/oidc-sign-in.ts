/**
 * Signing in by an identity provider: sends the browser there and takes it back. What the way back is checked against travels with the
 * browser, sealed and short-lived, so that the gateway keeps nothing for people who never return. Who comes back is the account that an
 * administrator has bound to issuer and subject, whatever name the token carries.
 */
import type { Clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { OidcRefused, OidcUnbound } from './errors.ts';
import type { Audited } from './identity-store.ts';
import { vouchedBy } from './oidc-claims.ts';
import type { OidcProvider } from './oidc-provider.ts';
import { type OidcSubjects, subjectId } from './oidc-subjects.ts';
import type { Seal } from './seal.ts';
import type { Session, Sessions } from './sessions.ts';
import type { SignIn } from './sign-in.ts';

/** How long somebody may take at the provider, seconds. */
export const ATTEMPT_SECONDS = 600;
/** OpenID Connect Core 1.0 §2. */
const SUBJECT_MAX_CHARS = 255;
const PURPOSE = 'oidc sign-in';
const Attempt = Type.Object({ state: Type.String(), nonce: Type.String(), verifier: Type.String(), untilMs: Type.Number() });

export interface OidcSignInOptions {
  readonly provider: OidcProvider;
  readonly seal: Seal;
  readonly signIn: Pick<SignIn, 'vouchedIn'>;
  readonly subjects: OidcSubjects;
  readonly sessions: Pick<Sessions, 'onEnd'>;
  readonly audited: Audited;
  readonly clock: Clock;
}

export class OidcSignIn {
  readonly #o: OidcSignInOptions;
  /** ID token by session, in memory only and as long as the session lives. */
  readonly #tokens = new Map<string, string>();

  constructor(o: OidcSignInOptions) {
    this.#o = o;
    // a moment later, so that a sign-out under way still finds it
    o.sessions.onEnd(({ id }) => setImmediate(() => this.#tokens.delete(id)));
  }

  get subjects(): OidcSubjects {
    return this.#o.subjects;
  }

  /** @returns where to go, and the ticket to come back with. @throws DirectoryUnavailable */
  async begin(): Promise<{ readonly url: string; readonly ticket: string }> {
    const { url, attempt } = await this.#o.provider.begin();
    const text = JSON.stringify({ ...attempt, untilMs: this.#o.clock.now() + ATTEMPT_SECONDS * 1000 });
    return { url, ticket: this.#o.seal.close(Buffer.from(text), PURPOSE).toString('base64url') };
  }

  /**
   * @param query of the address the provider sent the browser to
   * @param ticket undefined when the browser brought none: it did not begin here, or somebody else's page sent it
   * @throws OidcRefused, OidcUnbound, DirectoryUnavailable, SignInRefused, SignInLocked, SignInSourceRefused, RolesConflict
   */
  async finish(query: string, ticket: string | undefined, from: string): Promise<{ readonly token: string; readonly session: Session }> {
    const { audited, clock, provider, signIn, subjects } = this.#o;
    try {
      const { issuer, subject, claims, idToken } = await provider.finish(query, this.#attempt(ticket));
      const vouched = vouchedBy(claims, provider.settings, clock.now());
      if (!vouched) throw new OidcRefused(`its ${provider.settings.nameClaim} is no name of an account`);
      if (subject.length > SUBJECT_MAX_CHARS) throw new OidcRefused('its subject is longer than one may be');
      const name = await subjects.userOf(issuer, subject, vouched.name);
      if (name === undefined) throw new OidcUnbound(subjectId(issuer, subject));
      const opened = await signIn.vouchedIn({ ...vouched, name }, from);
      this.#tokens.set(opened.session.id, idToken);
      return opened;
    } catch (fault) {
      if (!(fault instanceof OidcRefused || fault instanceof OidcUnbound)) throw fault;
      const context = { who: 'unknown', role: 'none', from, object: 'unknown', purpose: 'sign in by oidc' };
      return audited('agent.sign_in', { ...context, correlation: newId('req', clock.now()) }, () => Promise.reject(fault));
    }
  }

  /**
   * Where a browser whose session ends here ends the one at the provider. Asked for before the session ends; an outage of the provider keeps
   * nobody signed in here. @returns undefined: it was opened another way, before a restart, or the provider knows no such thing
   */
  async signOutUrl(session: Session): Promise<string | undefined> {
    const idToken = this.#tokens.get(session.id);
    if (idToken === undefined) return undefined;
    return this.#o.provider.signOut(idToken).catch(() => undefined);
  }

  #attempt(ticket: string | undefined) {
    if (ticket === undefined) throw new OidcRefused('it was not begun in this browser');
    try {
      const attempt: unknown = JSON.parse(this.#o.seal.open(Buffer.from(ticket, 'base64url'), PURPOSE).toString('utf8'));
      if (Value.Check(Attempt, attempt) && this.#o.clock.now() < attempt.untilMs) return attempt;
    } catch (cause) {
      throw new OidcRefused('its ticket is none of ours', cause);
    }
    throw new OidcRefused('it took too long');
  }
}
