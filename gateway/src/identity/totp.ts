/**
 * Time-based one-time passwords, pure: RFC 6238 with SHA-1, six digits, steps of 30 s (what every authenticator app knows), one step of
 * drift either way (§5.2). A step that was used is not taken again.
 */
import { Secret, TOTP } from 'otpauth';

export const STEP_MS = 30_000;
/** RFC 4226 §4 R6 asks for 128 bits at least and recommends 160. */
export const SECRET_BYTES = 20;
const WINDOW = 1;
const DIGITS = 6;

export interface Matched {
  /** Number of the step since 1970: remembered so that it is not taken again. */
  readonly step: number;
  /** Steps the phone is ahead (above 0) or behind. */
  readonly drift: number;
}

/** @param lastStep the latest step used so far. @returns undefined when the code is wrong, too old, or used */
export function matchTotp(secret: Uint8Array, code: string, nowMs: number, lastStep: number): Matched | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  const drift = totp(secret).validate({ token: code, timestamp: nowMs, window: WINDOW });
  if (drift === null) return undefined;
  const step = Math.floor(nowMs / STEP_MS) + drift;
  return step > lastStep ? { step, drift } : undefined;
}

/** What an authenticator app reads from a QR code. */
export function totpUri(secret: Uint8Array, site: string, userId: string): string {
  return totp(secret, `Keepline ${site}`, userId).toString();
}

export function base32Of(secret: Uint8Array): string {
  return new Secret({ buffer: bufferOf(secret) }).base32;
}

function totp(secret: Uint8Array, issuer = '', label = 'account'): TOTP {
  const algorithm = 'SHA1';
  return new TOTP({ issuer, label, algorithm, digits: DIGITS, period: STEP_MS / 1000, secret: new Secret({ buffer: bufferOf(secret) }) });
}

/** A copy of its own: the secret may be a window on a larger buffer. */
const bufferOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
