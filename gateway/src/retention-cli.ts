/**
 * `./keepline retention show | run | ended | hold add|remove|list | certificate`: what is kept how long, beside a running gateway or without
 * one. Every act is audited as done by the user of the system.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { canonicalNumber } from '@keepline/compliance/numbers';
import { verifyEntryProof } from '@keepline/compliance/audit-prove';
import { factsOf, requireSameAct } from '@keepline/compliance/deletion-certificate';
import { BUSINESS_LINES } from '@keepline/contracts/business-lines';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import { isId, newId } from '@keepline/contracts/ids';
import { performAtConsole } from './identity/console-approval.ts';
import { type Console, openConsole } from './retention/console.ts';
import { CertificateNotProven } from '@keepline/compliance/retention-errors';
import { CertificateAbsent, HoldUnknown } from './retention/errors.ts';
import type { Plan } from './retention/retention.ts';
import { type HoldKind, holdsInForce, type LegalHold, placeHold, releaseHold } from './store/tables/retention.ts';

const USAGE = `usage: ./keepline retention show [--json]
       ./keepline retention run [--limit N] [--on YYYY-MM-DD] [--dry-run]
       ./keepline retention ended CALL --on YYYY-MM-DD
       ./keepline retention hold add --recording ID | --call ID | --number NUMBER --reason TEXT
       ./keepline retention hold list | hold remove ID
       ./keepline retention certificate RECORDING
       ./keepline retention certificate verify FILE --verifier KEY [--proof FILE] [--json]      without a site
       each with [--data DIR] [--site FILE] [--json]; run, ended and hold remove with [--approval ID]

  run          deletes what is over as that day begins (UTC; today when left out); an approval holds for exactly the list that
               --dry-run shows, so repeat with the day it was asked on
  ended        the contract a sale led to has ended: its period begins
  certificate  what was deleted when and why, signed; with the entry of the audit log to prove. --proof: what ./keepline audit prove
               wrote for that entry; KEY: the verifier key of the site's audit log, or a file with it`;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));

interface Given {
  readonly words: readonly string[];
  readonly limit: number;
  readonly dryRun: boolean;
  readonly on: string | undefined;
  readonly hold: { readonly kind: HoldKind; readonly object: string } | undefined;
  readonly reason: string;
  readonly approval: string | undefined;
  readonly json: boolean;
}

async function show({ audited, rules, site, retention }: Console, { json }: Given): Promise<void> {
  const { due, held } = await audited('retention.read', '', '', () => retention.due(site.retention.perRun));
  const lines = BUSINESS_LINES.map((line) => {
    const queues = site.queues.filter(({ businessLine }) => businessLine === line).map(({ name }) => name);
    return { line, ...rules[line], queues };
  });
  if (json) return console.log(JSON.stringify({ lines, due: due.length, held }));
  for (const { line, months, from, confirm, en, zh, queues } of lines) {
    console.log(
      `${line.padEnd(22)}${String(months).padStart(4)} months from the ${from.replace('_', ' ')}   queues: ${queues.join(', ') || '-'}`,
    );
    console.log(`    ${en}${confirm ? ' (have counsel confirm)' : ''}\n    ${zh}${confirm ? '（请法务确认）' : ''}`);
  }
  console.log(`due now: ${due.length}, kept by a legal hold: ${held}`);
}

/** Of everything a run would delete, one identifier a line: SHA-256 in hex. */
const digestOf = ({ due, callers }: Plan): string =>
  createHash('sha256')
    .update([...due.map(({ id }) => id), ...callers].map((id) => `${id}\n`).join(''))
    .digest('hex');

