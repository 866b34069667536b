/**
 * The few ASN.1 values an X.509 certificate is made of, encoded by DER (ITU-T X.690 §8, §10, §11). Encoding only; nothing here parses.
 * Pure: values in, bytes out.
 */
type Bytes = Uint8Array;

/** Universal tags, X.680 §8.6; constructed ones carry bit 6 already. */
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Tag, length in the shortest form (X.690 §10.1), contents. */
export function tagged(tag: number, ...contents: readonly Bytes[]): Bytes {
  const body = Buffer.concat(contents);
  return Buffer.concat([Uint8Array.of(tag), lengthOf(body.length), body]);
}

function lengthOf(count: number): Bytes {
  if (count < 0x80) return Uint8Array.of(count);
  const digits = base256(BigInt(count));
  return Uint8Array.of(0x80 | digits.length, ...digits);
}

function base256(value: bigint): number[] {
  const digits: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) digits.unshift(Number(rest & 0xffn));
  return digits;
}

export const sequence = (...members: readonly Bytes[]): Bytes => tagged(TAG.sequence, ...members);
export const set = (...members: readonly Bytes[]): Bytes => tagged(TAG.set, ...members);
export const boolean = (value: boolean): Bytes => tagged(TAG.boolean, Uint8Array.of(value ? 0xff : 0x00));
export const octetString = (contents: Bytes): Bytes => tagged(TAG.octetString, contents);
export const utf8 = (text: string): Bytes => tagged(TAG.utf8, Buffer.from(text, 'utf8'));

/** A whole number from 0 up; a leading zero keeps it positive in two's complement (X.690 §8.3). */
export function unsigned(value: bigint): Bytes {
  const digits = base256(value);
  if (digits.length === 0 || (digits[0] ?? 0) >= 0x80) digits.unshift(0);
  return tagged(TAG.integer, Uint8Array.from(digits));
}

/** @param unusedBits 0 to 7 bits at the end that do not count (X.690 §8.6) */
export const bitString = (contents: Bytes, unusedBits = 0): Bytes => tagged(TAG.bitString, Uint8Array.of(unusedBits), contents);

/** @param dotted such as `1.2.840.10045.2.1` (X.690 §8.19: the first two arcs share one byte, the rest is base 128) */
export function objectId(dotted: string): Bytes {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | (left & 0x7f));
    bytes.push(...digits);
  }
  return tagged(TAG.objectId, Uint8Array.from(bytes));
}

/** A moment in whole seconds UTC: two-digit years until 2049, four after (RFC 5280 §4.1.2.5). @param ms wall time since 1970 */
export function time(ms: number): Bytes {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const year = Number(digits.slice(0, 4));
  return year < 2050 ? tagged(TAG.utcTime, Buffer.from(digits.slice(2))) : tagged(TAG.generalizedTime, Buffer.from(digits));
}
