/**
 * Whether this caller may use this route, pure: a session or a token, how far the sign-in has come, the permission, a fresh second
 * factor. In this order, so that nobody learns of a route's permission before having proven who they are.
 */
import { type Permission, PERMISSION_FACTS } from '@keepline/contracts/roles';
import { PasswordChangeNeeded, PermissionRefused, SecondFactorNeeded, SecondFactorUnenrolled, StepUpNeeded } from '../identity/errors.ts';
import type { Actor } from '../identity/identity-store.ts';
import type { Stage } from '../identity/session-stage.ts';
import type { Session } from '../identity/sessions.ts';
import { SignInNeeded } from './errors.ts';

/** Who may use a route. `stages`: also with a sign-in that has come only that far. */
export type Access = 'public' | { readonly permission: Permission; readonly stages?: readonly Stage[] };

export interface Caller {
  readonly actor: Actor;
  readonly permissions: ReadonlySet<Permission>;
  /** Undefined for a machine with a token. */
  readonly session: Session | undefined;
  readonly stage: Stage;
  readonly isFresh: boolean;
}

const UNFINISHED: Readonly<Record<Exclude<Stage, 'open'>, () => Error>> = {
  second_factor: () => new SecondFactorNeeded(),
  password_change: () => new PasswordChangeNeeded(),
  factor_enrolment: () => new SecondFactorUnenrolled(),
};

/** @throws SignInNeeded, SecondFactorNeeded, PasswordChangeNeeded, SecondFactorUnenrolled, PermissionRefused, StepUpNeeded */
export function authorise(caller: Caller | undefined, access: Access): void {
  if (access === 'public') return;
  if (!caller) throw new SignInNeeded();
  const { stage } = caller;
  if (stage !== 'open' && !access.stages?.includes(stage)) throw UNFINISHED[stage]();
  if (!caller.permissions.has(access.permission)) throw new PermissionRefused(access.permission);
  if (PERMISSION_FACTS[access.permission].stepUp && !caller.isFresh) throw new StepUpNeeded();
}
