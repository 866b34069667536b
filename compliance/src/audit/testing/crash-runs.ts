/**
 * Kills appending processes with SIGKILL at random points, two at a time on one log, and looks after each round whether every entry that was
 * promised is there once and the log verifies: as the dead left it, and again after an heir opened it. Seeded; times in ms.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@keepline/contracts/clock';
import { newNoteKey, signerFrom } from '../../tlog/signed-note.ts';
import { AuditLog } from '../audit-log.ts';
import { TileBuilder, tilePath } from '../../tlog/tile.ts';
import { EntryReader } from '../entry-reader.ts';
import { verifyAuditLog } from '../verify.ts';

const VICTIM = fileURLToPath(new URL('../audit-victim.ts', import.meta.url));
const LANES = 2;
/** Every fourth process dies before it can have appended: while it opens the log, mends it, or inherits a lock. */
const EARLY_MS = 250;
const LINES_MAX = 120;

export interface CrashReport {
  readonly kills: number;
  readonly promised: number;
  readonly entries: number;
  /** Kills that left a lock behind, which is to say: within an append. */
  readonly lockLeft: number;
  /** What must not be; empty when all holds. */
  readonly faults: readonly string[];
}

/** @param dir an empty folder; one log per round is made in it @param killsPerRound bounds the size of a log */
export async function crashRuns(
  dir: string,
  runs: number,
  seed: number,
  { killsPerRound = 40, told = () => {} }: { killsPerRound?: number; told?: (report: CrashReport) => void } = {},
): Promise<CrashReport> {
  const random = seeded(seed);
  const key = newNoteKey('keepline/crash/audit');
  let report: CrashReport = { kills: 0, promised: 0, entries: 0, lockLeft: 0, faults: [] };
  for (let round = 0; report.kills < runs; round++) {
    const kills = Math.min(killsPerRound, runs - report.kills);
    const found = await oneRound(join(dir, `round-${round}`), key, kills, random);
    report = {
      kills: report.kills + kills,
      promised: report.promised + found.promised,
      entries: report.entries + found.entries,
      lockLeft: report.lockLeft + found.lockLeft,
      faults: [...report.faults, ...found.faults.map((fault) => `round ${round}: ${fault}`)],
    };
    told(report);
  }
  return report;
}

async function oneRound(dir: string, key: string, kills: number, random: () => number): Promise<Omit<CrashReport, 'kills'>> {
  const signer = signerFrom(key);
  const promised: string[] = [];
  const faults: string[] = [];
  let lockLeft = 0;
  let left = kills;
  const lane = async (name: string): Promise<void> => {
    for (let run = 0; left-- > 0; run++) {
      const pid = await oneKill(dir, key, `${name}${run}`, random, promised, faults);
      if (readLock(dir).startsWith(`${pid} `)) lockLeft++;
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, i) => lane(`lane${i}-`)));

  const check = async (when: string): Promise<number> => {
    const verdict = await verifyAuditLog(dir, signer.verifierKey);
    if (!verdict.ok) faults.push(`${when}: ${JSON.stringify(verdict)}`);
    return verdict.entries;
  };
  await check('as it was left');
  const heir = await AuditLog.open({ dir, signer, clock: systemClock, onFault: (fault) => faults.push(fault.message) });
  await heir.close();
  const entries = await check('after the heir');
  faults.push(...(await wrongTiles(dir)));
  const text = readFileSync(join(dir, 'entries.jsonl'), 'utf8').split('\n').slice(0, -1);
  const found = new Set(text.map((line) => String(JSON.parse(line).correlation)));
  if (found.size !== text.length) faults.push(`${text.length - found.size} entries are there twice`);
  if (entries !== text.length) faults.push(`${entries} entries verified of ${text.length}`);
  for (const one of promised) if (!found.has(one)) faults.push(`${one} was promised and is lost`);
  return { promised: promised.length, entries, lockLeft, faults };
}

/** Tiles must be those of a plain build once an heir has closed the log, whatever the dead left of them. */
async function wrongTiles(dir: string): Promise<string[]> {
  const reader = await EntryReader.open(dir);
  try {
    const builder = new TileBuilder();
    const full = (await reader.leaves(0, reader.size)).flatMap((leaf) => builder.add(leaf));
    return full.flatMap(({ tile, bytes }) => (readTileFile(join(dir, tilePath(tile))).equals(bytes) ? [] : [`${tilePath(tile)} is wrong`]));
  } finally {
    await reader.close();
  }
}

function readTileFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

/** One process from its start to its end; what it could still say before it died counts as promised. */
async function oneKill(
  dir: string,
  key: string,
  name: string,
  random: () => number,
  promised: string[],
  faults: string[],
): Promise<number> {
  const child = spawn(process.execPath, [VICTIM, dir, key, name, '1000000'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const early = random() < 0.25;
  const lines = 1 + Math.floor(random() * LINES_MAX);
  const earlyMs = random() * EARLY_MS;
  const withinMs = random() * 3;
  if (early) void setTimeout(earlyMs).then(() => child.kill('SIGKILL'));
  let heard = 0;
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith('durable ')) promised.push(line.slice('durable '.length));
    else faults.push(`${name} said: ${line}`);
    if (++heard === lines) void setTimeout(withinMs).then(() => child.kill('SIGKILL'));
  }
  await exited;
  return child.pid ?? 0;
}

function readLock(dir: string): string {
  try {
    return readFileSync(join(dir, 'lock'), 'utf8');
  } catch {
    return '';
  }
}

/** The same points again for the same seed, as far as the machine lets it. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
