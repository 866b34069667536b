/** What the machine itself must offer: room on the disk, a right clock, enough file descriptors. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail, type Finding, ok, warn } from './finding.ts';

const MEGABYTE = 1024 * 1024;
/** Stereo G.711 at 8 kHz: 16,000 bytes a second. */
const RECORDING_MB_PER_HOUR = (16_000 * 3600) / MEGABYTE;
/** A call takes about 6 descriptors (two RTP pairs, recording, journal), 1,000 calls are what one machine is designed for. */
const DESCRIPTORS_WANTED = 8192;
const DESCRIPTORS_NEEDED = 1024;

/** `minFreeMegabytes`: below it the gateway refuses calls (`recording.minFreeMegabytes`). */
export function checkDisk(path: string, minFreeMegabytes: number): Finding {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  return judgeDisk(folder, Math.floor((bavail * bsize) / MEGABYTE), minFreeMegabytes);
}

/** Pure. */
export function judgeDisk(folder: string, freeMb: number, minFreeMb: number): Finding {
  const hours = Math.max(0, Math.floor((freeMb - minFreeMb) / RECORDING_MB_PER_HOUR));
  const found = `${freeMb} MB free on ${folder}: room for about ${hours} hours of recordings`;
  const next = 'Free space there, or choose another data folder with --data.';
  if (freeMb < minFreeMb) return fail('disk', `${found}; calls are refused below ${minFreeMb} MB`, next);
  return freeMb < 4 * minFreeMb ? warn('disk', found, next) : ok('disk', found);
}

/** One-time passwords, certificates and evidence need the right time. */
export function checkClock(): Finding {
  const asked = spawnSync('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], { encoding: 'utf8', timeout: 5000 });
  return judgeClock(asked.status === 0 ? asked.stdout.trim() : 'unknown', new Date().toISOString());
}

/** Pure. `answer`: `yes`, `no`, or anything else for unknown. */
export function judgeClock(answer: string, now: string): Finding {
  if (answer === 'yes') return ok('clock', `${now}, synchronised`);
  if (answer === 'no')
    return warn('clock', `${now}, not synchronised`, 'Name the time servers of your house and enable it: timedatectl set-ntp true');
  return warn('clock', `${now}; whether it is synchronised cannot be told here`, 'Compare it with a clock you trust.');
}

/** The soft limit a process started here gets. */
export function checkDescriptors(): Finding {
  let text = '';
  try {
    text = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return warn('file descriptors', 'the limit cannot be read on this system', 'Compare: ulimit -n');
  }
  return judgeDescriptors(text);
}

/** Pure; `text` is /proc/self/limits. */
export function judgeDescriptors(text: string): Finding {
  const word = /^Max open files\s+(\S+)/m.exec(text)?.[1] ?? '0';
  const limit = word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word);
  const next = `Raise it: ulimit -n ${DESCRIPTORS_WANTED} (or LimitNOFILE= of the unit)`;
  if (limit < DESCRIPTORS_NEEDED) return fail('file descriptors', `${word} per process`, next);
  return limit < DESCRIPTORS_WANTED
    ? warn('file descriptors', `${word} per process, enough for about ${Math.floor(limit / 8)} calls`, next)
    : ok('file descriptors', `${word} per process`);
}
