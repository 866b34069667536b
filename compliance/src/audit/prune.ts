/**
 * Lets old entries of an audit log go: whole bundles of 256 from the left, and only what is older than the rules of the site. Hashes stay. In
 * this order, so that a process may die anywhere: hashes durable, signed mark durable, then a hole in the file where the entries were
 * (fallocate(2), so places in the file stay and writers beside are not disturbed); the next pruning makes the hole again.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AUDIT_RETENTION_DAYS_MIN } from '@keepline/contracts/audit-config';
import type { Clock } from '@keepline/contracts/clock';
import { messageOf } from '@keepline/contracts/errors';
import { type NoteSigner, verifierFrom } from '../tlog/signed-note.ts';
import { TILE_WIDTH } from '../tlog/tile.ts';
import { Frontier } from '../tlog/tree-hash.ts';
import { ENTRIES_FILE, INDEX_FILE, INDEX_RECORD_BYTES, recordAt } from './entry-files.ts';
import { EntryReader } from './entry-reader.ts';
import { AuditDamaged, AuditPruneRefused } from './errors.ts';
import { acquireLock } from './lock-file.ts';
import { replaceFile } from './new-file.ts';
import { firstKept, PRUNED_FILE, readPruned, signPruned } from './pruned.ts';
import { readTiled } from './tile-writer.ts';
import { verifyAuditExport } from './verify-export.ts';

const execute = promisify(execFile);
const DAY_MS = 86_400_000;
const RECORDS_AT_ONCE = 25_000;
/** Only one process prunes; appends go on under their own lock. */
const PRUNE_LOCK = 'prune.lock';

export interface PrunePlan {
  /** Entries `from` up to before `to` go; equal when none is old enough. */
  readonly from: number;
  readonly to: number;
  /** Time of the youngest of them; '' when there is none. */
  readonly newest: string;
  /** Bytes of entries, as they stand in the file. */
  readonly bytes: number;
}

export interface PruneRules {
  /** Days; at least six months. */
  readonly retentionDays: number;
  readonly exportBeforePrune: boolean;
}

/**
 * What may go now. Entries that no durable tile covers stay, and so does the last one.
 * @throws AuditPruneRefused under six months, AuditDamaged, AuditLogAbsent
 */
export async function planPrune(dir: string, verifierKey: string, retentionDays: number, nowMs: number): Promise<PrunePlan> {
  if (!(retentionDays >= AUDIT_RETENTION_DAYS_MIN))
    throw new AuditPruneRefused(
      `${retentionDays} days are less than the ${AUDIT_RETENTION_DAYS_MIN} that the law asks for`,
      'Set audit.retentionDays in site.yaml to six months or more.',
    );
  const reader = await EntryReader.open(dir);
  try {
    const cutoff = new Date(nowMs - retentionDays * DAY_MS).toISOString();
    const tiled = (await readTiled(dir, verifierFrom(verifierKey)))?.size ?? 0;
    const limit = Math.min(tiled, reader.size - 1);
    let [to, newest] = [reader.first, ''];
    for (; to + TILE_WIDTH <= limit; to += TILE_WIDTH) {
      const times = (await reader.block(to, to + TILE_WIDTH)).map(({ line }) => timeOf(line));
      const youngest = times.reduce((a, b) => (a > b ? a : b), newest);
      // An entry whose time cannot be read counts as new.
      if (times.includes('') || youngest > cutoff) break;
      newest = youngest;
    }
    const endOf = async (number: number): Promise<number> => (number === 0 ? 0 : recordAt(await reader.records(number - 1, number), 0).end);
    return { from: reader.first, to, newest, bytes: (await endOf(to)) - (await endOf(reader.first)) };
  } finally {
    await reader.close();
  }
}

export interface Pruning {
  readonly dir: string;
  readonly signer: NoteSigner;
  readonly clock: Pick<Clock, 'now' | 'after' | 'monotonicMs'>;
  readonly rules: PruneRules;
  readonly plan: PrunePlan;
  /** Correlation of the audited act, whose intent is in the log already. */
  readonly act: string;
  /** Export that holds what goes. */
  readonly exported?: string | undefined;
}

/**
 * Carries out a plan, and what an interrupted pruning left undone.
 * @returns bytes of the disk that became free @throws AuditPruneRefused, AuditDamaged, AuditLockTimeout
 */
export async function pruneEntries({ dir, signer, clock, rules, plan, act, exported }: Pruning): Promise<number> {
  const lock = await acquireLock(join(dir, PRUNE_LOCK), clock);
  try {
    const before = await readPruned(dir, verifierFrom(signer.verifierKey));
    await tryHole(dir);
    if (plan.to > (before?.entries ?? 0)) {
      const again = await planPrune(dir, signer.verifierKey, rules.retentionDays, clock.now());
      if (again.from !== plan.from || again.to < plan.to)
        throw new AuditPruneRefused('the log was pruned by somebody else meanwhile', 'Look again: ./keepline audit prune --dry-run');
      const { root, index } = await sumsOf(dir, plan, await exportedSize(plan, rules, signer.verifierKey, exported));
      const at = new Date(clock.now()).toISOString();
      await syncIndex(dir);
      await replaceFile(join(dir, PRUNED_FILE), signPruned({ entries: plan.to, root, index, newest: plan.newest, at, act }, signer));
      await syncFolder(dir);
    }
    return await makeHole(dir, Math.max(plan.to, before?.entries ?? 0));
  } finally {
    await lock.release();
  }
}

