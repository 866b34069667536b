/**
 * What an agent sees of a caller's number: first three and last two digits (138******78). Pure.
 */
const SHOWN_FIRST = 3;
const SHOWN_LAST = 2;
/** With fewer hidden digits the rest could be tried out. */
const HIDDEN_MIN = 4;

/** Keeps the country code of China apart, so that the digits shown are those of the number. Short numbers and names are hidden wholly. */
export function maskNumber(number: string): string {
  const [, prefix = '', national = number] = /^(\+86|0086)(1\d{10})$/.exec(number) ?? [];
  const [, plus = '', digits = ''] = /^(\+?)(\d+)$/.exec(national) ?? [];
  const hidden = digits.length - SHOWN_FIRST - SHOWN_LAST;
  if (hidden < HIDDEN_MIN) return '*'.repeat(number.length);
  return `${prefix}${plus}${digits.slice(0, SHOWN_FIRST)}${'*'.repeat(hidden)}${digits.slice(-SHOWN_LAST)}`;
}
