/**
 * Pseudonyms: HMAC (RFC 2104) with SHA-256 or SM3 under the site key, cut to 128 bits. The same value has the same pseudonym within one epoch, so
 * that the cloud can count returning callers, and another one in the next, so that nobody can be followed for years.
 *
 * A phone number has few possible values: whoever holds the key can try them all. What resists is the secrecy of the key, which never
 * leaves the site, and nothing else; a plain hash would fall in seconds.
 */
import { createHmac } from 'node:crypto';
import { AnonymiseKeyUnfit } from './errors.ts';

/** SM3 (GB/T 32905) where the bank's rules ask for national algorithms; the construction is the same. */
export type PseudonymHash = 'sha256' | 'sm3';
export type PseudonymKind = 'caller' | 'line' | 'agent' | 'call';

/** RFC 2104 §3 discourages keys shorter than the hash. */
export const PSEUDONYM_KEY_MIN_BYTES = 32;
const PSEUDONYM_BYTES = 16;

/**
 * One letter per half byte. No digits, so a guard that looks for phone, card and identity numbers cannot trip over a pseudonym; no
 * vowels, so none can spell a name in pinyin.
 */
const LETTERS = 'bcdfghjklmnpqrst';

/** @throws AnonymiseKeyUnfit */
export function checkKey(key: Uint8Array): void {
  if (key.length < PSEUDONYM_KEY_MIN_BYTES) throw new AnonymiseKeyUnfit(key.length, PSEUDONYM_KEY_MIN_BYTES);
}

const DAY_MS = 86_400_000;
/**
 * Epochs have the same length for ever, counted in UTC from 1970, and are named by their length and first day: `90d-2026-10-10`. A site that
 * changes the length begins new epochs at once.
 * @param timeMs wall time in ms since 1970
 * @param days length of an epoch, 1 to 366
 */
export function epochOf(timeMs: number, days: number): string {
  const length = days * DAY_MS;
  return `${days}d-${new Date(Math.floor(timeMs / length) * length).toISOString().slice(0, 10)}`;
}

/** Such as `caller-` and 32 letters. Kinds do not mix: an agent's name and an equal caller's name get unrelated pseudonyms. */
export function pseudonym(key: Uint8Array, kind: PseudonymKind, epoch: string, value: string, hash: PseudonymHash = 'sha256'): string {
  // Kind and epoch never hold the separator and the value comes last, so two different inputs cannot read the same.
  const mac = createHmac(hash, key).update(`keepline pseudonym 1\0${kind}\0${epoch}\0${value}`, 'utf8').digest();
  let letters = '';
  for (const byte of mac.subarray(0, PSEUDONYM_BYTES)) letters += LETTERS.charAt(byte >> 4) + LETTERS.charAt(byte & 15);
  return `${kind}-${letters}`;
}

/** Mobile numbers of the mainland, however a trunk decorates them: `+86 138 1234 5678`, `013812345678` and `13812345678` are one caller. */
const MOBILE = /^(?:0|0086|86)?(1[3-9]\d{9})$/;

/** What trunks write in place of a withheld number (RFC 3323 §4.1.1.3 and the habits of carriers). */
const WITHHELD = /^(?:anonymous|unavailable|unknown|restricted)$/i;

/** One spelling per phone number, so that the same caller over two trunks has one pseudonym; '' when the number is withheld. */
export function canonicalNumber(number: string): string {
  const plain = number.normalize('NFKC').replaceAll(/[\s().+-]/g, '');
  if (WITHHELD.test(plain)) return '';
  return MOBILE.exec(plain)?.[1] ?? plain;
}
