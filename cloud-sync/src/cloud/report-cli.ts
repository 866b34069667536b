/**
 * `./keepline cloud report` and `./keepline cloud rebuild`: asks the running services over their door. A rebuild waits until the stream is read again
 * and compares; exit status 1 when the counters differ from those before.
 */
import { parseArgs } from 'node:util';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { delay } from '@nats-io/transport-node';
import { csvOf, QUESTIONS, type ReportRow } from './analytics/questions.ts';
import { type DoorFile, readDoorFile } from './door/door-file.ts';

const LOOK_MS = 200;

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { data: text, question: text, from: text, to: text, by: text, site: text, threshold: text, short: text, format: text },
  });
  const { data, format = 'json', ...asked } = values;
  if (data === undefined)
    throw new KeeplineError('ARGUMENT_MISSING', '--data is needed', { hint: 'Name the data folder of the services.' });
  const { file } = readDoorFile(data);
  if (positionals[0] === 'rebuild') return await rebuild(file, asked.site ?? file.sites[0] ?? '');
  const { question = 'calls', ...filters } = asked;
  if (!QUESTIONS.some((known) => known === question))
    throw new KeeplineError('ANALYTICS_QUESTION_INVALID', `there is no question ${question}`, {
      hint: `Choose one of ${QUESTIONS.join(', ')}.`,
      offending: question,
    });
  const answer = await call<{ rows: readonly ReportRow[] }>(file, 'GET', `/report/${question}?${new URLSearchParams(filters).toString()}`);
  process.stdout.write(format === 'csv' ? csvOf(answer.rows) : `${JSON.stringify(answer, undefined, 2)}\n`);
  return 0;
}

interface SiteTally {
  readonly lag?: number;
  readonly tally: Readonly<Record<string, unknown>> & { readonly streamSeq: number; readonly byType: Readonly<Record<string, number>> };
}

async function rebuild(file: DoorFile, site: string): Promise<number> {
  const tally = (): Promise<SiteTally> => call(file, 'GET', `/tally/${encodeURIComponent(site)}`);
  const before = await tally();
  await call(file, 'POST', `/rebuild/${encodeURIComponent(site)}`);
  let now = await tally();
  while (now.tally.streamSeq < before.tally.streamSeq) {
    await delay(LOOK_MS);
    now = await tally();
  }
  // Events that came meanwhile are in the new counters and not in the old ones; none of the old ones may be missing.
  const grew = now.tally.streamSeq > before.tally.streamSeq;
  const holds = grew
    ? lessThan(now.tally, before.tally).length === 0
    : JSON.stringify(sorted(now.tally)) === JSON.stringify(sorted(before.tally));
  const said = !holds
    ? 'NOT equal to what was there'
    : grew
      ? 'it has grown meanwhile, and holds all that was there'
      : 'equal to what was there';
  console.log(`rebuilt ${site} from the stream up to message ${now.tally.streamSeq}: ${said}`);
  return holds ? 0 : 1;
}

/** Event types of which there are fewer than before. */
function lessThan(now: SiteTally['tally'], before: SiteTally['tally']): string[] {
  return Object.entries(before.byType).flatMap(([type, count]) => ((now.byType[type] ?? 0) < count ? [type] : []));
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .map(([key, inner]) => [key, sorted(inner)])
    .toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
}

async function call<T>(file: DoorFile, method: string, path: string): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`${file.url}${path}`, { method, headers: { authorization: `Bearer ${file.token}` } });
  } catch (cause) {
    throw new KeeplineError('CLOUD_SERVICES_NOT_RUNNING', `the services do not answer on ${file.url}`, {
      hint: 'Start them with ./keepline cloud up or ./keepline up; look at their log.',
      offending: file.url,
      cause,
    });
  }
  const body: unknown = await response.json();
  if (response.ok) return body as T; // our own door, same version
  const said = typeof body === 'object' && body !== null ? body : {};
  throw new KeeplineError('CLOUD_SERVICES_REFUSED', 'message' in said ? String(said.message) : `HTTP ${response.status}`, {
    hint: 'hint' in said ? String(said.hint) : 'Look at the log of the services.',
    offending: path,
  });
}

main().then(
  (status) => (process.exitCode = status),
  (fault: unknown) => {
    process.stderr.write(`${fault instanceof KeeplineError ? `${fault.code}: ${fault.message}\n  ${fault.hint}` : messageOf(fault)}\n`);
    process.exitCode = 1;
  },
);
