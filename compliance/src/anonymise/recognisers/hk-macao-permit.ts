/** Mainland travel permits of Hong Kong and Macao residents (H or M) and permits for travel there (C, W). Pure. */
import type { Claim } from '../kinds.ts';
import type { Reading } from '../reading/reading.ts';
import { documentNumbers } from './lettered-number.ts';

export const hkMacaoPermit = (reading: Reading): Generator<Claim> =>
  documentNumbers(reading, {
    type: 'HK_MACAO_PERMIT',
    shape: /^(?:[HM]\d{8}(?:\d{2})?|[CW]\d{8}|[CW][A-Z]\d{7})$/,
    digits: [7, 8, 10],
    particular: /^[HMCW]\d{8,10}$/,
  });
