/**
 * `./keepline cloud drill`: cuts the link of a running site on purpose while calls go on, waits until everything is told to the cloud again, and writes a
 * signed report; `./keepline cloud drill verify FILE` checks one offline. The cut itself is kept, and ended, by `cloud-sync`: it outlives this command.
 */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openSiteConsole } from '@keepline/compliance/console';
import { readKeyStore } from '@keepline/compliance/keys';
import { openNote, signNote, verifierFrom } from '@keepline/compliance/note';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { DRILL_MAX_SECONDS, type LinkChange, type LinkStatus } from '@keepline/contracts/link';
import { type Balance, type DrillEvent, drillReport, readReport, reportText } from './cloud-link/drill-report.ts';
import { keepDrill } from './cloud-link/drill-shelf.ts';
import { Connection } from './store/connection.ts';

const USAGE = `usage: ./keepline cloud drill --minutes N [--data DIR] [--out FILE] [--purpose TEXT] [--json]
       ./keepline cloud drill --stop [--data DIR]
       ./keepline cloud drill verify FILE [--data DIR | --verifier KEY] [--json]

  --minutes N      how long the link stays cut, up to ${DRILL_MAX_SECONDS / 60}
  --stop           ends a drill now
  --verifier KEY   public half of the audit key, name+id+key; by default that of the site in DIR`;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));
const LOOK_MS = 500;
/** After the cut: until the link is up again and everything has arrived. A backlog of a four-hour drill needs minutes, not hours. */
const RETURN_LIMIT_MS = 1_800_000;
/** Events looked at from before the cut, for the delays with the link. */
const BEFORE_EVENTS = 20_000;

class CloudSyncSilent extends KeeplineError {
  constructor(path: string, cause: unknown) {
    super('DRILL_NO_CLOUD_SYNC', `cloud-sync does not answer on ${path}: ${messageOf(cause)}`, {
      hint: 'A drill needs a running site: ./keepline status. A drill that had begun ends by itself.',
      offending: path,
      cause,
    });
  }
}

