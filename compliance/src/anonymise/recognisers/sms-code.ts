/** One-time codes sent by SMS: four to eight digits, or six with letters, beside their keyword. Pure. */
import type { Claim } from '../kinds.ts';
import type { Reading } from '../reading/reading.ts';
import { secrets } from './secrets.ts';

export const smsCode = (reading: Reading): Generator<Claim> =>
  secrets(reading, { type: 'SMS_CODE', lengths: [4, 5, 6, 7, 8], lettered: /^(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z0-9]{4,8}(?![A-Z0-9])/ });
