/** Which of the phones that are known by their place alone must prove themselves before they dial. */
import { BlockList, isIPv6 } from 'node:net';
import type { SipSource } from '../sip/transport.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Whether a place says who it is. On UDP anybody may write a source address (RFC 3261 §26.1): only this machine itself, and TLS, cannot be
 * imitated so easily. What else comes proves itself by digest, unless the site says that its voice network is closed.
 * @param policy `sip.staticPhones`
 */
export function isProvedByPlace({ address, transport }: Pick<SipSource, 'address' | 'transport'>, policy: 'prove' | 'address'): boolean {
  return policy === 'address' || transport === 'tls' || loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
