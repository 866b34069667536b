/** Reads what proves to the server who we are: user and password (JSON), a NATS `.creds` file (JWT), or an nkey seed. */
import { readFileSync } from 'node:fs';
import { messageOf } from '@keepline/contracts/errors';
import { type Authenticator, credsAuthenticator, nkeyAuthenticator, usernamePasswordAuthenticator } from '@nats-io/transport-node';
import { CredentialsInvalid } from './errors.ts';

/** Larger files are no credentials. */
const MAX_BYTES = 16_384;

/** @throws KeeplineError CREDENTIALS_INVALID; the message never shows the content */
export function readCredentials(path: string): Authenticator {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (cause) {
    throw new CredentialsInvalid(path, messageOf(cause));
  }
  if (content.length > MAX_BYTES) throw new CredentialsInvalid(path, `it has ${content.length} bytes`);
  const text = content.toString('utf8').trim();
  if (text.includes('BEGIN NATS USER JWT')) return credsAuthenticator(content);
  if (/^SU[A-Z2-7]{56}$/.test(text)) return nkeyAuthenticator(new TextEncoder().encode(text));
  const { user, password } = parsed(path, text);
  return usernamePasswordAuthenticator(user, password);
}

function parsed(path: string, text: string): { user: string; password: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CredentialsInvalid(path, 'it is neither JSON nor a .creds file nor an nkey seed');
  }
  if (typeof value === 'object' && value !== null && 'user' in value && 'password' in value) {
    const { user, password } = value;
    if (typeof user === 'string' && user !== '' && typeof password === 'string' && password !== '') return { user, password };
  }
  throw new CredentialsInvalid(path, 'it needs "user" and "password", both non-empty texts');
}
