/**
 * How far a sign-in has come, pure. The second factor stands before the password change: somebody with a stolen password must not be
 * able to replace it. Only `open` gives the rights of a role; before that a session can do what leads there.
 */
export const STAGES = ['second_factor', 'password_change', 'factor_enrolment', 'open'] as const;
export type Stage = (typeof STAGES)[number];

export interface Progress {
  readonly hasFactor: boolean;
  readonly factorProven: boolean;
  readonly mustChangePassword: boolean;
  readonly isPrivileged: boolean;
}

export function stageOf({ hasFactor, factorProven, mustChangePassword, isPrivileged }: Progress): Stage {
  if (hasFactor && !factorProven) return 'second_factor';
  if (mustChangePassword) return 'password_change';
  if (isPrivileged && !hasFactor) return 'factor_enrolment';
  return 'open';
}
