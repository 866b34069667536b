/**
 * Passwords as argon2id hashes (RFC 9106) in PHC string form, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. Runs in the thread pool of
 * Node, about 40 ms and 19 MiB each: `credentials` bounds how many at once.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. Raise here; older hashes are renewed at the next sign-in. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Bounds for what is read back, so that a damaged row cannot ask for gigabytes: KiB, passes, lanes. */
const MOST = { memory: 1_048_576, passes: 16, parallelism: 16 } as const;

interface Parsed {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, HASH_BYTES, COST);
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${base64(salt)}$${base64(hash)}`;
}

/** Compares in constant time; a string that is not an argon2id hash of ours matches nothing. */
export async function verifyPassword(password: string, phc: string): Promise<boolean> {
  const parsed = parsePhc(phc);
  if (!parsed) return false;
  return timingSafeEqual(await derive(password, parsed.salt, parsed.hash.length, parsed), parsed.hash);
}

/** Whether the hash was made with other costs than today's. */
export function isOutdated(phc: string): boolean {
  const parsed = parsePhc(phc);
  return !parsed || parsed.memory !== COST.memory || parsed.passes !== COST.passes || parsed.parallelism !== COST.parallelism;
}

function parsePhc(phc: string): Parsed | undefined {
  const found = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/.exec(phc);
  if (!found) return undefined;
  const [memory = 0, passes = 0, parallelism = 0] = found.slice(1, 4).map(Number);
  const fits = memory <= MOST.memory && passes >= 1 && passes <= MOST.passes && parallelism >= 1 && parallelism <= MOST.parallelism;
  if (!fits || memory < 8 * parallelism) return undefined;
  return { memory, passes, parallelism, salt: Buffer.from(found[4] ?? '', 'base64'), hash: Buffer.from(found[5] ?? '', 'base64') };
}

interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

function derive(password: string, salt: Buffer, tagLength: number, { memory, passes, parallelism }: Cost): Promise<Buffer> {
  // NFKC: the same password typed on another keyboard or system may arrive in other code points
  const message = Buffer.from(password.normalize('NFKC'), 'utf8');
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce: salt, tagLength, memory, passes, parallelism }, (fault, hash) => {
      if (fault) reject(fault);
      else resolve(hash);
    });
  });
}

/** PHC strings leave the padding out. */
const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
