/** PINs and passwords beside their keyword: six digits (four to eight on some devices), or letters and digits together. Pure. */
import type { Claim } from '../kinds.ts';
import type { Reading } from '../reading/reading.ts';
import { secrets } from './secrets.ts';

export const pin = (reading: Reading): Generator<Claim> =>
  secrets(reading, {
    type: 'PIN',
    lengths: [4, 5, 6, 7, 8],
    lettered: /^(?=[A-Z@#$%!_.]{0,20}\d)(?=[\d@#$%!_.]{0,20}[A-Z])[A-Z0-9@#$%!_.]{5,19}[A-Z0-9@#$%!_]/,
  });
