/** Children outlive an `up` that was killed with SIGKILL; the next `up` on the folder ends them before it starts its own. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { systemClock } from '@keepline/contracts/clock';
import { commandLineOf } from './process-table.ts';

const GRACE_MS = 3000;
const LOOK_EVERY_MS = 50;

export interface Started {
  readonly pid: number;
  /** Its command line, because pids are used again. */
  readonly commandLine: string;
}

export function writeStarted(path: string, pids: readonly number[]): void {
  const started: Started[] = pids.flatMap((pid) => {
    const commandLine = commandLineOf(pid);
    return commandLine === undefined ? [] : [{ pid, commandLine }];
  });
  writeFileSync(path, JSON.stringify(started), { mode: 0o600 });
}

/** Ends what the file lists and still runs; resolves with how many it found. */
export async function endLeftBehind(path: string): Promise<number> {
  const found = read(path).filter(isStillThere);
  for (const { pid } of found) signal(pid, 'SIGCONT');
  for (const { pid } of found) signal(pid, 'SIGTERM');
  const until = systemClock.monotonicMs() + GRACE_MS;
  while (found.some(isStillThere) && systemClock.monotonicMs() < until) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  for (const left of found.filter(isStillThere)) signal(left.pid, 'SIGKILL');
  rmSync(path, { force: true });
  return found.length;
}

const isStillThere = (started: Started): boolean => commandLineOf(started.pid) === started.commandLine;

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // gone meanwhile
  }
}

function read(path: string): Started[] {
  try {
    const list: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(list) ? list.filter(isStarted) : [];
  } catch {
    return []; // none was written, or only half of it before the power went
  }
}

function isStarted(value: unknown): value is Started {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('commandLine' in value)) return false;
  return typeof value.pid === 'number' && value.pid > 1 && typeof value.commandLine === 'string' && value.commandLine !== '';
}
