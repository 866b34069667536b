/** CPU time and memory of another process, from /proc (Linux); ticks of 10 ms. */
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux Node runs on

/** User and system time, seconds. @throws when there is no such process */
export function cpuSecondsOf(pid: number): number {
  return secondsIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

function secondsIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // after the name, which may hold anything
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND; // utime and stime, proc(5)
}

/** The child of this process with that word on its command line. @throws when there is none */
export function childWith(word: string): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number);
  const found = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word));
  if (found === undefined) throw new Error(`no child has ${word} on its command line`);
  return found;
}

/** Resident memory, KiB. @throws when there is no such process */
export function rssKiBOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}

/** CPU seconds by name of thread; threads of one name are summed. */
export function cpuByThread(pid: number): Map<string, number> {
  const sum = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      sum.set(name, (sum.get(name) ?? 0) + secondsIn(stat));
    } catch {
      // it ended between the listing and the look
    }
  }
  return sum;
}
