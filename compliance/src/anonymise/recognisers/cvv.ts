/** Card verification values: three digits, four on some cards, beside their keyword. Pure. */
import type { Claim } from '../kinds.ts';
import type { Reading } from '../reading/reading.ts';
import { secrets } from './secrets.ts';

export const cvv = (reading: Reading): Generator<Claim> => secrets(reading, { type: 'CVV', lengths: [3, 4] });
