/** Puts the parts of this folder together, once for the gateway and for tests of the doors. */
import type { Clock } from '@keepline/contracts/clock';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { Accounts } from './accounts.ts';
import { Approvals } from './approvals.ts';
import { ApiTokens } from './api-tokens.ts';
import { Credentials } from './credentials.ts';
import { Directory } from './directory.ts';
import { FactorStore } from './factor-store.ts';
import type { Audited, IdentityStore, Log } from './identity-store.ts';
import { LockStore } from './lock-store.ts';
import { OidcSignIn } from './oidc-sign-in.ts';
import { OidcSubjects } from './oidc-subjects.ts';
import type { OidcProvider } from './oidc-provider.ts';
import { OwnAccount } from './own-account.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { Passkeys } from './passkeys.ts';
import { Seal, type SealKeys } from './seal.ts';
import { Sessions } from './sessions.ts';
import { type OutsideDirectory, SignIn } from './sign-in.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export type IdentitySettings = SiteConfig['identity'];
export interface IdentityOptions {
  readonly store: IdentityStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly audited: Audited;
  readonly settings: IdentitySettings;
  readonly site: string;
  readonly agents: readonly { readonly id: string; readonly name: string }[];
  /** What seals secrets of accounts. */
  readonly sealingKeys: SealKeys;
  readonly idleMs: number;
  readonly longestMs: number;
  /** A directory of the bank, where there is one. */
  readonly outside?: OutsideDirectory | undefined;
  /** An identity provider of the bank, where there is one. */
  readonly provider?: OidcProvider | undefined;
  readonly isInCall: (userId: string) => boolean;
  readonly leave: (userId: string) => Promise<void>;
  readonly onPasswordChanged: (userId: string) => Promise<void>;
}
export interface Identity {
  readonly directory: Directory;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly signIn: SignIn;
  /** Undefined where there is no identity provider. */
  readonly oidc: OidcSignIn | undefined;
  readonly own: OwnAccount;
  readonly accounts: Accounts;
  readonly tokens: ApiTokens;
  readonly approvals: Approvals;
  readonly relyingPartyId: string;
  close(): Promise<void>;
}

export function passwordPolicyOf(settings: IdentitySettings): PasswordPolicy {
  return { minLength: settings.passwordMinLength, history: settings.passwordHistory, privilegedMaxAgeMs: settings.passwordDays * DAY_MS };
}

/** Opens what the table holds: accounts, sessions of the run before, locks, tokens. */
export async function openIdentity(o: IdentityOptions): Promise<Identity> {
  const { store, clock, log, audited, settings } = o;
  const policy = passwordPolicyOf(settings);
  const directory = await Directory.open({ store, clock, agents: o.agents });
  const credentials = new Credentials({ store, clock, policy });
  const factors = new FactorStore({ store, clock });
  const locks = new LockStore({ store, clock });
  const { idleMs, longestMs, isInCall } = o;
  const sessions = await Sessions.restore(
    { store, clock, log, idleMs, longestMs, perUser: settings.sessionsPerUser, isInCall },
    (userId) => {
      const account = directory.find(userId);
      return account && !account.isDisabled ? account.roles : undefined;
    },
  );
  const signIn = await SignIn.start({
    outside: o.outside,
    directory,
    credentials,
    sessions,
    locks,
    policy,
    lockAfterFailures: settings.lockAfterFailures,
    lockMs: settings.lockMinutes * MINUTE_MS,
    sources: settings.sources,
    hasFactor: (userId) => factors.has(userId),
    audited,
    clock,
    log,
    leave: o.leave,
  });
  const passkeys = new Passkeys({ factors, clock, relyingPartyId: settings.relyingPartyId, site: o.site });
  const seal = new Seal(o.sealingKeys);
  const approvals = new Approvals({ store, clock, directory, audited });
  await approvals.demand(settings.fourEyes);
  const { site, onPasswordChanged, provider } = o;
  const subjects = new OidcSubjects({ store, directory, sessions, audited, clock });
  return {
    directory,
    credentials,
    sessions,
    signIn,
    oidc: provider && new OidcSignIn({ provider, seal, signIn, subjects, sessions, audited, clock }),
    own: new OwnAccount({ sessions, credentials, factors, passkeys, seal, signIn, audited, clock, site, onPasswordChanged }),
    accounts: new Accounts({
      directory,
      credentials,
      factors,
      sessions,
      locks: signIn,
      audited,
      clock,
      enrolmentLifeMs: settings.enrolmentHours * HOUR_MS,
    }),
    tokens: await ApiTokens.open({ store, clock, audited }),
    approvals,
    relyingPartyId: settings.relyingPartyId,
    close: () => signIn.close(),
  };
}
