/**
 * Which numbers may be dialled from a desk, pure: beginnings of numbers in the site file, and nothing without them (toll fraud). Numbers
 * are personal data and occur in no error.
 */
import { KeeplineError } from '@keepline/contracts/errors';
import { type NumberRules, type PhoneNumber, readNumber } from './numbers.ts';

/**
 * @param allowed beginnings as dialled in the country; a foreign number is reached only by one that begins with 00
 * @throws DialNumberInvalid, DialNotAllowed
 */
export function mayDial(text: string, rules: NumberRules, allowed: readonly string[]): PhoneNumber {
  const number = readNumber(text, rules);
  const { kind, national } = number;
  if (kind === 'unknown' || kind === 'anonymous' || kind === 'extension') throw new DialNumberInvalid();
  const fits = allowed.some((beginning) => {
    const digits = beginning.replace(/^\+/, '00');
    return national.startsWith(digits) && (kind === 'international') === digits.startsWith('00');
  });
  if (kind === 'emergency' || !fits) throw new DialNotAllowed(kind);
  return number;
}

export class DialNumberInvalid extends KeeplineError {
  constructor() {
    super('DIAL_NUMBER_INVALID', 'this is no telephone number that can be dialled', {
      hint: 'Write it as dialled in the country, with its area code; a foreign one with 00 or +.',
    });
  }
}

export class DialNotAllowed extends KeeplineError {
  constructor(kind: string) {
    super('DIAL_NOT_ALLOWED', `this site does not allow its desks to dial this number (${kind})`, {
      hint: 'The beginnings that may be dialled are in `dialling.allowed` of site.yaml; emergency numbers are dialled from a telephone.',
      offending: kind,
    });
  }
}