interface ExportedLog {
  readonly entries: number;
  /** Hex. */
  readonly root: string;
}

/** @throws AuditPruneRefused when the export does not hold all that goes */
async function exportedSize(
  { from, to }: PrunePlan,
  { exportBeforePrune }: PruneRules,
  verifierKey: string,
  exported: string | undefined,
): Promise<ExportedLog | undefined> {
  if (exported === undefined) {
    if (!exportBeforePrune) return undefined;
    throw new AuditPruneRefused(
      'the rules of the site ask for an export first',
      'Make one and name it: ./keepline audit export --out FILE, then --export FILE',
    );
  }
  const { ok, entries, signed, root, pruned, fault } = await verifyAuditExport(exported, verifierKey);
  const why = !ok
    ? `the export does not hold: ${fault?.why ?? ''}`
    : signed < to
      ? 'the export ends before'
      : (pruned?.entries ?? 0) > from
        ? 'the export begins behind'
        : '';
  if (why !== '')
    throw new AuditPruneRefused(`${why} (entries ${from} to ${to - 1} are to go)`, 'Make a new export: ./keepline audit export --out FILE');
  return { entries, root };
}

/** Root and index hash of what goes. @throws AuditPruneRefused when the export is of another log of the same key */
async function sumsOf(
  dir: string,
  { to }: PrunePlan,
  exported: ExportedLog | undefined,
): Promise<{ readonly root: string; readonly index: string }> {
  const reader = await EntryReader.open(dir);
  try {
    const frontier = new Frontier();
    const sum = createHash('sha256');
    let root = '';
    const last = Math.max(to, exported?.entries ?? 0);
    if (last > reader.size)
      throw new AuditPruneRefused('the export has entries that this log has not', 'Follow docs/runbook/fork-detected.md.');
    for (let from = 0; from < last; ) {
      const until = Math.min(from + RECORDS_AT_ONCE, from < to ? to : last);
      const records = await reader.records(from, until);
      if (from < to) sum.update(records);
      for (let i = 0; i < until - from; i++) frontier.add(recordAt(records, i).hash);
      from = until;
      if (from === to) root = Buffer.from(frontier.root()).toString('base64');
    }
    if (exported && Buffer.from(frontier.root()).toString('hex') !== exported.root)
      throw new AuditPruneRefused('the export is of another log', 'Follow docs/runbook/fork-detected.md.');
    return { root, index: sum.digest('base64') };
  } finally {
    await reader.close();
  }
}

/** The index is written without a flush: here it is the only place where the hashes of what goes stand one by one. */
async function syncIndex(dir: string): Promise<void> {
  const index = await open(join(dir, INDEX_FILE), 'r+');
  try {
    await index.sync();
  } finally {
    await index.close();
  }
}

async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** @throws AuditPruneRefused before anything is said to be gone, where the file system knows no holes */
async function tryHole(dir: string): Promise<void> {
  const probe = join(dir, `prune.probe.${process.pid}`);
  try {
    await writeFile(probe, Buffer.alloc(8192, 1), { mode: 0o600 });
    await punchHole(probe, 4096);
  } finally {
    await rm(probe, { force: true });
  }
}

async function makeHole(dir: string, entries: number): Promise<number> {
  if (entries === 0) return 0;
  const path = join(dir, ENTRIES_FILE);
  const length = await endOfEntry(dir, entries - 1);
  const before = (await stat(path)).blocks;
  await punchHole(path, length);
  return Math.max(0, before - (await stat(path)).blocks) * 512;
}

/** @throws AuditDamaged */
async function endOfEntry(dir: string, number: number): Promise<number> {
  const index = await open(join(dir, INDEX_FILE), 'r');
  const record = Buffer.alloc(INDEX_RECORD_BYTES);
  try {
    const { bytesRead } = await index.read(record, 0, record.length, number * INDEX_RECORD_BYTES);
    if (bytesRead < record.length) throw new AuditDamaged(dir, 'the index ends before the pruned entries do', number + 1);
    return recordAt(record, 0).end;
  } finally {
    await index.close();
  }
}

/** Bytes at the start of the entries that the mark of a pruned log says are gone, for whoever copies the log; the mark is taken at its word. */
export async function prunedBytes(dir: string): Promise<number> {
  const entries = await firstKept(dir);
  return entries === 0 ? 0 : endOfEntry(dir, entries - 1);
}

/**
 * The first bytes of a file give their space back and read as zeros; it stays as long as it was. util-linux has it on every Linux; Node knows no
 * fallocate(2). @throws AuditPruneRefused where the file system knows no holes
 */
export async function punchHole(path: string, length: number): Promise<void> {
  try {
    await execute('fallocate', ['--punch-hole', '--offset', '0', '--length', String(length), path]);
  } catch (thrown) {
    throw new AuditPruneRefused(
      `no hole can be made in ${path}: ${messageOf(thrown).split('\n').at(-2) ?? ''}`,
      'Keep the audit folder on ext4, xfs or btrfs, and install util-linux.',
      thrown,
    );
  }
}

function timeOf(line: Buffer): string {
  const found: unknown = JSON.parse(line.toString('utf8'));
  const time = typeof found === 'object' && found !== null && 'time' in found ? found.time : '';
  return typeof time === 'string' && Number.isFinite(Date.parse(time)) ? new Date(time).toISOString() : '';
}
