/**
 * `./keepline cloud egress` and `./keepline cloud quarantine`: what left the building and what was stopped at its door, read from outbox.db beside a
 * running site. Every look is an act in the audit log before it happens.
 */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EgressLedger } from '@keepline/cloud-sync/egress-ledger';
import { REPORT_FORMATS, type ReportFormat, reportText } from '@keepline/cloud-sync/egress-report';
import { databaseOf, openSiteConsole } from '@keepline/compliance/console';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { endWith } from '@keepline/contracts/command-end';
import { KeeplineError } from '@keepline/contracts/errors';
import { isId } from '@keepline/contracts/ids';
import { draftFor } from './recording/export-recording.ts';

const USAGE = `usage: ./keepline cloud egress --from DAY --to DAY [--format csv|json|html] [--out FILE] [--data DIR] [--purpose TEXT]
       ./keepline cloud quarantine list [--limit N] [--json] [--data DIR] [--purpose TEXT]
       ./keepline cloud quarantine show ID | discard ID [--data DIR] [--purpose TEXT]

  DAY            yyyy-mm-dd, both included, China Standard Time
  --out FILE     where to write, never over an existing file; standard output when absent
  show ID        the event as it would have been sent: it may hold personal data
  discard ID     removes its content for good; it stays counted
  --purpose TEXT why; goes into the audit log`;
const LIST_LIMIT = 100;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));
const DAY = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;

class QuarantineReleaseRefused extends KeeplineError {
  constructor(id: string) {
    super('QUARANTINE_RELEASE_REFUSED', `event ${id} is not released: what the guard has stopped is never sent as it is`, {
      hint: 'Mend the policy so that the next event passes; the event log of the site keeps this one. Then: ./keepline cloud quarantine discard ID',
      offending: id,
    });
  }
}

interface Looking {
  readonly ledger: EgressLedger;
  readonly site: string;
  audited<T>(act: AuditAct, object: string, run: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

async function look(data: string, purpose: string): Promise<Looking> {
  const path = databaseOf(data, 'outbox.db');
  const opened = await openSiteConsole(data);
  const ledger = await EgressLedger.open(path);
  return {
    ledger,
    site: opened.keys.auditSigner().name.split('/')[1] ?? '', // `keepline/<site>/audit`
    audited: (act, object, run) => opened.audited(act, object, purpose, run),
    async close() {
      await ledger.close();
      await opened.close();
    },
  };
}

async function report(looking: Looking, from: string, to: string, format: ReportFormat, out: string | undefined): Promise<void> {
  const { ledger, site } = looking;
  const make = async (): Promise<string> => reportText(format, await ledger.days(from, to), { site, from, to });
  const object = `${format}:${from}..${to}`;
  if (out === undefined) {
    process.stdout.write(await looking.audited('egress.export', object, make));
    return;
  }
  const draft = await draftFor(resolve(out));
  try {
    await looking.audited('egress.export', object, async () => writeFile(draft.path, await make()));
    await draft.done(); // after the outcome: what the log does not know to be done is not given out
  } catch (thrown) {
    await draft.undo();
    throw thrown;
  }
}

async function quarantine(looking: Looking, verb: string, id: string, limit: number, json: boolean): Promise<void> {
  const { ledger } = looking;
  switch (verb) {
    case 'list': {
      const rows = await looking.audited('quarantine.read', 'list', () => ledger.quarantined(limit));
      if (json) return console.log(JSON.stringify(rows));
      if (rows.length === 0) return console.log('nothing is in quarantine');
      for (const row of rows) console.log(`${new Date(row.quarantinedMs).toISOString()}  ${row.id}  ${row.type}  ${row.why}`);
      return undefined;
    }
    case 'show':
      return console.log((await looking.audited('quarantine.read', id, () => ledger.quarantinedEvent(id))).body);
    case 'discard':
      await looking.audited('quarantine.discard', id, () => ledger.discard(id));
      return console.log(`${id} is discarded`);
    default:
      throw new QuarantineReleaseRefused(id);
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      from: { type: 'string', default: '' },
      to: { type: 'string', default: '' },
      format: { type: 'string', default: 'csv' },
      out: { type: 'string' },
      purpose: { type: 'string', default: '' },
      limit: { type: 'string', default: String(LIST_LIMIT) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [command, verb = '', id = ''] = positionals;
  const limit = Number(values.limit);
  const format = REPORT_FORMATS.find((known) => known === values.format);
  const days = DAY.test(values.from) && DAY.test(values.to) && values.from <= values.to;
  const acts = verb === 'list' ? Number.isInteger(limit) && limit > 0 : ['show', 'discard', 'release'].includes(verb) && isId('evt', id);
  const sound = command === 'egress' ? days && format !== undefined && verb === '' : command === 'quarantine' && acts;
  if (values.help || !sound) {
    (values.help ? console.log : console.error)(USAGE);
    return values.help ? 0 : 2;
  }
  const looking = await look(resolve(values.data ?? ROOT_DATA), values.purpose);
  try {
    if (command === 'egress') await report(looking, values.from, values.to, format ?? 'csv', values.out);
    else await quarantine(looking, verb, id, limit, values.json);
  } finally {
    await looking.close();
  }
  return 0;
}

await endWith(main, USAGE);
