/**
 * Which passwords are taken, pure (MLPS level 3, 8.1.4.1 a: complex and changed regularly): three of four classes of characters, or a
 * sentence long enough to need none; never the name itself.
 */
export interface PasswordPolicy {
  /** Characters. */
  readonly minLength: number;
  /** Former passwords that may not come back. */
  readonly history: number;
  /** Age after which a privileged account must change its password, ms. */
  readonly privilegedMaxAgeMs: number;
}

/** Characters from which on a sentence needs no classes. */
export const PASSPHRASE_LENGTH = 20;
/** Characters; bounds the work of hashing. */
export const PASSWORD_MAX = 256;
const CLASSES = [/\p{Ll}|\p{Lo}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{L}\p{Nd}]/u];
const CLASSES_WANTED = 3;
/** Different characters in any password: `aaaa…` is long and no secret. */
const DISTINCT_WANTED = 6;

/** Why a password is refused, in words that do not quote it; undefined when it fits. */
export function passwordFault(password: string, userId: string, policy: Pick<PasswordPolicy, 'minLength'>): string | undefined {
  const letters = Array.from(password.normalize('NFKC'));
  if (letters.length < policy.minLength) return `it has fewer than ${policy.minLength} characters`;
  if (password.length > PASSWORD_MAX) return `it has more than ${PASSWORD_MAX} characters`;
  if (new Set(letters).size < DISTINCT_WANTED) return `it has fewer than ${DISTINCT_WANTED} different characters`;
  const classes = CLASSES.filter((shape) => shape.test(password)).length;
  if (classes < CLASSES_WANTED && letters.length < PASSPHRASE_LENGTH)
    return `it has ${classes} of four classes of characters and fewer than ${PASSPHRASE_LENGTH} characters`;
  if (password.toLowerCase().includes(userId.toLowerCase()) && letters.length < PASSPHRASE_LENGTH)
    return 'it holds the name of the account';
  return undefined;
}

/** Whether a password has to be changed before anything else. Wall time in ms. */
export function isChangeDue(
  password: { readonly mustChange: boolean; readonly changedAtMs: number },
  account: { readonly isPrivileged: boolean },
  nowMs: number,
  policy: Pick<PasswordPolicy, 'privilegedMaxAgeMs'>,
): boolean {
  return password.mustChange || (account.isPrivileged && nowMs - password.changedAtMs >= policy.privilegedMaxAgeMs);
}
