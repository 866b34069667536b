/** What the kernel says about a process. */
import { readFileSync } from 'node:fs';

/** Command line of a process; undefined when there is none (or no /proc). A zombie has an empty one and counts as gone. */
export function commandLineOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}
