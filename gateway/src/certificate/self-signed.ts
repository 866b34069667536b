/**
 * Makes a self-signed X.509 v3 certificate for a server: ECDSA P-256 with SHA-256 (RFC 5280, RFC 5480, RFC 5758 §3.2).
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bitString, boolean, objectId, octetString, sequence, set, tagged, time, unsigned, utf8 } from './der.ts';

export interface SelfSigned {
  /** PEM */
  readonly certificate: string;
  /** PEM, PKCS #8 */
  readonly privateKey: string;
}

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organisation: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

/** Who stands in the subject of every certificate made here; how `site-certificate` tells its own from a bank's. */
export const ORGANISATION = 'Keepline site';

/**
 * @param names DNS names and IP addresses the server is reached by; the first is the common name too
 * @param fromMs first moment of validity, wall time in ms since 1970
 * @param untilMs last moment of validity
 */
export function selfSigned(names: readonly string[], fromMs: number, untilMs: number): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = sequence(objectId(OID.ecdsaWithSha256));
  const name = sequence(attribute(OID.organisation, ORGANISATION), attribute(OID.commonName, (names[0] ?? 'localhost').slice(0, 64)));
  const toBeSigned = sequence(
    tagged(0xa0, unsigned(2n)), // v3
    unsigned(serialNumber()),
    algorithm,
    name,
    sequence(time(fromMs), time(untilMs)),
    name,
    spki,
    tagged(0xa3, sequence(...extensions(names, spki))),
  );
  const signature = sign('sha256', toBeSigned, { key: privateKey, dsaEncoding: 'der' });
  return {
    certificate: pem('CERTIFICATE', sequence(toBeSigned, algorithm, bitString(signature))),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** 127 random bits, positive and never zero: RFC 5280 §4.1.2.2 wants it unique, CA/B rules want at least 64 bits of chance. */
function serialNumber(): bigint {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return BigInt(`0x${bytes.toString('hex')}`);
}

const attribute = (oid: string, value: string): Uint8Array => set(sequence(objectId(oid), utf8(value)));

function extensions(names: readonly string[], spki: Uint8Array): Uint8Array[] {
  const extension = (oid: string, critical: boolean, value: Uint8Array): Uint8Array =>
    sequence(objectId(oid), ...(critical ? [boolean(true)] : []), octetString(value));
  // RFC 7093 §2 method 1: any stable digest of the key serves as its identifier
  const keyId = createHash('sha256').update(spki).digest().subarray(0, 20);
  return [
    extension(OID.basicConstraints, true, sequence()), // not a certificate authority
    extension(OID.keyUsage, true, bitString(Uint8Array.of(0x80), 7)), // digitalSignature
    extension(OID.extendedKeyUsage, false, sequence(objectId(OID.serverAuth))),
    extension(OID.subjectAltName, false, sequence(...names.map(generalName))),
    extension(OID.subjectKeyIdentifier, false, octetString(keyId)),
  ];
}

/** RFC 5280 §4.2.1.6: [2] dNSName as ASCII, [7] iPAddress as 4 or 16 bytes. */
function generalName(name: string): Uint8Array {
  return isIP(name) === 0 ? tagged(0x82, Buffer.from(name, 'ascii')) : tagged(0x87, addressBytes(name));
}

function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.').map(Number));
  const [head = '', tail = ''] = expandDottedTail(address).split('::');
  const words = (text: string): number[] => (text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16)));
  const before = words(head);
  const after = words(tail);
  const gap = address.includes('::') ? Array.from({ length: 8 - before.length - after.length }, () => 0) : [];
  return Uint8Array.from([...before, ...gap, ...after].flatMap((word) => [word >> 8, word & 0xff]));
}

/** `::ffff:10.0.0.1` writes its last 32 bits as IPv4 (RFC 4291 §2.2). */
function expandDottedTail(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
