/**
 * Passwords people can read aloud and type: four groups of four from an alphabet without look-alikes (no 0 and o, no 1 and l).
 * 32 characters are 5 bits each, so 16 of them are 80 bits.
 */
import { randomBytes } from 'node:crypto';

const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 4;

export function firstPassword(): string {
  const bytes = randomBytes(GROUPS * GROUP_LENGTH);
  const letters = Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length] ?? ''); // 256 is a multiple of 32: no bias
  return Array.from({ length: GROUPS }, (_, i) => letters.slice(i * GROUP_LENGTH, (i + 1) * GROUP_LENGTH).join('')).join('-');
}
