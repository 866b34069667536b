/**
 * SRTP keys in SDP: the `a=crypto` attribute (RFC 4568 §9.1) of the suites we speak. What we cannot do exactly as asked (an MKI, another key
 * derivation rate, a part left unencrypted) is not chosen, as §6.3 demands, rather than done half.
 */
import { attributes, type SdpLine } from './session.ts';

/** RFC 4568 §6.2 and RFC 7714 §14.2. */
export type CryptoSuite = 'AES_CM_128_HMAC_SHA1_80' | 'AEAD_AES_128_GCM' | 'AES_CM_128_HMAC_SHA1_32';

/** Master key and master salt together, bytes. */
export const KEY_BYTES: Readonly<Record<CryptoSuite, number>> = {
  AES_CM_128_HMAC_SHA1_80: 30,
  AEAD_AES_128_GCM: 28,
  AES_CM_128_HMAC_SHA1_32: 30,
};
/** What we offer, best first: both are strong, and counter mode costs a third of GCM here (ADR 0011). The short tag is taken, not offered. */
export const OFFERED_SUITES: readonly CryptoSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'];
/** Attributes of one stream that are looked at. */
const CRYPTO_LINES_MAX = 16;
/** Shortest lifetime of a key taken, packets as a power of two: half a day of sound, which no call outlives. */
const LIFETIME_BITS_MIN = 21;

export interface CryptoLine {
  readonly tag: number;
  readonly suite: CryptoSuite;
  /** Master key, then master salt. */
  readonly key: Uint8Array<ArrayBuffer>;
}

/** The keys of a stream that we can use, in the order of the far end. */
export function readCrypto(lines: readonly SdpLine[]): CryptoLine[] {
  return attributes(lines, 'crypto').slice(0, CRYPTO_LINES_MAX).flatMap(readLine);
}

export function cryptoLine(tag: number, suite: CryptoSuite, key: Uint8Array): SdpLine {
  return { type: 'a', value: `crypto:${tag} ${suite} inline:${Buffer.from(key).toString('base64')}` };
}

function readLine(value: string): CryptoLine[] {
  const [tagText = '', name = '', keyText = '', ...session] = value.trim().split(/ +/);
  const suite = OUR_SUITES.find((ours) => ours === name.toUpperCase());
  if (!/^[0-9]{1,9}$/.test(tagText) || suite === undefined || !session.every(isBearable)) return [];
  const [inline = '', ...rest] = keyText.split('|');
  if (!/^inline:[A-Za-z0-9+/]+={0,2}$/i.test(inline) || rest.length > 1 || !rest.every(isLongEnough)) return []; // a second part is an MKI
  const key = new Uint8Array(Buffer.from(inline.slice('inline:'.length), 'base64'));
  return key.length === KEY_BYTES[suite] ? [{ tag: Number(tagText), suite, key }] : [];
}

const OUR_SUITES = Object.keys(KEY_BYTES) as CryptoSuite[]; // the record has exactly these keys

/** A window hint asks no more than our replay window; a parameter with a dash may be left out (RFC 4568 §6.3.7). */
const isBearable = (parameter: string): boolean => parameter.startsWith('-') || /^WSH=[0-9]+$/i.test(parameter);

/** `2^48` or a number of packets. What holds a colon is an MKI. */
function isLongEnough(lifetime: string): boolean {
  const power = /^2\^([0-9]{1,2})$/.exec(lifetime)?.[1];
  if (power !== undefined) return Number(power) >= LIFETIME_BITS_MIN;
  return /^[0-9]{1,15}$/.test(lifetime) && Number(lifetime) >= 2 ** LIFETIME_BITS_MIN;
}
