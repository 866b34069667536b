/** The parts of a site that commands about retention and customers work on, opened beside a running gateway or without one. */
import { join } from 'node:path';
import type { AuditLog } from '@keepline/compliance/audit';
import { databaseOf, openSiteConsole } from '@keepline/compliance/console';
import { type KeyStore } from '@keepline/compliance/keys';
import { type OwnPeriods, rulesWith } from '@keepline/compliance/retention';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { systemClock as clock } from '@keepline/contracts/clock';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { readSiteOf } from '@keepline/contracts/site-file';
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
  readonly log: AuditLog;
  /** Who sits at the console, as the audit log names them. */
  readonly who: string;
  readonly audited: <T>(act: AuditAct, object: string, purpose: string, run: () => Promise<T>) => Promise<T>;
  /** Takes up a column key made by this process. */
  refreshColumns(): Promise<void>;
  close(): Promise<void>;
}

/** @throws KeeplineError SITE_DATA_ABSENT, RootLocked, RetentionTooShort */
export async function openConsole(data: string, siteFile: string | undefined): Promise<Console> {
  const path = databaseOf(data);
  const site = readSiteOf(data, siteFile);
  const own: OwnPeriods = site.retention.lines;
  const rules = rulesWith(own);
  const opened = await openSiteConsole(data);
  const { keys, log, actor } = opened;
  const columns = await SealedColumns.open(() => keys.columnKeys());
  const store = await Store.open(path, allTables, { columns });
  const recordings = join(data, 'recordings');
  const lineOf = lineOfQueue(site);
  const retention = new Retention({
    ...{ store, clock, site: site.site, recordings, signer: keys.auditSigner(), rules, lineOf },
    audited: (name, object, purpose, correlation, run) => audited(log, name, { ...actor, object, purpose, correlation }, run),
  });
  return {
    ...{ site, keys, log, store, recordings, rules, lineOf, retention, who: actor.who, audited: opened.audited },
    refreshColumns: () => columns.refresh(),
    async close() {
      await store.close();
      await opened.close();
    },
  };
}
