/**
 * Passkeys (WebAuthn level 3) through `@simplewebauthn/server`: user verification required, no attestation, challenges single-use and
 * bound to the session that asked for them. Keys are bound to one host name, the relying party id of the site.
 */
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { Clock } from '@keepline/contracts/clock';
import { SecondFactorRefused } from './errors.ts';
import type { FactorStore } from './factor-store.ts';
import type { Session } from './sessions.ts';

const CHALLENGE_LIFE_MS = 300_000;
/** Challenges kept at most; the oldest goes first. */
const CHALLENGES_MAX = 10_000;

export interface PasskeysOptions {
  readonly factors: FactorStore;
  readonly clock: Clock;
  readonly relyingPartyId: string;
  readonly site: string;
}

export class Passkeys {
  readonly #o: PasskeysOptions;
  readonly #challenges = new Map<string, { readonly challenge: string; readonly untilMs: number }>();

  constructor(o: PasskeysOptions) {
    this.#o = o;
  }

  /** What `navigator.credentials.create` is to be given. */
  async beginEnrolment({ id, userId }: Session): Promise<object> {
    const known = await this.#of(userId);
    const options = await generateRegistrationOptions({
      rpName: `Keepline ${this.#o.site}`,
      rpID: this.#o.relyingPartyId,
      userName: userId,
      attestationType: 'none',
      excludeCredentials: known.map((credentialId) => ({ id: credentialId })),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    });
    this.#keep(`enrol ${id}`, options.challenge);
    return options;
  }

  /** @param origin of the page, already known to be ours. @throws SecondFactorRefused, FactorLimit */
  async enrol({ id, userId }: Session, origin: string, label: string, response: RegistrationResponseJSON): Promise<void> {
    const expectedChallenge = this.#take(`enrol ${id}`);
    const expected = { expectedChallenge, expectedOrigin: origin, expectedRPID: this.#o.relyingPartyId, requireUserVerification: true };
    const verdict = await verifyRegistrationResponse({ response, ...expected }).catch(() => undefined);
    if (!verdict?.verified) throw new SecondFactorRefused();
    const { credential } = verdict.registrationInfo;
    await this.#o.factors.add({
      user_id: userId,
      kind: 'passkey',
      label,
      credential_id: credential.id,
      material: Buffer.from(credential.publicKey),
      counter: credential.counter,
    });
  }

  /** What `navigator.credentials.get` is to be given. */
  async beginProof({ id, userId }: Session): Promise<object> {
    const known = await this.#of(userId);
    const options = await generateAuthenticationOptions({
      rpID: this.#o.relyingPartyId,
      allowCredentials: known.map((credentialId) => ({ id: credentialId })),
      userVerification: 'required',
    });
    this.#keep(`prove ${id}`, options.challenge);
    return options;
  }

  /** @throws SecondFactorRefused also when the counter shows a copy of the key */
  async prove({ id, userId }: Session, origin: string, response: AuthenticationResponseJSON): Promise<void> {
    const expectedChallenge = this.#take(`prove ${id}`);
    const factor = (await this.#o.factors.of(userId)).find(({ credential_id: known }) => known === response.id);
    if (!factor) throw new SecondFactorRefused();
    const credential = { id: response.id, publicKey: new Uint8Array(factor.material), counter: factor.counter };
    const expected = { expectedChallenge, expectedOrigin: origin, expectedRPID: this.#o.relyingPartyId, requireUserVerification: true };
    const verdict = await verifyAuthenticationResponse({ response, credential, ...expected }).catch(() => undefined);
    if (!verdict?.verified) throw new SecondFactorRefused();
    if (!(await this.#o.factors.used(factor.factor_id, verdict.authenticationInfo.newCounter, 0))) throw new SecondFactorRefused();
  }

  async #of(userId: string): Promise<string[]> {
    return (await this.#o.factors.of(userId)).flatMap(({ credential_id: credentialId }) => credentialId ?? []);
  }

  #keep(key: string, challenge: string): void {
    this.#challenges.delete(key);
    this.#challenges.set(key, { challenge, untilMs: this.#o.clock.monotonicMs() + CHALLENGE_LIFE_MS });
    const [oldest] = this.#challenges.keys();
    if (this.#challenges.size > CHALLENGES_MAX && oldest !== undefined) this.#challenges.delete(oldest);
  }

  /** A challenge is good once, whatever comes of it. */
  #take(key: string): string {
    const kept = this.#challenges.get(key);
    this.#challenges.delete(key);
    if (!kept || this.#o.clock.monotonicMs() >= kept.untilMs) throw new SecondFactorRefused();
    return kept.challenge;
  }
}
