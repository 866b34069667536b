/** Name-based UUIDs, version 5 (RFC 9562 §5.5): the same name always gives the same one, so two reports of one evidence agree. Pure. */
import { createHash } from 'node:crypto';

/** Of all that Keepline names in OSCAL; a fixed random number. */
const NAMESPACE = Buffer.from('6f1b1d3a9c4e4b0c8a57d2e6710f93ab', 'hex');

export function uuidOf(...name: readonly string[]): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(name.join('\u0000')).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50; // version 5
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80; // variant of the RFC
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
