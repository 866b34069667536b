/** Column keys of a test: real sealing under a key made on the spot. */
import { randomBytes } from 'node:crypto';
import { columnKeyFrom } from '@keepline/compliance/keys';
import { SealedColumns } from '../columns.ts';

/** @param base64 the key, where two processes must share one */
export function columnsOfTest(base64 = randomBytes(32).toString('base64')): Promise<SealedColumns> {
  return SealedColumns.open(() => Promise.resolve({ current: columnKeyFrom('test', base64), former: [] }));
}