async function run(office: Console, { limit, dryRun, on, approval, json }: Given): Promise<void> {
  const { audited, retention } = office;
  const day = on ?? dayOf(clock.now());
  const plan = await audited('retention.read', '', dryRun ? 'dry run' : 'run', () => retention.plan(limit, Date.parse(day)));
  const sha256 = digestOf(plan);
  if (dryRun) {
    const { due, held, callers } = plan;
    const lines = [...due.map(({ id, line }) => `${id}  ${line}`), ...callers.map((id) => `${id}  caller to forget`)];
    const end = `due: ${due.length}, held: ${held}, callers to forget: ${callers.length}\nas of ${day}, sha256 ${sha256}`;
    console.log(json ? JSON.stringify({ due, held, callers, on: day, sha256 }) : [...lines, end].join('\n'));
    return;
  }
  const params = { on: day, recordings: plan.due.length, callers: plan.callers.length, sha256 };
  const bound = { act: 'recording.delete', object: 'retention:due', params } as const;
  const report = await performAtConsole({ ...office, clock }, bound, approval, () => retention.run(limit, plan));
  if (json) return console.log(JSON.stringify(report));
  console.log(`deleted: ${report.deleted.length}, kept by a legal hold: ${report.held}, callers forgotten: ${report.forgotten}`);
}

async function ended(office: Console, { words, on, approval, json }: Given): Promise<void> {
  const { audited, store, who } = office;
  const [, callId = ''] = words;
  const sql =
    'INSERT INTO contract_ends (call_id, ended_at_ms, told_by) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET ended_at_ms = excluded.ended_at_ms, told_by = excluded.told_by';
  const bound = { act: 'retention.change', object: callId, params: { ended: on ?? '' } } as const;
  await performAtConsole({ ...office, clock }, bound, approval, () =>
    audited('retention.change', callId, `contract ended ${on}`, () => store.write((tx) => tx.run(sql, callId, Date.parse(on ?? ''), who))),
  );
  console.log(json ? JSON.stringify({ callId, on }) : `${callId}: contract ended ${on}`);
}

async function addHold({ audited, store, who }: Console, { hold, reason, json }: Given): Promise<void> {
  if (!hold) return;
  const placed: LegalHold = { ...hold, id: newId('hold', clock.now()), reason, placedBy: who, placedAtMs: clock.now() };
  // a number is personal data: the entry names the hold, which has the number sealed
  await audited('hold.place', hold.kind === 'number' ? placed.id : hold.object, reason, () => store.write((tx) => placeHold(tx, placed)));
  console.log(json ? JSON.stringify({ id: placed.id }) : `${placed.id}: nothing under it is deleted`);
}

async function removeHold(office: Console, { words, approval, json }: Given): Promise<void> {
  const { audited, store, who } = office;
  const [, , id = ''] = words;
  const bound = { act: 'retention.change', object: id, params: { release: true } } as const;
  await performAtConsole({ ...office, clock }, bound, approval, () =>
    audited('hold.release', /^[a-z]/.test(id) ? id : '', '', async () => {
      if (!(await store.write((tx) => releaseHold(tx, id, who, clock.now())))) throw new HoldUnknown(id);
    }),
  );
  console.log(json ? JSON.stringify({ id, released: true }) : `${id}: released`);
}

async function listHolds({ audited, store }: Console, { json }: Given): Promise<void> {
  const holds = await audited('retention.read', '', 'holds', () => holdsInForce(store.read));
  const shown = holds.map((hold) => (hold.kind === 'number' ? { ...hold, object: `…${hold.object.slice(-4)}` } : hold));
  if (json) return console.log(JSON.stringify(shown));
  for (const { id, kind, object, placedAtMs, placedBy, reason } of shown)
    console.log(`${id}  ${kind} ${object}  ${new Date(placedAtMs).toISOString().slice(0, 10)} ${placedBy}: ${reason}`);
}

