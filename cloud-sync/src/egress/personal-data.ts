/**
 * Finds what must never leave the site: mainland mobile numbers, resident identity numbers (GB 11643), bank cards (ISO/IEC 7812), e-mail addresses.
 * Written apart from the recognisers of `compliance`, so that one mistake is not made twice. Pure.
 */
export type Finding = 'mobile_number' | 'resident_id' | 'bank_card' | 'email' | 'long_number';

/**
 * `text`: words written by people, such as labels. Any digit run counts, also inside letters, spaced or full-width, and no run may have 11 digits or more.
 * `opaque`: identifiers and pseudonyms. Random hex and base64url are full of digits, so only a run cut off on both sides by something
 * other than a letter or digit counts, taken as it stands, and only when it is a valid number of its kind.
 */
export type Reading = 'text' | 'opaque';

const LONG_NUMBER_DIGITS = 11;
const EMAIL = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/u;
/** Our own identifiers (RFC 9562 §5.7): of some forty thousand one has a last group that reads as a mobile number with a trunk prefix. */
const UUID_V7 = /(?<![A-Za-z0-9])[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![A-Za-z0-9])/g;
/** Nothing that could be a digit or an @, also after normalising. */
const HARMLESS = /^[A-Za-z_-]*$/;
const BETWEEN_DIGITS = /(?<=\d)[\s._·・–—/()+-]{1,3}(?=\d)/gu;

export function findPersonalData(value: string, reading: Reading): Finding | undefined {
  if (HARMLESS.test(value)) return undefined; // most of what is looked at: words of the configuration
  const plain = value.normalize('NFKC');
  if (plain.includes('@') && EMAIL.test(plain)) return 'email';
  if (reading === 'opaque') return firstFinding(plain.replaceAll(UUID_V7, '').match(/(?<![A-Za-z0-9])\d+[Xx]?(?![A-Za-z0-9])/g));
  const joined = plain.replaceAll(BETWEEN_DIGITS, '');
  const runs = [...(plain.match(/\d+[Xx]?/g) ?? []), ...(joined.match(/\d+[Xx]?/g) ?? [])];
  return firstFinding(runs) ?? (runs.some((run) => run.length >= LONG_NUMBER_DIGITS) ? 'long_number' : undefined);
}

function firstFinding(runs: readonly string[] | null): Finding | undefined {
  for (const run of runs ?? []) {
    // The X belongs to a resident number only; after any other it is the next letter.
    const digits = run.replace(/[Xx]$/, '');
    if (isMobileNumber(digits)) return 'mobile_number';
    if (isResidentId(run)) return 'resident_id';
    if (isBankCard(digits)) return 'bank_card';
  }
  return undefined;
}

/** 11 digits beginning 13 to 19 (MIIT numbering plan), with or without the country code 86 or 0086, or the trunk prefix 0. */
function isMobileNumber(run: string): boolean {
  return /^(?:(?:00)?86|0)?1[3-9]\d{9}$/.test(run);
}

const ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;
const ID_CHECK_DIGITS = '10X98765432';

/** 18 digits with the check digit of GB 11643-1999 (ISO 7064 MOD 11-2), or the old 15 digits with a real date. */
function isResidentId(run: string): boolean {
  if (/^\d{15}$/.test(run)) return /^[1-8]\d{5}/.test(run) && isDate(`19${run.slice(6, 12)}`);
  if (!/^[1-8]\d{16}[\dXx]$/.test(run) || !isDate(run.slice(6, 14))) return false;
  const sum = ID_WEIGHTS.reduce((total, weight, i) => total + weight * Number(run[i]), 0);
  return ID_CHECK_DIGITS[sum % 11] === run[17]?.toUpperCase();
}

/** `yyyymmdd` that the calendar has. */
function isDate(digits: string): boolean {
  const [year, month, day] = [Number(digits.slice(0, 4)), Number(digits.slice(4, 6)), Number(digits.slice(6, 8))];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return year >= 1850 && year <= 2100 && days !== undefined && day >= 1 && day <= days;
}

/** 13 to 19 digits with a correct Luhn digit (ISO/IEC 7812-1 Annex B), not all the same. */
function isBankCard(run: string): boolean {
  if (!/^\d{13,19}$/.test(run) || /^(\d)\1+$/.test(run)) return false;
  let sum = 0;
  for (let i = 0; i < run.length; i++) {
    const digit = Number(run[run.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
