/**
 * `./keepline subject find | export | delete --number NUMBER`: what a customer may ask of the bank about their data. The number is typed, never
 * logged: the audit log knows the customer by the pseudonym of this epoch.
 */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { canonicalNumber, epochOf, pseudonym } from '@keepline/compliance/numbers';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import { performAtConsole } from './identity/console-approval.ts';
import { type Console, openConsole } from './retention/console.ts';
import { CALLS_MAX, deleteCustomer, exportCustomer, findCustomer, type Found } from './retention/customer.ts';

const USAGE = `usage: ./keepline subject find --number NUMBER [--json]
       ./keepline subject export --number NUMBER --recipient age1… --out DIR [--purpose TEXT] [--approval ID]
       ./keepline subject delete --number NUMBER [--purpose TEXT] [--approval ID]
       each with [--data DIR] [--site FILE]

  find    also says by which pseudonyms the audit log knows the customer (--json)
  export  calls, events and recordings into a new folder, all sealed to the recipient
  delete  what no law and no legal hold keeps; what is kept is named with the reason`;
const DAY_MS = 86_400_000;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));

interface Given {
  readonly number: string;
  readonly recipient: string;
  readonly out: string;
  readonly purpose: string;
  readonly approval: string;
  readonly json: boolean;
}

function pseudonymOf(office: Console, { number }: Given): string {
  const { hash, epochDays } = office.site.anonymisation;
  return pseudonym(office.keys.pseudonymKey(), 'caller', epochOf(clock.now(), epochDays), number, hash);
}

/** What the audit log and the cloud call the customer: one name for each epoch that the log still holds, and for each key of that time. */
async function knownAs({ site, keys }: Console, number: string): Promise<string[]> {
  const { hash, epochDays } = site.anonymisation;
  const epochs = Math.ceil(site.audit.retentionDays / epochDays) + 1;
  const days = Array.from({ length: epochs }, (_, i) => epochOf(clock.now() - i * epochDays * DAY_MS, epochDays));
  return (await keys.pseudonymKeys()).flatMap((key) => days.map((epoch) => pseudonym(key, 'caller', epoch, number, hash)));
}

function actOn<T>(office: Console, act: AuditAct, given: Given, run: () => Promise<T>): Promise<T> {
  return office.audited(act, pseudonymOf(office, given), given.purpose, run);
}

function tell({ calls, recordings, callbacks }: Found, pseudonyms: readonly string[], json: boolean): void {
  const shown = calls.map(({ id, startedAtMs, queue, agentId }) => ({ id, startedAtMs, queue, agentId }));
  const tapes = recordings.map(({ id, callId, state, file }) => ({ id, callId, state: file === null ? 'deleted' : state }));
  if (json)
    return console.log(
      JSON.stringify({
        ...{ calls: shown, recordings: tapes, pseudonyms },
        callbacks: callbacks.map(({ id, callId, dueAtMs }) => ({ id, callId, dueAtMs })),
      }),
    );
  for (const { id, startedAtMs, queue } of shown)
    console.log(`${new Date(startedAtMs).toISOString().slice(0, 19)}  ${id}  ${queue ?? '-'}`);
  for (const { id, state } of tapes) console.log(`                     ${id}  ${state}`);
  for (const { id, dueAtMs } of callbacks) console.log(`${new Date(dueAtMs).toISOString().slice(0, 19)}  ${id}  owed`);
  console.log(`${calls.length} calls, ${recordings.length} recordings${calls.length === CALLS_MAX ? ', and more' : ''}`);
}

async function find(office: Console, given: Given): Promise<void> {
  const found = await actOn(office, 'customer.find', given, () => findCustomer(office, given.number));
  tell(found, await knownAs(office, given.number), given.json);
}

async function exportAll(office: Console, given: Given): Promise<void> {
  const folder = resolve(given.out);
  // recordings leave by this too; whose key can open them is part of what is approved
  const bound = { act: 'recording.export', object: pseudonymOf(office, given), params: { recipient: given.recipient } } as const;
  const names = await performAtConsole({ ...office, clock }, bound, given.approval, () =>
    actOn(office, 'customer.export', given, async () => {
      const found = await findCustomer(office, given.number);
      await mkdir(folder, { mode: 0o700 });
      return exportCustomer(office, found, given.recipient, folder);
    }),
  );
  console.log(given.json ? JSON.stringify({ folder, files: names }) : `${folder}: ${names.length} files`);
}

async function remove(office: Console, given: Given): Promise<void> {
  const bound = { act: 'recording.delete', object: pseudonymOf(office, given), params: {} } as const;
  const report = await performAtConsole({ ...office, clock }, bound, given.approval, () =>
    actOn(office, 'customer.forget', given, async () =>
      deleteCustomer(office, await findCustomer(office, given.number), 'request of the customer', clock.now()),
    ),
  );
  if (given.json) return console.log(JSON.stringify(report));
  for (const { callId, recordingId, why } of report.kept) console.log(`kept  ${recordingId || callId}  ${why}`);
  console.log(`deleted: ${report.deleted.length} recordings, kept: ${report.kept.length}`);
}

async function main(): Promise<number> {
  const text = { type: 'string', default: '' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { data: text, site: text, number: text, recipient: text, out: text, purpose: text, approval: text, json: flag, help: flag },
  });
  const [verb, ...more] = positionals;
  const number = canonicalNumber(values.number);
  const commands = { find, export: values.recipient === '' || values.out === '' ? undefined : exportAll, delete: remove };
  const command = Object.entries(commands).find(([name]) => name === verb)?.[1];
  if (values.help || !command || more.length > 0 || number === '') {
    (values.help ? console.log : console.error)(USAGE);
    return values.help ? 0 : 2;
  }
  const office = await openConsole(values.data === '' ? ROOT_DATA : resolve(values.data), values.site === '' ? undefined : values.site);
  try {
    await command(office, { ...values, number });
  } finally {
    await office.close();
  }
  return 0;
}

await endWith(main, USAGE);