async function certificate({ audited, store, keys }: Console, { words, json }: Given): Promise<void> {
  const [, id = ''] = words;
  const sql = 'SELECT certificate FROM recording_deletions WHERE recording_id = ? AND certificate IS NOT NULL';
  const row = await audited('retention.read', id, 'certificate', () => store.read.get<{ certificate: string }>(sql, id));
  if (!row) throw new CertificateAbsent(id);
  const facts = factsOf(row.certificate, keys.auditSigner().verifierKey);
  if (json) return console.log(JSON.stringify({ certificate: row.certificate, facts: Object.fromEntries(facts) }));
  process.stdout.write(row.certificate);
  console.error(`prove the act: ./keepline audit prove ${facts.get('audit')}`);
}

/** On any machine: who signed it, and that the log holds the act it names. @throws NoteInvalid, CertificateNotProven */
async function verifyCertificate(path: string, verifier: string, proof: string | undefined, json: boolean): Promise<void> {
  const certificate = await readFile(path, 'utf8');
  const given = /^[^+\s]+\+[0-9a-f]{8}\+/.test(verifier) ? verifier : await readFile(verifier, 'utf8');
  const key = given.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
  const facts = factsOf(certificate, key);
  if (facts.size === 0) throw new CertificateNotProven('it is no deletion certificate');
  const proven = proof === undefined ? undefined : verifyEntryProof(await readFile(proof, 'utf8'), key);
  if (proven) requireSameAct(facts, proven.line);
  if (json) return console.log(JSON.stringify({ ok: true, facts: Object.fromEntries(facts), ...(proven ? { entry: proven.entry } : {}) }));
  console.log([...facts].map(([name, value]) => `${name.padEnd(10)}${value}`).join('\n'));
  console.log(proven ? `holds, and entry ${proven.entry} of the log is its act` : 'holds; --proof shows that the log has its act');
}

const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

/** The command that was meant; undefined when the words are none. */
function meant({ words, hold, reason, on, limit }: Given): ((console: Console, given: Given) => Promise<void>) | undefined {
  const [verb, second, third, ...more] = words;
  if (more.length > 0) return undefined;
  if (verb === 'show' && second === undefined) return show;
  const isPast = on === undefined || (isDay(on) && on <= dayOf(clock.now()));
  if (verb === 'run' && second === undefined && isPast && Number.isInteger(limit) && limit > 0 && limit <= 10_000) return run;
  if (verb === 'ended' && isId('call', second ?? '') && isDay(on ?? '')) return ended;
  if (verb === 'hold' && second === 'add' && hold && hold.object !== '' && reason !== '') return addHold;
  if (verb === 'hold' && second === 'list') return listHolds;
  if (verb === 'hold' && second === 'remove' && third !== undefined) return removeHold;
  return verb === 'certificate' && isId('rec', second ?? '') ? certificate : undefined;
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    data: text,
    site: text,
    limit: text,
    on: text,
    recording: text,
    call: text,
    number: text,
    reason: text,
    approval: text,
    verifier: text,
    proof: text,
  } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { ...options, json: flag, help: flag, 'dry-run': flag } });
  const { recording, call, number } = values;
  const given: Given = {
    words: positionals,
    limit: Number(values.limit ?? 500),
    dryRun: values['dry-run'],
    on: values.on,
    hold:
      recording !== undefined
        ? { kind: 'recording', object: recording }
        : call !== undefined
          ? { kind: 'call', object: call }
          : number !== undefined
            ? { kind: 'number', object: canonicalNumber(number) }
            : undefined,
    reason: values.reason ?? '',
    approval: values.approval,
    json: values.json,
  };
  const [verb, second, file, ...more] = positionals;
  if (verb === 'certificate' && second === 'verify' && file !== undefined && values.verifier !== undefined && more.length === 0) {
    await verifyCertificate(file, values.verifier, values.proof, values.json);
    return 0;
  }
  const command = meant(given);
  if (values.help || !command) {
    (values.help ? console.log : console.error)(USAGE);
    return values.help ? 0 : 2;
  }
  const office = await openConsole(resolve(values.data ?? ROOT_DATA), values.site);
  try {
    await command(office, given);
  } finally {
    await office.close();
  }
  return 0;
}

await endWith(main, USAGE);
