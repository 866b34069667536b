/** Refusals at the door: signing in, passwords, second factors, rights. */
import { KeeplineError } from '@keepline/contracts/errors';

/** The same for a wrong password, an unknown name, a disabled account and a used code: the door tells nobody who works here. */
export class SignInRefused extends KeeplineError {
  constructor() {
    super('SIGN_IN_REFUSED', 'the name or the password is wrong', {
      hint: 'Check both; capital letters count. A security administrator can issue a new enrolment code.',
    });
  }
}

export class SignInLocked extends KeeplineError {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super('SIGN_IN_LOCKED', 'too many attempts to sign in; wait before the next one', {
      hint: `Try again in ${Math.ceil(retryAfterMs / 1000)} s, or ask a security administrator to unlock the account.`,
      offending: Math.ceil(retryAfterMs / 1000),
    });
    this.retryAfterMs = retryAfterMs;
  }
}

export class SignInBusy extends KeeplineError {
  readonly retryAfterMs = 2000;

  constructor(waiting: number) {
    super('SIGN_IN_BUSY', 'too many people sign in at this moment', { hint: 'Try again in a few seconds.', offending: waiting });
  }
}

/** Told only after the right password. */
export class SignInSourceRefused extends KeeplineError {
  constructor(role: string) {
    super('SIGN_IN_SOURCE_REFUSED', `the role ${role} may not sign in from this address`, {
      hint: 'Sign in from the network set for this role: identity.sources in site.yaml.',
      offending: role,
    });
  }
}

/** An outage is no wrong password: it counts against nobody. */
export class DirectoryUnavailable extends KeeplineError {
  constructor(cause: unknown) {
    super('DIRECTORY_UNAVAILABLE', 'the directory of the bank cannot be asked', {
      hint: 'Accounts made on this site still come in. See identity.ldap and identity.oidc in site.yaml: address, certificate authority, and the password or secret.',
      cause,
    });
  }
}

/** What came back from the provider was not proven; the audit log has the same code, the page shows it. */
export class OidcRefused extends KeeplineError {
  constructor(why: string, cause?: unknown) {
    super('OIDC_REFUSED', `the sign-in at the identity provider did not hold: ${why}`, {
      hint: 'Begin again on the sign-in page. If it goes on: compare identity.oidc in site.yaml with the registration at the provider, and the clocks of both.',
      cause,
    });
  }
}

/** The provider vouches for somebody of whom nobody here has said who they are: a name alone makes nobody an account. */
export class OidcUnbound extends KeeplineError {
  constructor(subjectId: string) {
    super('OIDC_UNBOUND', 'this person of the identity provider is bound to no account of this site', {
      hint: 'A security administrator binds them once: page "Accounts", or POST /api/oidc/subjects/ID/bind.',
      offending: subjectId.slice(0, 16),
    });
  }
}

export class OidcSubjectUnknown extends KeeplineError {
  constructor() {
    super('OIDC_SUBJECT_UNKNOWN', 'nobody of the identity provider is known by this id', {
      hint: 'GET /api/oidc/subjects lists them; who waited 30 days or was removed signs in once more to be seen again.',
    });
  }
}

export class OidcBindingRefused extends KeeplineError {
  constructor(why: string) {
    super('OIDC_BINDING_REFUSED', `the binding was not made: ${why}`, {
      hint: 'One account has one person of the provider. Remove the former binding first, or choose another account.',
    });
  }
}

export class OidcAbsent extends KeeplineError {
  constructor() {
    super('OIDC_ABSENT', 'this site has no identity provider', {
      hint: 'Sign in with name and password; identity.oidc in site.yaml sets one.',
    });
  }
}

export class DirectorySecretLax extends KeeplineError {
  constructor(path: string) {
    super('DIRECTORY_SECRET_LAX', `${path} cannot be read, or others than the gateway may read it`, {
      hint: `Make it a plain file of the gateway's user: chmod 600 ${path}`,
      offending: path,
    });
  }
}

export class MachineAuthorityUnreadable extends KeeplineError {
  constructor(path: string, cause: unknown) {
    super('MACHINE_AUTHORITY_UNREADABLE', `the authority of client certificates cannot be read: ${path}`, {
      hint: 'Put its PEM there, or empty identity.machines.caFile in site.yaml.',
      offending: path,
      cause,
    });
  }
}

/** The same for an unknown authority, an expired certificate and an unknown name. */
export class MachineRefused extends KeeplineError {
  constructor() {
    super('MACHINE_REFUSED', 'the client certificate is not one of a machine of this site', {
      hint: 'Compare issuer, time and common name with identity.machines in site.yaml: openssl x509 -noout -issuer -dates -subject.',
    });
  }
}

export class PasswordRefused extends KeeplineError {
  constructor(why: string) {
    super('PASSWORD_REFUSED', `the password does not fit: ${why}`, {
      hint: 'Take at least 12 characters with three of: small letters, capitals, digits, signs; or a sentence of 20 characters and more.',
    });
  }
}

export class CurrentPasswordWrong extends KeeplineError {
  constructor() {
    super('CURRENT_PASSWORD_WRONG', 'the current password is wrong', {
      hint: 'Type the password you signed in with; capital letters count.',
    });
  }
}

