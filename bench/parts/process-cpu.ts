/** CPU time of another process, from /proc (Linux); ticks of 10 ms. */
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux Node runs on

/** User and system time, seconds. @throws when there is no such process */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
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
