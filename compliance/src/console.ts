/**
 * What a command at the console of a site has before it does anything: the key store, the audit log beside a running gateway or without one, and the name
 * of who sits there. Each sensitive act goes through `audited`.
 */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { systemClock as clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { newId } from '@keepline/contracts/ids';
import { AuditLog } from './audit/audit-log.ts';
import { type ActContext, audited } from './audit/audited.ts';
import { type KeyStore, readKeyStore } from './keys/key-store.ts';

export interface SiteConsole {
  readonly keys: KeyStore;
  readonly log: AuditLog;
  readonly actor: ConsoleActor;
  /** Runs `run` when the intent is durable; throws as `audited` does. */
  readonly audited: <T>(act: AuditAct, object: string, purpose: string, run: () => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

/** Whoever the operating system let in; the log knows no more of them. */
export type ConsoleActor = Pick<ActContext, 'who' | 'role' | 'from'>;

export function consoleActor(): ConsoleActor {
  // Names of the system may hold what an audit entry does not take.
  return { who: `os:${userInfo().username.replaceAll(/[^A-Za-z0-9._-]/g, '_')}`, role: 'operator', from: 'console' };
}

/**
 * The path of a database of a site that has been started.
 * @throws KeeplineError SITE_DATA_ABSENT
 */
export function databaseOf(data: string, name: 'main.db' | 'outbox.db' = 'main.db'): string {
  const path = join(data, name);
  if (existsSync(path)) return path;
  throw new KeeplineError('SITE_DATA_ABSENT', `there is no site in ${data}`, {
    hint: 'Name the data folder of a site that has been started: --data DIR',
    offending: data,
  });
}

/** The key store is read first: one that cannot be opened leaves the log untouched. @throws RootLocked, KeyStoreIncomplete, AuditLogBroken */
export async function openSiteConsole(data: string, keyFolder = join(data, 'keys')): Promise<SiteConsole> {
  const keys = await readKeyStore(keyFolder);
  const onFault = (fault: KeeplineError): void => console.error(`${fault.code}: ${fault.message}`);
  const log = await AuditLog.open({
    ...{ dir: join(data, 'audit'), signer: keys.auditSigner(), clock, onFault },
    refreshSigner: () => keys.refreshSigner(),
  });
  const actor = consoleActor();
  return {
    ...{ keys, log, actor },
    audited: (act, object, purpose, run) => audited(log, act, { ...actor, object, purpose, correlation: newId('act', clock.now()) }, run),
    close: () => log.close(),
  };
}
