/**
 * What the audit log shows, by really verifying it: everything is recomputed against the checkpoints, one entry taken at random is proven, and
 * every entry is read once for its fields, its time and its place among its act. Changes nothing.
 */
import { randomInt } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@keepline/contracts/errors';
import { isEntryLine } from '../audit/entry.ts';
import { EntryReader } from '../audit/entry-reader.ts';
import { proveEntry, verifyEntryProof } from '../audit/prove.ts';
import { verifyAuditLog } from '../audit/verify.ts';
import { verifierFrom } from '../tlog/signed-note.ts';
import type { AuditFact } from './facts.ts';
import { type EntryFields, fieldsOf, isWithin, type Period } from './period.ts';

/** Intents whose end has not come yet: the collection itself is one. */
const OPEN_INTENTS_MAX = 100_000;
type Tally = Record<string, Record<string, number>>;

/** @throws AuditLogAbsent, AuditDamaged when it cannot even be read */
export async function auditFacts(dir: string, verifierKey: string, period: Period): Promise<AuditFact> {
  const verdict = await verifyAuditLog(dir, verifierKey);
  const seen = new Reading(period);
  const reader = await EntryReader.open(dir);
  try {
    for await (const block of reader.forwards()) for (const { line } of block) seen.add(line);
  } finally {
    await reader.close();
  }
  return {
    ok: verdict.ok,
    fault: verdict.fault ? `entry ${verdict.fault.entry}: ${verdict.fault.why}` : '',
    entries: verdict.entries,
    checkpoints: verdict.checkpoints,
    root: verdict.root,
    provenEntry: await proveAny(dir, verifierKey, verdict.signed, verdict.pruned?.entries ?? 0),
    pruned: verdict.pruned ?? null,
    laxFiles: await laxFiles(dir),
    ...seen.facts(),
  };
}

/** @returns its number; -1 when no entry is signed yet or the proof fails */
async function proveAny(dir: string, verifierKey: string, signed: number, first: number): Promise<number> {
  if (signed <= first) return -1;
  const number = randomInt(first, signed);
  try {
    return verifyEntryProof(await proveEntry(dir, verifierFrom(verifierKey), number), verifierKey).entry;
  } catch (thrown) {
    void messageOf(thrown); // the verdict of the whole log names the place
    return -1;
  }
}

async function laxFiles(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(dir)) {
    const { mode } = await stat(join(dir, name)).catch(() => ({ mode: 0 })); // a lock comes and goes
    if ((mode & 0o077) !== 0) found.push(name);
  }
  return found.toSorted();
}

/** One pass over the entries, in bounded memory. */
class Reading {
  readonly #period: Period;
  readonly #acts: Tally = {};
  readonly #byRole: Tally = {};
  readonly #actors = new Set<string>();
  readonly #sources: Record<string, number> = {};
  readonly #open = new Map<string, string>();
  #incomplete = 0;
  #outOfOrder = 0;
  #oldest = '';
  #newest = '';
  #recordingActs = 0;
  #withPurpose = 0;

  constructor(period: Period) {
    this.#period = period;
  }

  add(line: Buffer): void {
    const entry = isEntryLine(line) ? fieldsOf(line) : undefined;
    if (!entry) {
      this.#incomplete++;
      return;
    }
    const { act, outcome, correlation, time } = entry;
    if (time < this.#newest) this.#outOfOrder++;
    this.#oldest ||= time;
    this.#newest = time;
    if (outcome !== 'intent') this.#open.delete(correlation + act);
    else if (this.#open.size < OPEN_INTENTS_MAX) this.#open.set(correlation + act, act);
    if (isWithin(this.#period, time)) this.#tally(entry);
  }

  #tally({ act, outcome, who, role, from, purpose }: EntryFields): void {
    const by = (this.#acts[act] ??= {});
    by[outcome] = (by[outcome] ?? 0) + 1;
    if (outcome === 'intent') return;
    this.#actors.add(who);
    const mine = (this.#byRole[role] ??= {});
    mine[act] = (mine[act] ?? 0) + 1;
    if (act === 'agent.sign_in' && outcome === 'done') this.#sources[from] = (this.#sources[from] ?? 0) + 1;
    if (act.startsWith('recording.') && act !== 'recording.list') {
      this.#recordingActs++;
      if (purpose !== '') this.#withPurpose++;
    }
  }

  facts() {
    // The site's own start and the report in the making are intents that are right to be open.
    const open = [...this.#open.values()].filter((act) => act !== 'report.make');
    return {
      incomplete: this.#incomplete,
      outOfOrder: this.#outOfOrder,
      intentsWithoutOutcome: open.length,
      oldest: this.#oldest,
      newest: this.#newest,
      acts: this.#acts,
      byRole: this.#byRole,
      actors: [...this.#actors].toSorted(),
      signInSources: this.#sources,
      recordingActs: this.#recordingActs,
      recordingActsWithPurpose: this.#withPurpose,
    };
  }
}

/** When each account last signed in, wall ms: one pass over the log. */
export async function lastSignIns(dir: string): Promise<Map<string, number>> {
  const last = new Map<string, number>();
  const reader = await EntryReader.open(dir);
  try {
    for await (const block of reader.forwards())
      for (const { line } of block) {
        if (!line.includes('"agent.sign_in"')) continue;
        const entry = fieldsOf(line);
        if (entry?.outcome === 'done') last.set(entry.who, Date.parse(entry.time));
      }
  } finally {
    await reader.close();
  }
  return last;
}
