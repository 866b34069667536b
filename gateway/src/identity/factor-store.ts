/** Second factors and recovery codes on disk. At most `FACTORS_MAX` factors and ten codes per account. */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import { FactorLimit } from './errors.ts';
import type { IdentityStore } from './identity-store.ts';

export const FACTORS_MAX = 8;
export const RECOVERY_CODES = 10;
const RECOVERY_BYTES = 10;

export type FactorKind = 'totp' | 'passkey';
export interface FactorRow {
  factor_id: string;
  user_id: string;
  kind: FactorKind;
  label: string;
  /** Of a passkey; null for an authenticator app. */
  credential_id: string | null;
  /** Sealed secret, or COSE public key. */
  material: Buffer;
  /** Last step used, or signature counter. */
  counter: number;
  drift_steps: number;
  created_at_ms: number;
  used_at_ms: number;
}

export class FactorStore {
  readonly #store: IdentityStore;
  readonly #clock: Clock;

  constructor(o: { readonly store: IdentityStore; readonly clock: Clock }) {
    this.#store = o.store;
    this.#clock = o.clock;
  }

  async has(userId: string): Promise<boolean> {
    return (await this.of(userId)).length > 0;
  }

  of(userId: string): Promise<FactorRow[]> {
    return this.#store.read.all<FactorRow>('SELECT * FROM second_factors WHERE user_id = ? ORDER BY factor_id', userId);
  }

  /** @throws FactorLimit */
  async add(factor: Pick<FactorRow, 'user_id' | 'kind' | 'label' | 'credential_id' | 'material' | 'counter'>): Promise<void> {
    if ((await this.of(factor.user_id)).length >= FACTORS_MAX) throw new FactorLimit(FACTORS_MAX);
    const now = this.#clock.now();
    const { user_id, kind, label, credential_id, material, counter } = factor;
    await this.#store.write((tx) => tx.run(ADD, newId('fac', now), user_id, kind, label, credential_id, material, counter, now, now));
  }

  /**
   * Writes down that a factor was used, once per counter. A passkey that keeps no counter says 0 for ever (WebAuthn §6.1.1).
   * @returns false when somebody used this counter or a later one a moment ago
   */
  async used(factorId: string, counter: number, driftSteps: number): Promise<boolean> {
    const now = this.#clock.now();
    const { changes } = await this.#store.write((tx) => tx.run(USED, counter, driftSteps, now, factorId, counter, counter));
    return changes === 1;
  }

  async remove(userId: string, factorId: string): Promise<boolean> {
    const gone = await this.#store.write((tx) =>
      tx.run('DELETE FROM second_factors WHERE user_id = ? AND factor_id = ?', userId, factorId),
    );
    return gone.changes === 1;
  }

  /** Takes all factors and codes of an account away: it enrols anew. */
  async reset(userId: string): Promise<void> {
    await this.#store.write(async (tx) => {
      await tx.run('DELETE FROM second_factors WHERE user_id = ?', userId);
      await tx.run('DELETE FROM recovery_codes WHERE user_id = ?', userId);
    });
  }

  /** Makes ten codes in place of those there were, and returns them, this once. */
  async issueRecoveryCodes(userId: string): Promise<string[]> {
    const codes = Array.from({ length: RECOVERY_CODES }, () =>
      randomBytes(RECOVERY_BYTES)
        .toString('hex')
        .replaceAll(/(.{5})(?=.)/g, '$1-'),
    );
    await this.#store.write(async (tx) => {
      await tx.run('DELETE FROM recovery_codes WHERE user_id = ?', userId);
      for (const code of codes) await tx.run('INSERT INTO recovery_codes (user_id, code_sha256) VALUES (?, ?)', userId, digest(code));
    });
    return codes;
  }

  /** Uses a code up. @returns false when it is none of this account's, or was used */
  async useRecoveryCode(userId: string, code: string): Promise<boolean> {
    const used = await this.#store.write((tx) =>
      tx.run('DELETE FROM recovery_codes WHERE user_id = ? AND code_sha256 = ?', userId, digest(code)),
    );
    return used.changes === 1;
  }

  async recoveryCodesLeft(userId: string): Promise<number> {
    const row = await this.#store.read.get<{ n: number }>('SELECT count(*) AS n FROM recovery_codes WHERE user_id = ?', userId);
    return row?.n ?? 0;
  }
}

/** 80 random bits: a plain digest suffices, there is nothing to guess. Dashes and capitals are how people type. */
const digest = (code: string): string =>
  createHash('sha256')
    .update(code.toLowerCase().replaceAll(/[^0-9a-f]/g, ''))
    .digest('hex');

const ADD = `INSERT INTO second_factors
  (factor_id, user_id, kind, label, credential_id, material, counter, drift_steps, created_at_ms, used_at_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`;
const USED = `UPDATE second_factors SET counter = ?, drift_steps = ?, used_at_ms = ?
  WHERE factor_id = ? AND (counter < ? OR (kind = 'passkey' AND counter = 0 AND ? = 0))`;
