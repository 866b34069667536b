/**
 * What people do to their own account: change the password, enrol and prove second factors, look at and end their sessions. Each an
 * audited act; each proof under the lock-out.
 */
import { randomBytes } from 'node:crypto';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import type { Clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import { isPrivileged } from '@keepline/contracts/roles';
import type { Credentials } from './credentials.ts';
import { leadingRole } from './directory.ts';
import { CurrentPasswordWrong, FactorUnknown, SecondFactorRefused, StepUpNeeded } from './errors.ts';
import type { FactorKind, FactorStore } from './factor-store.ts';
import type { Audited } from './identity-store.ts';
import type { Passkeys } from './passkeys.ts';
import type { Seal } from './seal.ts';
import type { Session, Sessions } from './sessions.ts';
import type { SignIn } from './sign-in.ts';
import { base32Of, matchTotp, SECRET_BYTES, STEP_MS, totpUri } from './totp.ts';

/** A secret shown but not confirmed is forgotten after this, ms; one per session, and with it. */
const UNCONFIRMED_LIFE_MS = 600_000;

export interface FactorFacts {
  readonly id: string;
  readonly kind: FactorKind;
  readonly label: string;
  readonly createdAtMs: number;
  readonly usedAtMs: number;
  /** How far the clock of the phone was ahead (above 0) or behind at the last use, in seconds; steps of 30. */
  readonly driftSeconds: number;
}
export type Proof = { readonly totp: string } | { readonly recoveryCode: string };

export interface OwnAccountOptions {
  readonly sessions: Sessions;
  readonly credentials: Credentials;
  readonly factors: FactorStore;
  readonly passkeys: Passkeys;
  readonly seal: Seal;
  readonly signIn: Pick<SignIn, 'guarded'>;
  readonly audited: Audited;
  readonly clock: Clock;
  readonly site: string;
  /** A first password that was handed out is one no more. */
  readonly onPasswordChanged: (userId: string) => Promise<void>;
}

export class OwnAccount {
  readonly #o: OwnAccountOptions;
  readonly #unconfirmed = new WeakMap<Session, { readonly secret: Buffer; readonly untilMs: number }>();

  constructor(o: OwnAccountOptions) {
    this.#o = o;
  }

  /**
   * The account's other sessions end. @param current asked for once the session is open; before that it was typed a moment ago
   * @throws PasswordRefused, CurrentPasswordWrong, SignInLocked
   */
  async changePassword(session: Session, current: string | undefined, next: string, from: string): Promise<void> {
    const { credentials, sessions, signIn } = this.#o;
    await this.#act('password.change', session, from, 'own password', async () => {
      if (sessions.stage(session) !== 'password_change')
        await signIn.guarded(session.userId, from, leadingRole(session.roles), async () => {
          if (!(await credentials.verify(session.userId, current ?? '', true))) throw new CurrentPasswordWrong();
        });
      await credentials.setPassword(session.userId, next);
      await sessions.passwordChanged(session);
      for (const other of sessions.of(session.userId)) if (other !== session) await sessions.end(other, 'revoked');
      await this.#o.onPasswordChanged(session.userId);
    });
  }

  /** @throws SecondFactorRefused, SignInLocked */
  async prove(session: Session, proof: Proof, from: string): Promise<void> {
    const { factors } = this.#o;
    await this.#proven(session, from, 'recoveryCode' in proof ? 'recovery code' : 'authenticator app', async () => {
      const isRight =
        'recoveryCode' in proof
          ? await factors.useRecoveryCode(session.userId, proof.recoveryCode)
          : await this.#useTotp(session.userId, proof.totp);
      if (!isRight) throw new SecondFactorRefused();
    });
  }

  async provePasskey(session: Session, origin: string, response: AuthenticationResponseJSON, from: string): Promise<void> {
    await this.#proven(session, from, 'passkey', () => this.#o.passkeys.prove(session, origin, response));
  }

  async beginProof(session: Session): Promise<object> {
    return this.#o.passkeys.beginProof(session);
  }

  /** A new secret, shown this once; it counts only when a code of it is confirmed. @throws StepUpNeeded */
  async beginTotp(session: Session): Promise<{ readonly secret: string; readonly uri: string }> {
    await this.#mayEnrol(session);
    const secret = randomBytes(SECRET_BYTES);
    this.#unconfirmed.set(session, { secret, untilMs: this.#o.clock.monotonicMs() + UNCONFIRMED_LIFE_MS });
    return { secret: base32Of(secret), uri: totpUri(secret, this.#o.site, session.userId) };
  }

  /** @returns recovery codes when this is the first factor. @throws SecondFactorRefused, FactorLimit, SignInLocked */
  async confirmTotp(session: Session, code: string, label: string, from: string): Promise<string[]> {
    const { clock, factors, seal } = this.#o;
    await this.#mayEnrol(session);
    return this.#enrolled(session, from, 'authenticator app', async () => {
      const begun = this.#unconfirmed.get(session);
      const matched = begun && clock.monotonicMs() < begun.untilMs ? matchTotp(begun.secret, code, clock.now(), 0) : undefined;
      if (!begun || !matched) throw new SecondFactorRefused();
      const material = seal.close(begun.secret, session.userId);
      await factors.add({ user_id: session.userId, kind: 'totp', label, credential_id: null, material, counter: matched.step });
      this.#unconfirmed.delete(session);
    });
  }

  /** @throws StepUpNeeded */
  async beginPasskey(session: Session): Promise<object> {
    await this.#mayEnrol(session);
    return this.#o.passkeys.beginEnrolment(session);
  }

  /** @returns recovery codes when this is the first factor. @throws SecondFactorRefused, FactorLimit */
  async confirmPasskey(
    session: Session,
    origin: string,
    label: string,
    response: RegistrationResponseJSON,
    from: string,
  ): Promise<string[]> {
    await this.#mayEnrol(session);
    return this.#enrolled(session, from, 'passkey', () => this.#o.passkeys.enrol(session, origin, label, response));
  }

  async factors(session: Session): Promise<{ readonly factors: FactorFacts[]; readonly recoveryCodesLeft: number }> {
    const rows = await this.#o.factors.of(session.userId);
    const factors = rows.map((row) => ({
      id: row.factor_id,
      kind: row.kind,
      label: row.label,
      createdAtMs: row.created_at_ms,
      usedAtMs: row.used_at_ms,
      driftSeconds: (row.drift_steps * STEP_MS) / 1000,
    }));
    return { factors, recoveryCodesLeft: await this.#o.factors.recoveryCodesLeft(session.userId) };
  }

  /** @throws FactorUnknown also for the last factor of a privileged account, StepUpNeeded */
  async removeFactor(session: Session, factorId: string, from: string): Promise<void> {
    if (!this.#o.sessions.isFresh(session)) throw new StepUpNeeded();
    const rows = await this.#o.factors.of(session.userId);
    await this.#act('factor.remove', session, from, 'own second factor', async () => {
      if (isPrivileged(session.roles) && rows.length < 2) throw new FactorUnknown();
      if (!(await this.#o.factors.remove(session.userId, factorId))) throw new FactorUnknown();
    });
  }

  /** The first factor may be enrolled by whoever has just signed in; another one only with a fresh proof of the first. */
  async #mayEnrol(session: Session): Promise<void> {
    if (!this.#o.sessions.isFresh(session) && (await this.#o.factors.has(session.userId))) throw new StepUpNeeded();
  }

  async #useTotp(userId: string, code: string): Promise<boolean> {
    const { clock, factors, seal } = this.#o;
    for (const row of await factors.of(userId)) {
      if (row.kind !== 'totp') continue;
      const matched = matchTotp(seal.open(row.material, userId), code, clock.now(), row.counter);
      if (matched) return factors.used(row.factor_id, matched.step, matched.drift);
    }
    return false;
  }

  async #proven(session: Session, from: string, how: string, prove: () => Promise<void>): Promise<void> {
    await this.#o.signIn.guarded(session.userId, from, leadingRole(session.roles), () =>
      this.#act('session.second_factor', session, from, how, async () => {
        await prove();
        await this.#o.sessions.proven(session);
      }),
    );
  }

  async #enrolled(session: Session, from: string, how: string, enrol: () => Promise<void>): Promise<string[]> {
    const { factors, sessions, signIn } = this.#o;
    return signIn.guarded(session.userId, from, leadingRole(session.roles), () =>
      this.#act('factor.enrol', session, from, how, async () => {
        const isFirst = !(await factors.has(session.userId));
        await enrol();
        await sessions.proven(session);
        return isFirst ? factors.issueRecoveryCodes(session.userId) : [];
      }),
    );
  }

  #act<T>(act: AuditAct, { userId, roles }: Session, from: string, purpose: string, run: () => Promise<T>): Promise<T> {
    const context = {
      who: userId,
      role: leadingRole(roles),
      from,
      object: userId,
      purpose,
      correlation: newId('req', this.#o.clock.now()),
    };
    return this.#o.audited(act, context, run);
  }
}
