/**
 * Reads what proves to the server who we are: a NATS `.creds` file (user JWT and seed), a PEM file (certificate and key, mutual TLS), an nkey
 * seed, or user and password as JSON. Read again at every dial, so that a rotated file is taken without a restart.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf } from '@keepline/contracts/errors';
import { type Authenticator, credsAuthenticator, nkeyAuthenticator, usernamePasswordAuthenticator } from '@nats-io/transport-node';
import { CredentialsInvalid } from './errors.ts';

/** Larger files are no credentials; a PEM chain of four certificates is smaller. */
const MAX_BYTES = 32_768;

export type ProofKind = 'jwt' | 'mtls' | 'nkey' | 'password';

export interface Proof {
  readonly kind: ProofKind;
  /** Public: the user's nkey (`U…`), the certificate's SHA-256, or the user name. Changes when the proof was rotated. */
  readonly identity: string;
  /** Wall ms since 1970; undefined when it does not expire or does not say. */
  readonly expiresMs: number | undefined;
  readonly authenticator?: Authenticator;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** @param wanted refuses other kinds; `any` takes all four. @throws KeeplineError CREDENTIALS_INVALID; the message never shows the content */
export function readProof(path: string, wanted: 'any' | 'jwt' | 'mtls' = 'any'): Proof {
  const proof = proofIn(path, contentOf(path));
  if (wanted !== 'any' && proof.kind !== wanted)
    throw new CredentialsInvalid(path, `it is of the kind ${proof.kind}, the setting cloud.credentials asks for ${wanted}`);
  return proof;
}

/** For those who need the authenticator alone. @throws KeeplineError CREDENTIALS_INVALID */
export function readCredentials(path: string): Authenticator {
  const { authenticator } = readProof(path);
  if (!authenticator) throw new CredentialsInvalid(path, 'a certificate is no credential of a user here');
  return authenticator;
}

function contentOf(path: string): string {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (cause) {
    throw new CredentialsInvalid(path, messageOf(cause));
  }
  if (content.length > MAX_BYTES) throw new CredentialsInvalid(path, `it has ${content.length} bytes`);
  return content.toString('utf8').trim();
}

function proofIn(path: string, text: string): Proof {
  if (text.includes('BEGIN NATS USER JWT')) {
    const { sub, exp } = claimsIn(text);
    const expiresMs = exp === 0 ? undefined : exp * 1000;
    return { kind: 'jwt', identity: sub, expiresMs, authenticator: jwtProof(text) };
  }
  if (text.includes('BEGIN CERTIFICATE')) return certificateIn(path, text);
  if (/^SU[A-Z2-7]{56}$/.test(text)) {
    return { kind: 'nkey', identity: 'nkey', expiresMs: undefined, authenticator: nkeyAuthenticator(new TextEncoder().encode(text)) };
  }
  const { user, password } = parsed(path, text);
  return { kind: 'password', identity: user, expiresMs: undefined, authenticator: usernamePasswordAuthenticator(user, password) };
}

/**
 * Without the field `nkey`, which the client adds and no server needs beside a JWT: with it a server that reads its accounts again (memory resolver,
 * 2.9.10) looks the user up among its configured nkeys, does not find it, and cuts every connection instead of the revoked one.
 */
function jwtProof(text: string): Authenticator {
  const whole = credsAuthenticator(Buffer.from(`${text}\n`)); // its pattern wants the last line ended
  return (nonce) => {
    const proof = whole(nonce);
    return proof !== undefined && 'jwt' in proof && 'sig' in proof ? { jwt: proof.jwt, sig: proof.sig ?? '' } : proof;
  };
}

/** Subject and expiry of the JWT in a .creds file; a text that is none leaves both open, and the server refuses it by name. */
function claimsIn(text: string): { sub: string; exp: number } {
  const [, body] = /-+BEGIN NATS USER JWT-+\s+[\w-]+\.([\w-]+)\.[\w-]+/.exec(text) ?? [];
  const claims: unknown = body === undefined ? {} : parseJson(Buffer.from(body, 'base64url').toString('utf8'));
  if (typeof claims !== 'object' || claims === null) return { sub: '', exp: 0 };
  const sub = 'sub' in claims && typeof claims.sub === 'string' ? claims.sub : '';
  return { sub, exp: 'exp' in claims && typeof claims.exp === 'number' ? claims.exp : 0 };
}

function certificateIn(path: string, text: string): Proof {
  const blocks = text.match(/-----BEGIN ([A-Z ]+)-----[^]*?-----END \1-----/g) ?? [];
  const cert = blocks.filter((block) => block.includes('BEGIN CERTIFICATE')).join('\n');
  const key = blocks.find((block) => block.includes('PRIVATE KEY'));
  if (key === undefined) throw new CredentialsInvalid(path, 'it has a certificate but no private key');
  try {
    const { fingerprint256, validTo } = new X509Certificate(cert);
    return { kind: 'mtls', identity: fingerprint256.replaceAll(':', '').toLowerCase(), expiresMs: Date.parse(validTo), tls: { cert, key } };
  } catch {
    throw new CredentialsInvalid(path, 'its certificate cannot be read');
  }
}

function parsed(path: string, text: string): { user: string; password: string } {
  const value = parseJson(text);
  if (value === undefined) throw new CredentialsInvalid(path, 'it is neither JSON nor PEM nor a .creds file nor an nkey seed');
  if (typeof value === 'object' && value !== null && 'user' in value && 'password' in value) {
    const { user, password } = value;
    if (typeof user === 'string' && user !== '' && typeof password === 'string' && password !== '') return { user, password };
  }
  throw new CredentialsInvalid(path, 'it needs "user" and "password", both non-empty texts');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
