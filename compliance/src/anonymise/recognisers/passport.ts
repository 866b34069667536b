/** Passports: Chinese ordinary (E and a letter or digit, formerly G, 14, 15), service and diplomatic, and foreign ones in their usual shapes. Pure. */
import type { Claim } from '../kinds.ts';
import type { Reading } from '../reading/reading.ts';
import { documentNumbers } from './lettered-number.ts';

export const passport = (reading: Reading): Generator<Claim> =>
  documentNumbers(reading, {
    type: 'PASSPORT',
    shape: /^(?:[A-Z]\d{7,8}|[A-Z]{2}\d{6,7}|\d{9})$/,
    digits: [6, 7, 8, 9],
    particular: /^[EGDSPK](?:\d{8}|[A-Z]\d{7})$/,
  });