export class PasswordChangeNeeded extends KeeplineError {
  constructor() {
    super('PASSWORD_CHANGE_NEEDED', 'the password must be changed before anything else', {
      hint: 'POST /api/session/password with the new one; the sign-in page asks for it.',
    });
  }
}

export class SecondFactorNeeded extends KeeplineError {
  constructor() {
    super('SECOND_FACTOR_NEEDED', 'the second factor is still to be proven', {
      hint: 'POST /api/session/second-factor with a code, or use a passkey.',
    });
  }
}

export class SecondFactorUnenrolled extends KeeplineError {
  constructor() {
    super('SECOND_FACTOR_UNENROLLED', 'this role works with a second factor, and none is enrolled yet', {
      hint: 'Enrol an authenticator app or a passkey: POST /api/factors/totp or /api/factors/passkey/options.',
    });
  }
}

export class SecondFactorRefused extends KeeplineError {
  constructor() {
    super('SECOND_FACTOR_REFUSED', 'the second factor was not accepted', {
      hint: 'Use the code shown now, each only once; if it stays wrong, compare the clocks of the phone and of the site.',
    });
  }
}

export class StepUpNeeded extends KeeplineError {
  constructor() {
    super('STEP_UP_NEEDED', 'this needs a second factor proven in the last ten minutes', {
      hint: 'POST /api/session/second-factor, then repeat the request.',
    });
  }
}

export class FactorLimit extends KeeplineError {
  constructor(most: number) {
    super('FACTOR_LIMIT', `an account has at most ${most} second factors`, { hint: 'Remove one that is no longer used.', offending: most });
  }
}

export class FactorUnknown extends KeeplineError {
  constructor() {
    super('FACTOR_UNKNOWN', 'you have no such second factor, or it is the last one of a privileged account', {
      hint: 'GET /api/factors lists yours; enrol another before the last is removed.',
    });
  }
}

export class PermissionRefused extends KeeplineError {
  constructor(permission: string) {
    super('PERMISSION_REFUSED', `this needs the permission ${permission}`, {
      hint: 'docs/identity.md shows which role has it; a security administrator gives roles.',
      offending: permission,
    });
  }
}

export class SessionUnknown extends KeeplineError {
  constructor() {
    super('SESSION_UNKNOWN', 'there is no such session, or it is not yours to end', { hint: 'GET /api/session/all lists your own.' });
  }
}

export class UserUnknown extends KeeplineError {
  constructor(userId: string) {
    super('USER_UNKNOWN', 'there is no such account', { hint: 'GET /api/users or ./keepline users list shows all.', offending: userId });
  }
}

export class UserExists extends KeeplineError {
  constructor(userId: string) {
    super('USER_EXISTS', 'an account of this name is there already', {
      hint: 'Names are never used again; choose another.',
      offending: userId,
    });
  }
}

export class UserLimit extends KeeplineError {
  constructor(most: number) {
    super('USER_LIMIT', `a site has at most ${most} accounts beside its agents`, {
      hint: 'Look through ./keepline users list for accounts nobody needs.',
      offending: most,
    });
  }
}

export class RolesConflict extends KeeplineError {
  constructor(first: string, second: string) {
    super('ROLES_CONFLICT', `one account may not be both ${first} and ${second}`, {
      hint: 'Give the second role to another person: administrators watch each other.',
      offending: `${first}+${second}`,
    });
  }
}

export class RoleFixed extends KeeplineError {
  constructor(userId: string) {
    super('ROLE_FIXED', 'whether somebody is an agent is said in site.yaml only', {
      hint: 'Add or remove the agent under agents in site.yaml and restart.',
      offending: userId,
    });
  }
}

export class OwnAccountRefused extends KeeplineError {
  constructor() {
    super('OWN_ACCOUNT_REFUSED', 'nobody administers their own account', { hint: 'Ask another administrator of the same role.' });
  }
}

export class TokenRefused extends KeeplineError {
  constructor(why: string) {
    super('TOKEN_REFUSED', `the token cannot be issued: ${why}`, {
      hint: 'A token has one to ten permissions that need no second factor, and lives a year at most.',
    });
  }
}

export class TokenUnknown extends KeeplineError {
  constructor() {
    super('TOKEN_UNKNOWN', 'there is no such token', { hint: 'GET /api/tokens lists them.' });
  }
}

export class SealBroken extends KeeplineError {
  constructor(cause: unknown) {
    super('IDENTITY_SEAL_BROKEN', 'a sealed secret of an account cannot be opened', {
      hint: 'The key store and main.db belong together: restore both from the same backup, or reset the account: ./keepline users reset NAME.',
      cause,
    });
  }
}

export class AdministratorsExist extends KeeplineError {
  constructor() {
    super('ADMINISTRATORS_EXIST', 'the administrators of this site have been made already', {
      hint: './keepline users list shows them; ./keepline users reset NAME issues a new enrolment code.',
    });
  }
}

export class UserNameInvalid extends KeeplineError {
  constructor() {
    super('USER_NAME_INVALID', 'the name of an account does not fit', {
      hint: 'A small letter first, then small letters, digits, dots, dashes or underlines; 48 at most.',
    });
  }
}
