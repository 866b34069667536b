/** User and password for the NATS server, generated once and kept readable by this user only. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { KeeplineError } from '@keepline/contracts/errors';

const PASSWORD_BYTES = 24;

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Reads the file, or makes it with a fresh password for `user`. @throws KeeplineError UP_CREDENTIALS_UNREADABLE */
export function credentialsIn(path: string, user: string): Credentials {
  if (!existsSync(path)) {
    const fresh: Credentials = { user, password: randomBytes(PASSWORD_BYTES).toString('base64url') };
    writeFileSync(path, `${JSON.stringify(fresh)}\n`, { mode: 0o600, flag: 'wx' });
    return fresh;
  }
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof found === 'object' && found !== null && 'user' in found && 'password' in found)
      if (typeof found.user === 'string' && typeof found.password === 'string') return { user: found.user, password: found.password };
  } catch {
    // told below, without the content
  }
  throw new KeeplineError('UP_CREDENTIALS_UNREADABLE', `${path} does not hold {"user", "password"}`, {
    hint: `Delete it to have new ones generated for the stand-in cloud: rm ${path}`,
    offending: path,
  });
}