function ask<T>(data: string, method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
  const socketPath = join(data, 'run/cloud-sync.sock');
  return new Promise((fulfil, reject) => {
    const fail = (cause: unknown): void => reject(new CloudSyncSilent(socketPath, cause));
    const asked = request({ socketPath, path, method, agent: false, headers: { 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('error', fail);
      response.once('end', () => (response.statusCode === 200 ? fulfil(JSON.parse(text)) : fail(new Error(`HTTP ${response.statusCode}`))));
    });
    asked.setTimeout(10_000, () => asked.destroy(new Error('no answer within 10 s')));
    asked.once('error', fail);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const pause = (ms: number): Promise<void> => new Promise((done) => void clock.after(ms, done));

async function eventsAfter(database: Connection, number: number): Promise<DrillEvent[]> {
  const rows = await database.all<{ type: string; time_ms: number; data: string }>(
    `SELECT type, time_ms, data FROM event_log WHERE number > ? AND type <> 'quality.sampled' ORDER BY number`,
    number,
  );
  return rows.map(({ type, time_ms, data }) => ({ type, timeMs: time_ms, data: JSON.parse(data) }));
}

interface Wanted {
  readonly data: string;
  readonly seconds: number;
  readonly out: string | undefined;
  readonly purpose: string;
  readonly json: boolean;
}

async function drill({ data, seconds, out, purpose, json }: Wanted): Promise<boolean> {
  if ((await ask<LinkStatus>(data, 'GET', '/link')).state !== 'up') {
    throw new KeeplineError('DRILL_LINK_NOT_UP', 'the link is not up, so a drill would show nothing', {
      hint: 'See why: ./keepline status, docs/runbook/link-conditions.md.',
    });
  }
  const { keys, audited, close } = await openSiteConsole(data);
  const database = await Connection.open(join(data, 'main.db'));
  try {
    await database.exec('PRAGMA query_only = ON');
    const report = await audited('cloud.drill', `link:${seconds}s`, purpose, async () => {
      const { last } = (await database.get<{ last: number }>('SELECT coalesce(max(number), 0) AS last FROM event_log')) ?? { last: 0 };
      const before = (await eventsAfter(database, last - BEFORE_EVENTS)).filter(({ timeMs }) => timeMs >= clock.now() - seconds * 1000);
      const balanceBefore = await ask<Balance>(data, 'GET', '/reconcile');
      const cutAtMs = clock.now();
      await ask(data, 'POST', '/drill', { seconds });
      console.error(`the link is cut for ${seconds} s; it comes back by itself, also when this command is stopped`);
      while ((await ask<{ leftMs: number }>(data, 'GET', '/drill')).leftMs > 0) await pause(LOOK_MS);
      const endedAtMs = clock.now();
      console.error('the cut is over; waiting for the link and for everything to arrive');
      const balanceAfter = await everythingBack(data);
      const during = await eventsAfter(database, last);
      const changes = (await ask<LinkChange[]>(data, 'GET', '/link/timeline')).filter(({ atMs }) => atMs >= cutAtMs);
      const [, site = ''] = keys.auditSigner().name.split('/'); // keepline/<site>/audit
      const times = { cutAtMs, endedAtMs, reportedAtMs: clock.now(), plannedSeconds: seconds };
      return drillReport({ site, ...times, before, during, changes, balanceBefore, balanceAfter });
    });
    const file = resolve(out ?? `drill-${report.cutAt.replaceAll(/[:.]/g, '-')}.note`);
    const note = signNote(reportText(report), keys.auditSigner());
    await writeFile(file, note, { flag: 'wx' });
    await keepDrill(data, report.cutAt, note);
    console.log(json ? JSON.stringify({ file, ...report }) : `${note}\n${file}`);
    return report.passed;
  } finally {
    await database.close();
    await close();
  }
}

/** Both ends agree, nothing waits and the link is up; or the time is over and the report says what is missing. */
async function everythingBack(data: string): Promise<Balance> {
  const untilMs = clock.monotonicMs() + RETURN_LIMIT_MS;
  for (;;) {
    const balance = await ask<Balance>(data, 'GET', '/reconcile');
    const { state } = await ask<LinkStatus>(data, 'GET', '/link');
    // The site goes on producing: a handful that is on its way is no backlog.
    if (state === 'up' && balance.verdict === 'balanced' && balance.counts.waiting < 256) return balance;
    if (clock.monotonicMs() > untilMs) return balance;
    await pause(LOOK_MS);
  }
}

async function verify(file: string, data: string, verifier: string | undefined, json: boolean): Promise<void> {
  const key = verifier ?? (await readKeyStore(join(data, 'keys'))).auditSigner().verifierKey;
  const note = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new KeeplineError('DRILL_REPORT_INVALID', `cannot read ${file}: ${messageOf(cause)}`, {
      hint: 'Name the file that the drill wrote.',
      cause,
    });
  });
  const text = openNote(note, verifierFrom(key));
  const report = readReport(text);
  console.log(json ? JSON.stringify(report) : `${text}signature good: ${key}`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ data: { type: 'string' }, minutes: { type: 'string' }, seconds: { type: 'string' }, out: { type: 'string' } },
      ...{ verifier: { type: 'string' }, purpose: { type: 'string', default: '' } },
      ...{ stop: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
    },
  });
  const data = resolve(values.data ?? ROOT_DATA);
  const [verb, file] = positionals;
  if (verb === 'verify' && file !== undefined) {
    await verify(file, data, values.verifier, values.json);
    return 0;
  }
  if (values.stop && verb === undefined) {
    await ask(data, 'POST', '/drill', { seconds: 0 });
    return 0;
  }
  // Seconds are for rehearsing the rehearsal; the help speaks of minutes.
  const seconds = values.seconds === undefined ? Number(values.minutes) * 60 : Number(values.seconds);
  if (verb !== undefined || !(seconds >= 1 && seconds <= DRILL_MAX_SECONDS)) {
    console.error(USAGE);
    return 2;
  }
  if (values.out !== undefined && existsSync(values.out)) {
    throw new KeeplineError('DRILL_REPORT_EXISTS', `${values.out} exists already`, {
      hint: 'Name another file with --out.',
      offending: values.out,
    });
  }
  return (await drill({ data, seconds, out: values.out, purpose: values.purpose, json: values.json })) ? 0 : 1;
}

await endWith(main, USAGE);
