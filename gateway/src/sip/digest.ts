/**
 * Digest authentication, pure: RFC 7616 as SIP uses it (RFC 8760, RFC 3261 §22). SHA-256, SHA-512-256 and MD5, qop `auth` or none.
 * Hashes come as lower-case hex; a secret is a password or, better, its HA1, which is good for one realm only.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { printable, quoted } from './parse-header.ts';
import { splitAt } from './parse-list.ts';

/** Best first: the order in which we offer and choose (RFC 8760 §2.3). */
export const DIGEST_ALGORITHMS = ['SHA-512-256', 'SHA-256', 'MD5'] as const;
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];

export type DigestSecret =
  | { readonly username: string; readonly password: string }
  /** H(username:realm:password) for the algorithms it was made for. */
  | { readonly username: string; readonly realm: string; readonly ha1: Readonly<Partial<Record<DigestAlgorithm, string>>> };

export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string;
  readonly algorithm: DigestAlgorithm;
  /** '' for the form of RFC 2069, which old gateways still send. */
  readonly qop: 'auth' | '';
  readonly stale: boolean;
}

export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly qop: 'auth' | '';
  readonly cnonce: string;
  /** As it stood, eight hex digits. */
  readonly nc: string;
}

const HASHES: Readonly<Record<DigestAlgorithm, string>> = { 'SHA-512-256': 'sha512-256', 'SHA-256': 'sha256', MD5: 'md5' };
const hash = (algorithm: DigestAlgorithm, text: string): string => createHash(HASHES[algorithm]).update(text, 'utf8').digest('hex');

/** null where the secret holds nothing for this algorithm or realm. */
export function ha1Of(secret: DigestSecret, algorithm: DigestAlgorithm, realm: string): string | null {
  if ('password' in secret) return hash(algorithm, `${secret.username}:${realm}:${secret.password}`);
  return secret.realm === realm ? (secret.ha1[algorithm] ?? null) : null;
}

/** RFC 7616 §3.4.1. */
export function digestResponse(ha1: string, method: string, claim: Omit<DigestCredentials, 'response' | 'username' | 'realm'>): string {
  const ha2 = hash(claim.algorithm, `${method}:${claim.uri}`);
  const middle = claim.qop === '' ? claim.nonce : `${claim.nonce}:${claim.nc}:${claim.cnonce}:${claim.qop}`;
  return hash(claim.algorithm, `${ha1}:${middle}:${ha2}`);
}

/** Whether the claim was made by someone who knows the secret; takes the same time however wrong it is. */
export function provesSecret(claim: DigestCredentials, ha1: string, method: string): boolean {
  const expected = Buffer.from(digestResponse(ha1, method, claim));
  const given = Buffer.from(claim.response.toLowerCase());
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The value of WWW-Authenticate or Proxy-Authenticate. */
export function formatChallenge(challenge: DigestChallenge): string {
  const { realm, nonce, algorithm, qop, stale } = challenge;
  return `Digest realm=${quoted(realm)}, nonce="${nonce}", algorithm=${algorithm}${qop === '' ? '' : `, qop="${qop}"`}${stale ? ', stale=true' : ''}`;
}

/** The best of the challenges a response carries that we can answer; null when there is none. */
export function bestChallenge(values: readonly string[]): DigestChallenge | null {
  const known = values.flatMap((value) => parseChallenge(value) ?? []);
  for (const algorithm of DIGEST_ALGORITHMS) {
    const challenge = known.find((one) => one.algorithm === algorithm);
    if (challenge !== undefined) return challenge;
  }
  return null;
}

/** null for another scheme, an algorithm we do not speak, or a qop without `auth`. */
export function parseChallenge(value: string): DigestChallenge | null {
  const fields = parseFields(value);
  const algorithm = algorithmOf(fields?.get('algorithm'));
  const realm = fields?.get('realm');
  const nonce = fields?.get('nonce');
  if (!fields || algorithm === null || realm === undefined || nonce === undefined || nonce === '') return null;
  const offered = fields.get('qop');
  const qop = offered === undefined ? '' : offered.split(',').some((one) => one.trim().toLowerCase() === 'auth') ? 'auth' : null;
  if (qop === null) return null;
  return { realm, nonce, opaque: fields.get('opaque') ?? '', algorithm, qop, stale: fields.get('stale')?.toLowerCase() === 'true' };
}

/** The value of Authorization or Proxy-Authorization; null when it is not complete. */
export function parseCredentials(value: string): DigestCredentials | null {
  const fields = parseFields(value);
  const algorithm = algorithmOf(fields?.get('algorithm'));
  if (!fields || algorithm === null) return null;
  const [username, realm, nonce, uri, response] = ['username', 'realm', 'nonce', 'uri', 'response'].map((name) => fields.get(name) ?? '');
  const qop = fields.get('qop')?.toLowerCase() ?? '';
  const nc = fields.get('nc') ?? '';
  if (!username || realm === undefined || !nonce || !uri || !response || (qop !== '' && qop !== 'auth')) return null;
  if (qop === 'auth' && !/^[0-9a-f]{8}$/i.test(nc)) return null;
  return { username, realm, nonce, uri, response, algorithm, qop, nc, cnonce: fields.get('cnonce') ?? '' };
}

/**
 * Our answer to a challenge.
 * @param count how often this nonce has been used, this time included (RFC 7616 §3.4: nc)
 * @returns null when the secret holds nothing for this challenge
 */
export function authorization(
  challenge: DigestChallenge,
  secret: DigestSecret,
  request: { readonly method: string; readonly uri: string; readonly cnonce: string; readonly count: number },
): string | null {
  const ha1 = ha1Of(secret, challenge.algorithm, challenge.realm);
  if (ha1 === null) return null;
  const { uri, cnonce } = request;
  const nc = request.count.toString(16).padStart(8, '0');
  const { algorithm, qop, nonce } = challenge;
  const response = digestResponse(ha1, request.method, { nonce, uri, algorithm, qop, nc, cnonce });
  const parts = [
    `username=${quoted(secret.username)}`,
    `realm=${quoted(challenge.realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
  ];
  if (qop !== '') parts.push(`qop=${qop}`, `nc=${nc}`, `cnonce="${printable(cnonce)}"`);
  if (challenge.opaque !== '') parts.push(`opaque=${quoted(challenge.opaque)}`);
  return `Digest ${parts.join(', ')}`;
}

/** Without a name it is MD5 (RFC 7616 §3.3); session variants are not spoken. */
function algorithmOf(name: string | undefined): DigestAlgorithm | null {
  if (name === undefined || name === '') return 'MD5';
  return DIGEST_ALGORITHMS.find((known) => known === name.toUpperCase()) ?? null;
}

const COMMA = 0x2c;
function parseFields(value: string): ReadonlyMap<string, string> | null {
  const scheme = /^\s*digest\s+/i.exec(value);
  if (scheme === null) return null;
  const fields = new Map<string, string>();
  for (const part of splitAt(value.slice(scheme[0].length), COMMA)) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(equals, 0)).trim().toLowerCase();
    const text = part.slice(equals + 1).trim();
    if (name === '' || fields.has(name)) return null; // said twice: which one was meant cannot be told
    fields.set(name, /^".*"$/s.test(text) ? text.slice(1, -1).replace(/\\(.)/gs, '$1') : text);
  }
  return fields;
}
