/**
 * `./keepline bench audit [--json] [--entries 100000] [--rounds 3] [--rate 5000] [--seconds 10] [--verify N]`: durable appends a second to the
 * audit log, in turns with SQLite taking the same lines in batches of the same size (WAL, synchronous = FULL) as the floor; how long after an
 * append a signed checkpoint covers it, at a steady rate; and how long the offline verification of a log takes. Each is on the same disk.
 * `--entries 10000000 --rounds 1` is the large run: what it takes of the disk is said before it begins, and it does not begin without.
 */
import { rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type AuditEntry, AuditLog, BATCH_MAX_ENTRIES, QUEUE_MAX_ENTRIES } from '@keepline/compliance/audit';
import { proveEntry, verifyEntryProof } from '@keepline/compliance/audit-prove';
import { verifyAuditLog } from '@keepline/compliance/audit-verify';
import { openKeyStore } from '@keepline/compliance/keys';
import { verifierFrom } from '@keepline/compliance/note';
import { systemClock as clock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import { type Quantiles, quantiles } from '@keepline/testkit/quantiles';
import { tempDir } from '@keepline/testkit/temp-dir';

const FLOOR = `SQLite, ${BATCH_MAX_ENTRIES} inserts a transaction, WAL, synchronous = FULL`;
/** Appends that wait at once: enough for full batches, below the bound at which the log refuses. */
const WINDOW = Math.floor(QUEUE_MAX_ENTRIES * 0.8);
const TICK_MS = 10;
/** Of an entry on the disk: line, index and tiles of ours; row of the floor, whose file goes after each round. Measured, rounded up. */
const OURS_BYTES = 360;
const FLOOR_BYTES = 320;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    entries: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    rate: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '10' },
    verify: { type: 'string' },
  },
});
const entries = Number(values.entries);
const rounds = Number(values.rounds);
const rate = Number(values.rate);
const seconds = Number(values.seconds);
const tell = (line: string): void => console.error(`bench: ${line}`);
const round = (n: number): number => Math.round(n * 100) / 100;
const median = (sample: readonly number[]): number => sample.toSorted((a, b) => a - b)[Math.floor(sample.length / 2)] ?? Number.NaN;

const scratch = tempDir();
const keys = await openKeyStore(join(scratch.path, 'keys'), { site: 'bench', clock });
const signer = keys.auditSigner();
const onFault = (fault: KeeplineError): void => tell(`fault: ${fault.message}`);

const entry = (i: number): AuditEntry => ({
  act: 'recording.export',
  who: `agent${i % 100}`,
  role: 'supervisor',
  from: '10.20.30.40',
  object: `rec-${i}`,
  purpose: 'complaint of a customer about a transfer',
  outcome: i % 2 === 0 ? 'intent' : 'done',
  correlation: `req-${i >> 1}`,
});

/** Appends as fast as the log takes them. @returns appends a second, each told durable */
async function appendAll(dir: string, count: number): Promise<number> {
  const log = await AuditLog.open({ dir, signer, clock, onFault });
  const startedMs = performance.now();
  const progress = { waiting: 0 };
  let wake = (): void => {};
  for (let i = 0; i < count; i++) {
    if (progress.waiting >= WINDOW) await new Promise<void>((resolve) => (wake = resolve));
    progress.waiting++;
    void log.append(entry(i)).then(() => {
      progress.waiting--;
      wake();
    });
  }
  while (progress.waiting > 0) await new Promise<void>((resolve) => (wake = resolve));
  const perSecond = (count * 1000) / (performance.now() - startedMs);
  await log.close();
  return perSecond;
}

/** The same entries as lines into a table; making the line is part of both. @returns inserts a second, each committed durably */
function insertAll(path: string, count: number): number {
  const database = new DatabaseSync(path);
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE entry (number INTEGER PRIMARY KEY, line TEXT NOT NULL)',
  );
  const insert = database.prepare('INSERT INTO entry (line) VALUES (?)');
  const startedMs = performance.now();
  for (let i = 0; i < count; i += BATCH_MAX_ENTRIES) {
    database.exec('BEGIN');
    for (let n = i; n < Math.min(i + BATCH_MAX_ENTRIES, count); n++)
      insert.run(JSON.stringify({ v: 1, time: new Date(clock.now()).toISOString(), ...entry(n) }));
    database.exec('COMMIT');
  }
  const perSecond = (count * 1000) / (performance.now() - startedMs);
  database.close();
  rmSync(path);
  return perSecond;
}

interface Waits {
  readonly durableMs: Quantiles;
  readonly provableMs: Quantiles;
}

