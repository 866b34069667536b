/** Mainland travel permits of Taiwan residents (eight digits, formerly ten and a letter) and permits for travel there (T, L). Pure. */
import type { Claim } from '../kinds.ts';
import type { Reading } from '../reading/reading.ts';
import { documentNumbers } from './lettered-number.ts';

export const taiwanPermit = (reading: Reading): Generator<Claim> =>
  documentNumbers(reading, {
    type: 'TAIWAN_PERMIT',
    shape: /^(?:[TL]?\d{8}|T[A-Z]\d{7}|\d{10})$/,
    digits: [7, 8, 10],
    particular: /^[TL]\d{8}$/,
  });
