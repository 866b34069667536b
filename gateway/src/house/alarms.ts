/**
 * What becomes of a fault that is an alarm: a line of the log, a row and a domain event, an entry of the audit log (and with it the SIEMs), the
 * webhook. Where the audit log itself is broken the SIEMs are told directly. Parts of the site that stop working raise alarms too.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { newId } from '@keepline/contracts/ids';
import type { SiteConfig } from '@keepline/contracts/site-config';
import type { Logger } from 'pino';
import { ALARM_RULES } from '../alarms/alarm-codes.ts';
import { type AlarmChange, AlarmLog } from '../alarms/alarm-log.ts';
import { AlarmWebhook } from '../alarms/webhook.ts';
import type { Health } from '../api/api-parts.ts';
import type { Audited } from '../identity/identity-store.ts';
import type { EventLog } from '../events/event-log.ts';
import type { Store } from '../store/store.ts';
import type { AuditWatch } from './audit-watch.ts';

/** How often the parts of the site are looked at, ms. */
const HEALTH_EVERY_MS = 5000;
/** Faults that came before the database was open. */
const EARLY_MAX = 100;

export interface AlarmParts {
  readonly site: Pick<SiteConfig, 'site' | 'alarms'>;
  readonly data: string;
  readonly store: Store;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audited: Audited;
  readonly watch: Pick<AuditWatch, 'tell'>;
  readonly onFault: (fault: unknown) => void;
}

export interface Alarms extends Pick<AlarmLog, 'standing' | 'recent' | 'clearNumber' | 'subscribe' | 'close'> {
  /** Raises or ends the alarms of the parts, now and every few seconds. */
  watchHealth(look: () => Health | Promise<Health>): void;
}

/** Takes faults from the first moment on; they become alarms as soon as there is a place for them. */
export class AlarmGate {
  readonly #early: KeeplineError[] = [];
  #log: AlarmLog | undefined;

  /** A fault that is no alarm passes by. */
  readonly take = (fault: unknown): void => {
    if (!(fault instanceof KeeplineError) || !ALARM_RULES[fault.code]) return;
    if (this.#log) this.#log.raise(withObject(fault));
    else if (this.#early.length < EARLY_MAX) this.#early.push(fault);
  };

  opened(log: AlarmLog): void {
    this.#log = log;
    for (const fault of this.#early.splice(0)) log.raise(withObject(fault));
  }
}

/** The target or witness concerned is part of the alarm; legs and entries are not, they are too many. */
function withObject(fault: KeeplineError): { code: string; message: string; hint: string; object?: string } {
  const { code, message, hint, offending } = fault;
  const names = /^(SIEM|WITNESS)_/.test(code) && typeof offending === 'string';
  return { code, message, hint, ...(names ? { object: offending } : {}) };
}

export async function openAlarms(parts: AlarmParts, gate: AlarmGate): Promise<Alarms> {
  const { site, data, store, events, clock, log, onFault } = parts;
  const alarms = await AlarmLog.open({
    store,
    clock,
    onFault,
    append: (tx, is, code, severity) => events.append(tx, `alarm.${is}`, { code: code.toLowerCase(), severity }),
  });
  const { webhook: url, caFile } = site.alarms;
  const ca = caFile === '' ? undefined : readFileSync(isAbsolute(caFile) ? caFile : join(data, caFile), 'utf8');
  const webhook = url === '' ? undefined : new AlarmWebhook({ url, ca, site: site.site, store, clock, onFault });
  const telling = new Set<Promise<void>>();
  alarms.subscribe((change) => {
    const { code, object, severity, hint } = change.alarm;
    log[change.is === 'raised' ? 'error' : 'info']({ code, object, severity, hint, alarm: change.is }, change.alarm.message);
    webhook?.wake();
    const told = tellAudit(parts, change).finally(() => telling.delete(told));
    telling.add(told);
  });
  webhook?.wake(); // what a former run did not come to deliver
  gate.opened(alarms);
  let stopLook = (): void => {};
  return {
    standing: () => alarms.standing(),
    recent: (limit) => alarms.recent(limit),
    clearNumber: (number) => alarms.clearNumber(number),
    subscribe: (listener) => alarms.subscribe(listener),
    watchHealth(look) {
      const once = async (): Promise<void> => followParts(alarms, (await look()).parts);
      stopLook = clock.every(HEALTH_EVERY_MS, () => void once().catch(onFault));
    },
    async close() {
      stopLook();
      await alarms.close();
      await webhook?.close();
      await Promise.all(telling);
    },
  };
}

/** Its entry carries an alarm to the SIEMs with the next checkpoint. */
async function tellAudit({ audited, watch, clock, onFault }: AlarmParts, { is, alarm }: AlarmChange): Promise<void> {
  const act = is === 'raised' ? 'alarm.raise' : 'alarm.clear';
  const object = `alarm:${alarm.code}${alarm.object === '' ? '' : `/${alarm.object}`}`;
  const who = { who: 'gateway', role: 'system', from: 'local', object, correlation: newId('act', clock.now()) };
  try {
    await audited(act, { ...who, purpose: '' }, async () => {});
  } catch {
    await watch.tell({ ...who, act, outcome: 'done', time: new Date(clock.now()).toISOString() }).catch(onFault);
  }
}

/** `down` and `degraded` are alarms of their own: a part that gets worse raises the second and ends the first. */
function followParts(alarms: AlarmLog, parts: Health['parts']): void {
  for (const [part, state] of Object.entries(parts)) {
    if (part === 'audit') continue; // it is down because an alarm stands
    for (const [code, wanted] of [
      ['SITE_PART_DOWN', 'down'],
      ['SITE_PART_DEGRADED', 'degraded'],
    ] as const) {
      if (state !== wanted) void alarms.clear(code, part);
      else if (!alarms.standing().some((alarm) => alarm.code === code && alarm.object === part.replaceAll(' ', ':')))
        alarms.raise({
          code,
          object: part,
          message: `${part} is ${state}`,
          hint: 'GET /api/health shows the parts; docs/runbook has a page for each.',
        });
    }
  }
}
