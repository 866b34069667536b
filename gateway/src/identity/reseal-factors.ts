/** Secrets of authenticator apps under the key in use, where they lie under one before it. */
import type { Store } from '../store/store.ts';
import { Seal, type SealKeys } from './seal.ts';

/**
 * Each row by itself, and only where it is still what was read: somebody may enrol or leave meanwhile.
 * @returns secrets sealed anew. @throws SealBroken when none of the keys opens one; the former keys must then stay
 */
export async function resealFactors(store: Pick<Store, 'read' | 'write'>, keys: SealKeys): Promise<number> {
  const seal = new Seal(keys);
  let resealed = 0;
  const rows = await store.read.all<{ id: string; owner: string; material: Buffer }>(
    `SELECT factor_id AS id, user_id AS owner, material FROM second_factors WHERE kind = 'totp' ORDER BY factor_id`,
  );
  for (const { id, owner, material } of rows) {
    const fresh = seal.anew(material, owner);
    if (!fresh) continue;
    const sql = 'UPDATE second_factors SET material = ? WHERE factor_id = ? AND material = ?';
    resealed += (await store.write((tx) => tx.run(sql, fresh, id, material))).changes;
  }
  return resealed;
}
