/**
 * G.711 companding (ITU-T G.711): A-law is the law of the house, µ-law is translated at the edge by table. Linear samples are 16 bit.
 */
/** A-law of the smallest positive sample: what silence looks like on the wire. */
export const ALAW_SILENCE = 0xd5;

export function alawToLinear(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = (bits & 15) << 4;
  const size = segment === 0 ? step + 8 : (step + 0x108) << (segment - 1);
  return (bits & 0x80) === 0 ? -size : size;
}

export function linearToAlaw(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80;
  const size = Math.min(sample < 0 ? ~sample : sample, 0x7fff);
  const segment = size < 256 ? 0 : 24 - Math.clz32(size);
  const step = (size >> (segment === 0 ? 4 : segment + 3)) & 15;
  return (sign | (segment << 4) | step) ^ 0x55;
}

const ULAW_BIAS = 0x84;
const ULAW_CLIP = 32_635;

export function ulawToLinear(code: number): number {
  const bits = ~code;
  const size = ((((bits & 15) << 3) + ULAW_BIAS) << ((bits >> 4) & 7)) - ULAW_BIAS;
  return (bits & 0x80) === 0 ? size : -size;
}

export function linearToUlaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const size = Math.min(Math.abs(sample), ULAW_CLIP) + ULAW_BIAS;
  const segment = 24 - Math.clz32(size);
  return ~(sign | (segment << 4) | ((size >> (segment + 3)) & 15)) & 0xff;
}

const ULAW_TO_ALAW = Uint8Array.from({ length: 256 }, (_, code) => linearToAlaw(ulawToLinear(code)));
const ALAW_TO_ULAW = Uint8Array.from({ length: 256 }, (_, code) => linearToUlaw(alawToLinear(code)));

/** Translates µ-law to A-law in place. */
export function ulawToAlaw(bytes: Uint8Array, from: number, to: number): void {
  translate(ULAW_TO_ALAW, bytes, from, to);
}

/** Translates A-law to µ-law in place. */
export function alawToUlaw(bytes: Uint8Array, from: number, to: number): void {
  translate(ALAW_TO_ULAW, bytes, from, to);
}

function translate(table: Uint8Array, bytes: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) bytes[i] = table[bytes[i] ?? 0] ?? 0;
}
