/** The parts of a site that commands about retention and customers work on, opened beside a running gateway or without one. */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { AuditLog } from '@keepline/compliance/audit';
import { type KeyStore, readKeyStore } from '@keepline/compliance/keys';
import { type OwnPeriods, rulesWith } from '@keepline/compliance/retention';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { systemClock as clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { newId } from '@keepline/contracts/ids';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { readSiteFile } from '@keepline/contracts/site-file';
import { audited } from '../audit/audited.ts';
import { SealedColumns } from '../store/columns.ts';
import { Store } from '../store/store.ts';
import { allTables } from '../store/tables/all.ts';
import { lineOfQueue } from './lines.ts';
import { Retention, type RetentionParts } from './retention.ts';

export interface Console {
  readonly site: SiteConfig;
  readonly keys: KeyStore;
  readonly store: Store;
  readonly recordings: string;
  readonly rules: RetentionParts['rules'];
  readonly lineOf: RetentionParts['lineOf'];
  readonly retention: Retention;
  /** Who sits at the console, as the audit log names them. */
  readonly who: string;
  readonly audited: <T>(act: AuditAct, object: string, purpose: string, run: () => Promise<T>) => Promise<T>;
  /** Takes up a column key made by this process. */
  refreshColumns(): Promise<void>;
  close(): Promise<void>;
}

/** @throws KeeplineError SITE_DATA_ABSENT, RootLocked, RetentionTooShort */
export async function openConsole(data: string, siteFile: string | undefined): Promise<Console> {
  const path = join(data, 'main.db');
  if (!existsSync(path))
    throw new KeeplineError('SITE_DATA_ABSENT', `there is no site in ${data}`, {
      hint: 'Name the data folder of a site that has been started: --data DIR',
      offending: data,
    });
  const beside = join(data, 'site.yaml');
  const site = readSiteFile(siteFile ?? (existsSync(beside) ? beside : undefined));
  const own: OwnPeriods = site.retention.lines;
  const rules = rulesWith(own);
  const keys = await readKeyStore(join(data, 'keys'));
  const signer = keys.auditSigner();
  const onFault = (fault: KeeplineError): void => console.error(`${fault.code}: ${fault.message}`);
  const log = await AuditLog.open({ dir: join(data, 'audit'), signer, clock, onFault });
  const columns = await SealedColumns.open(() => keys.columnKeys());
  const store = await Store.open(path, allTables, { columns });
  // names of the system may hold what an audit entry does not take
  const who = `os:${userInfo().username.replaceAll(/[^A-Za-z0-9._-]/g, '_')}`;
  const act = { who, role: 'operator', from: 'console' };
  const recordings = join(data, 'recordings');
  const lineOf = lineOfQueue(site);
  const retention = new Retention({
    ...{ store, clock, site: site.site, recordings, signer, rules, lineOf },
    audited: (name, object, purpose, correlation, run) => audited(log, name, { ...act, object, purpose, correlation }, run),
  });
  return {
    ...{ site, keys, store, recordings, rules, lineOf, retention, who },
    audited: (name, object, purpose, run) => audited(log, name, { ...act, object, purpose, correlation: newId('act', clock.now()) }, run),
    refreshColumns: () => columns.refresh(),
    async close() {
      await store.close();
      await log.close();
    },
  };
}
