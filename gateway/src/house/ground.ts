/**
 * What outlives a restart, opened before anything else: log, keys, audit log, database, event log, and the way of events out of the
 * house. Nothing here knows a call.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Anonymiser } from '@keepline/compliance/anonymise';
import { AuditLog } from '@keepline/compliance/audit';
import { AuditForked } from '@keepline/compliance/witness-errors';
import { type KeyStore, openKeyStore } from '@keepline/compliance/keys';
import { PolicySource } from '@keepline/compliance/policy';
import { Outbox } from '@keepline/cloud-sync/outbox';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { systemClock as clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { newId } from '@keepline/contracts/ids';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { type Logger, pino } from 'pino';
import { type ActContext, audited } from '../audit/audited.ts';
import { EventLog } from '../events/event-log.ts';
import { ExpiryAlarm } from '../events/expiry-alarm.ts';
import { ExportToCloud } from '../events/export-to-cloud.ts';
import { SealedColumns } from '../store/columns.ts';
import { claimDataFormat } from '../store/data-format.ts';
import { Store } from '../store/store.ts';
import { AlarmGate, type Alarms, openAlarms } from './alarms.ts';
import { acceptFork, AuditHead, forkSinceLastRun } from './audit-head.ts';
import { startAuditPruning } from './audit-pruning.ts';
import { watchAudit } from './audit-watch.ts';
import { allTables } from '../store/tables/all.ts';
import { tellRestore } from './restored.ts';

/** Field names that may hold personal data or secrets, wherever they occur: a second line behind not logging them at all. */
const REDACTED = ['password', 'token', 'callerNumber', 'callerName', 'note', 'digit', 'digits', 'cookie', 'authorization'];

/** How soon a key that was rotated is in use, ms; `keys rotate` waits twice as long. The audit key is looked at before each signature. */
const KEY_LOOK_MS = 15_000;

/** An act; one that belongs to no other gets a correlation of its own. */
export type Act = Omit<ActContext, 'correlation'> & { readonly correlation?: string };

export interface Ground {
  readonly site: SiteConfig;
  readonly data: string;
  readonly log: Logger;
  readonly keys: KeyStore;
  /** Runs a sensitive act: intent durable before, outcome after (law 4). */
  readonly audited: <T>(act: AuditAct, context: Act, run: () => Promise<T>) => Promise<T>;
  readonly store: Store;
  readonly events: EventLog;
  readonly alarms: Alarms;
  readonly anonymiser: Anonymiser;
  /** What may leave the site, read again when it was changed. */
  readonly policy: PolicySource;
  readonly exporter: ExportToCloud;
  /** A fault that ends nothing: written down with its code. */
  readonly onFault: (fault: unknown) => void;
  close(): Promise<void>;
}

export async function layGround(site: SiteConfig, data: string): Promise<Ground> {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  claimDataFormat(data);
  const log = pino(
    {
      level: site.log.level,
      base: { site: site.site },
      redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    },
    pino.destination(2),
  );
  const gate = new AlarmGate();
  const onFault = (fault: unknown): void => {
    gate.take(fault);
    if (fault instanceof KeeplineError) log.warn({ code: fault.code, offending: fault.offending, hint: fault.hint }, fault.message);
    else log.error({ err: fault }, 'unexpected fault');
  };
  const keys = await openKeyStore(join(data, 'keys'), { site: site.site, clock });
  const signer = keys.auditSigner();
  const { verifierKey } = signer;
  const handovers = (): Promise<string[]> => keys.auditHandovers();
  const watch = watchAudit({ site, data, verifier: keys.auditVerifier(), handovers, clock, onFault, onAlarm: onFault });
  const dir = join(data, 'audit');
  let head: AuditHead | undefined;
  const onCheckpoint = (size: number, note: string): void => {
    watch.onCheckpoint(size, note);
    head?.offer(size, note);
  };
  const onBroken = ({ message }: KeeplineError): void => onFault(new AuditForked('this gateway', audit.size, message));
  const audit: AuditLog = await AuditLog.open({
    ...{ dir, signer, clock, onFault, onBroken, onCheckpoint },
    refreshSigner: () => keys.refreshSigner(),
  });
  // Without its keys the log could not be opened: what was made is told as soon as it can be.
  for (const object of keys.created)
    await audited(
      audit,
      'key.create',
      { who: 'gateway', role: 'system', from: 'local', object, purpose: 'missing at start', correlation: newId('act', clock.now()) },
      async () => {},
    );
  await tellRestore(data, audit, clock);
  const columns = await SealedColumns.open(() => keys.columnKeys());
  const store = await Store.open(join(data, 'main.db'), allTables, { columns });
  const endKeyLook = clock.every(KEY_LOOK_MS, () => void Promise.all([columns.refresh(), keys.refresh()]).catch(onFault));
  const events = new EventLog({ store, clock, log });
  const runAudited: Ground['audited'] = (act, context, run) =>
    audited(audit, act, { ...context, correlation: context.correlation ?? newId('act', clock.now()) }, run);
  const alarms = await openAlarms({ site, data, store, events, clock, log, audited: runAudited, watch, onFault }, gate);
  const headParts = { dir, verifierKey, store, events, clock, onFault };
  const keepHead = (): void => void (head = new AuditHead(headParts));
  const fork = await forkSinceLastRun(headParts);
  if (fork) {
    onFault(fork);
    // What the database knows of another history stays as it is until a person has looked into it and ends the alarm.
    alarms.subscribe(({ is, alarm }) => {
      if (is === 'cleared' && alarm.code === fork.code && !head) void acceptFork(headParts, data).then(keepHead, onFault);
    });
  } else keepHead();
  const pruning = startAuditPruning({ site, data, signer, clock, audited: runAudited, log, onFault });
  const policy = new PolicySource(data, onFault);
  const anonymiser = new Anonymiser({
    key: () => keys.pseudonymKey(),
    site: site.site,
    ...site.anonymisation,
    policy: () => policy.current().document,
  });
  const expiry = new ExpiryAlarm(clock, onFault);
  const { outboxMaxEvents: maxEvents, outboxMaxBytes: maxBytes, outboxMaxAgeDays: maxAgeDays } = site.cloud;
  const outbox = await Outbox.open(join(data, 'outbox.db'), { maxEvents, maxBytes, maxAgeDays, clock, onExpired: expiry.expired });
  const exporter = new ExportToCloud({ store, events, outbox, anonymiser, clock, onFault });
  return {
    site,
    data,
    log,
    keys,
    audited: runAudited,
    store,
    events,
    alarms,
    anonymiser,
    policy,
    exporter,
    onFault,
    async close() {
      endKeyLook();
      await pruning.close();
      await alarms.close();
      await audit.checkpoint();
      await head?.close();
      await exporter.drain();
      await exporter.stop();
      expiry.close();
      await outbox.close();
      await store.close();
      await audit.close();
      await watch.close();
    },
  };
}