/** Appends at a steady rate; a wait ends when the entry is told durable, and when a signed checkpoint covers it. */
async function appendSteadily(dir: string): Promise<Waits> {
  const durable: number[] = [];
  const provable: number[] = [];
  const appendedMs: number[] = [];
  let covered = 0;
  const onCheckpoint = (size: number): void => {
    const now = performance.now();
    for (; covered < size; covered++) provable.push(now - (appendedMs[covered] ?? Number.NaN));
  };
  const log = await AuditLog.open({ dir, signer, clock, onFault, onCheckpoint });
  const startedMs = performance.now();
  for (let elapsedMs = 0; elapsedMs < seconds * 1000; elapsedMs = performance.now() - startedMs) {
    for (const due = (elapsedMs / 1000) * rate; appendedMs.length < due; ) {
      const atMs = performance.now();
      appendedMs.push(atMs); // the log keeps the order of its callers, so this is the entry of that number
      void log.append(entry(appendedMs.length)).then(() => durable.push(performance.now() - atMs));
    }
    await setTimeout(TICK_MS);
  }
  const waited = [...provable]; // without those of the checkpoint that closing signs at once
  await log.close();
  return { durableMs: quantiles(durable), provableMs: quantiles(waited) };
}

/** What must not grow with the log: opening it, and proving one entry. */
async function measureOpening(dir: string, size: number): Promise<{ openMs: number; proveMs: number }> {
  const openedMs = performance.now();
  const log = await AuditLog.open({ dir, signer, clock, onFault });
  const openMs = round(performance.now() - openedMs);
  await log.close();
  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    const startedMs = performance.now();
    verifyEntryProof(await proveEntry(dir, verifierFrom(signer.verifierKey), Math.floor((size / 20) * i)), signer.verifierKey);
    times.push(performance.now() - startedMs);
  }
  return { openMs, proveMs: round(median(times)) };
}

async function measureVerification(dir: string): Promise<{ verifiedEntries: number; verifySeconds: number; verifiedBytes: number }> {
  if (values.verify !== undefined) {
    const startedMs = performance.now();
    await appendAll(dir, Math.max(0, Number(values.verify) - entries * rounds));
    tell(`${values.verify} entries appended, the last of them in ${round((performance.now() - startedMs) / 1000)} s`);
  }
  const startedMs = performance.now();
  const verdict = await verifyAuditLog(dir, signer.verifierKey);
  const verifySeconds = round((performance.now() - startedMs) / 1000);
  if (!verdict.ok) throw new Error(`the log does not hold: ${JSON.stringify(verdict.fault)}`);
  return { verifiedEntries: verdict.entries, verifySeconds, verifiedBytes: statSync(join(dir, 'entries.jsonl')).size };
}

/** @throws when the disk has no room: better now than after an hour */
function needDisk(): void {
  const logged = Math.max(entries * rounds, Number(values.verify ?? 0));
  const needed = logged * OURS_BYTES + entries * FLOOR_BYTES + rate * seconds * OURS_BYTES;
  const { bavail, bsize } = statfsSync(scratch.path);
  const gigabytes = (bytes: number): number => round(bytes / 1e9);
  tell(`takes about ${gigabytes(needed)} GB of the disk at ${scratch.path}, which has ${gigabytes(bavail * bsize)} GB free`);
  if (bavail * bsize < needed) throw new Error('not enough disk: set TMPDIR to a folder that has it, or ask for fewer --entries');
}

const shown = ({ p50, p95, p99 }: Quantiles): string => `p50 ${p50}  p95 ${p95}  p99 ${p99} ms`;
try {
  needDisk();
  const ours: number[] = [];
  const floor: number[] = [];
  const dir = join(scratch.path, 'audit');
  for (let i = 0; i < rounds; i++) {
    floor.push(insertAll(join(scratch.path, `raw-${i}.db`), entries));
    ours.push(await appendAll(dir, entries));
    tell(`round ${i + 1}: ${Math.round(ours[i] ?? 0)} appends a second; ${FLOOR}: ${Math.round(floor[i] ?? 0)} a second`);
  }
  const waits = await appendSteadily(join(scratch.path, 'steady'));
  tell(`at ${rate} a second: durable ${shown(waits.durableMs)}; provable ${shown(waits.provableMs)}`);
  const verification = await measureVerification(dir);
  tell(`${verification.verifiedEntries} entries verified in ${verification.verifySeconds} s`);
  const opening = await measureOpening(dir, verification.verifiedEntries);
  tell(`opened in ${opening.openMs} ms, one entry proven and checked in ${opening.proveMs} ms (median of 20)`);
  const figures = {
    appendsPerSecond: Math.round(median(ours)),
    rawInsertsPerSecond: Math.round(median(floor)),
    ratio: round(median(ours) / median(floor)),
    provableMsP50: waits.provableMs.p50,
    provableMsP95: waits.provableMs.p95,
    provableMsP99: waits.provableMs.p99,
    durableMsP50: waits.durableMs.p50,
    durableMsP99: waits.durableMs.p99,
    steadyPerSecond: rate,
    ...verification,
    ...opening,
    peakMemoryMegabytes: Math.round(process.resourceUsage().maxRSS / 1000),
    floor: FLOOR,
    entries,
    rounds,
  };
  if (values.json) console.log(JSON.stringify(figures));
} finally {
  scratch.remove();
}
