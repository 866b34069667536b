/** What the site did: calls at once, events that wait for the cloud, and the components it is made of. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPersonalData } from '@keepline/compliance/find-personal-data';
import type { CallFact, ComponentFact, OutboxFact } from '@keepline/compliance/mlps-facts';
import type { Reader } from '../store/connection.ts';
import { printed } from './measure.ts';

/** Calls of the period that are read, and newest waiting events that are searched. */
const CALLS_MAX = 1_000_000;
const SCANNED_MAX = 2000;

/** Highest number of calls at the same moment. Pure. @param calls times in ms; null for a call that goes on */
export function peakOf(calls: readonly { readonly startMs: number; readonly endMs: number | null }[]): number {
  const steps = calls.flatMap(({ startMs, endMs }) => [{ ms: startMs, by: 1 }, ...(endMs === null ? [] : [{ ms: endMs, by: -1 }])]);
  let [now, peak] = [0, 0];
  // an end before a start of the same moment: a line that is freed can be taken
  for (const { by } of steps.toSorted((a, b) => a.ms - b.ms || a.by - b.by)) peak = Math.max(peak, (now += by));
  return peak;
}

export async function callFacts(
  read: Reader,
  fromMs: number,
  toMs: number,
  trunks: readonly { readonly maxCalls: number }[],
): Promise<CallFact> {
  const rows = await read.all<{ startMs: number; endMs: number | null }>(
    `SELECT started_at_ms AS startMs, ended_at_ms AS endMs FROM calls WHERE started_at_ms BETWEEN ? AND ? LIMIT ${CALLS_MAX}`,
    fromMs,
    toMs,
  );
  const [open] = await read.all<{ n: number }>('SELECT count(*) AS n FROM calls WHERE ended_at_ms IS NULL');
  return {
    calls: rows.length,
    peakConcurrent: peakOf(rows),
    trunks: trunks.length,
    trunkLimit: trunks.reduce((sum, { maxCalls }) => sum + maxCalls, 0),
    inProgress: open?.n ?? 0,
  };
}

/** @param outbox opened for reading @param from, to days of the ledger, both included */
export async function outboxFacts(outbox: Reader, from: string, to: string): Promise<OutboxFact> {
  const waiting = await outbox.all<{ body: string }>(`SELECT body FROM event ORDER BY seq DESC LIMIT ${SCANNED_MAX}`);
  const hits: Record<string, number> = {};
  for (const { body } of waiting)
    for (const value of textsIn(JSON.parse(body))) for (const { type } of findPersonalData(value)) hits[type] = (hits[type] ?? 0) + 1;
  const [sums] = await outbox.all<{ sent: number; quarantined: number }>(
    'SELECT coalesce(sum(events), 0) AS sent, coalesce(sum(quarantined), 0) AS quarantined FROM egress WHERE day BETWEEN ? AND ?',
    from,
    to,
  );
  const [questions] = await outbox.all<{ sent: number; stopped: number }>(
    'SELECT coalesce(sum(sent), 0) AS sent, coalesce(sum(stopped), 0) AS stopped FROM request WHERE day BETWEEN ? AND ?',
    from,
    to,
  );
  const [volume] = await outbox.all<{ events: number }>('SELECT events FROM volume');
  return {
    ...{ scanned: waiting.length, hits, sent: sums?.sent ?? 0, quarantined: sums?.quarantined ?? 0, waiting: volume?.events ?? 0 },
    questions: { sent: questions?.sent ?? 0, stopped: questions?.stopped ?? 0 },
  };
}

/** Only what may carry words: identifiers and times of the envelope are of our own making, and random letters look like names. */
function textsIn(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return /(^id|Id|time|source|specversion|type|subject|caller|pseudonym)$/.test(key) ? [] : [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => textsIn(each, Array.isArray(value) ? key : name));
}

/** The npm packages that lie there against those of the lock file, and the number of packages of the system. @param root of the installation */
export async function componentFacts(root: string): Promise<ComponentFact> {
  const { packages }: { packages: Record<string, { version?: string; optional?: boolean; link?: boolean }> } = JSON.parse(
    await readFile(join(root, 'package-lock.json'), 'utf8'),
  );
  const locked = new Map(
    Object.entries(packages).flatMap(([path, { version, link }]) =>
      path.startsWith('node_modules/') && version !== undefined && !link ? [[path, version] as const] : [],
    ),
  );
  const unexpected: string[] = [];
  const differing: string[] = [];
  let installed = 0;
  for (const path of await packagesBelow(root, 'node_modules')) {
    const found: { version?: string } = JSON.parse(await readFile(join(root, path, 'package.json'), 'utf8'));
    installed++;
    const wanted = locked.get(path);
    if (wanted === undefined) unexpected.push(`${path.slice('node_modules/'.length)} ${found.version ?? ''}`);
    else if (wanted !== found.version) differing.push(`${path.slice('node_modules/'.length)} ${found.version ?? ''} ≠ ${wanted}`);
  }
  const system = await printed('dpkg-query', '-f', '.\n', '-W').catch(() => '');
  return { locked: locked.size, installed, unexpected, differing, systemPackages: system.split('\n').filter(Boolean).length };
}

async function packagesBelow(root: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue; // links are our own packages
    const path = `${folder}/${entry.name}`;
    if (entry.name.startsWith('@')) {
      found.push(...(await packagesBelow(root, path)));
      continue;
    }
    const names = await readdir(join(root, path));
    if (names.includes('package.json')) found.push(path);
    if (names.includes('node_modules')) found.push(...(await packagesBelow(root, `${path}/node_modules`)));
  }
  return found;
}
