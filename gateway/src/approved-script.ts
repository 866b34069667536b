/**
 * Runs a command of another package under four eyes: the approval is spent here, then the command runs as its own program, for the packages
 * below know no database.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock as clock } from '@keepline/contracts/clock';
import type { Bound } from './identity/approval-rules.ts';
import { performAtConsole } from './identity/console-approval.ts';
import { openConsole } from './retention/console.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ROOT_DATA = at('../../var');

/** Takes `--NAME VALUE` or `--NAME=VALUE` out of the words. */
export function takeOption(words: string[], name: string): string | undefined {
  const index = words.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  if (index < 0) return undefined;
  const [found = ''] = words.splice(index, 1);
  return found.includes('=') ? found.slice(found.indexOf('=') + 1) : words.splice(index, 1)[0];
}

function follow(script: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [at(script), ...args], { stdio: 'inherit' });
  return new Promise((done, reject) => {
    child.once('error', reject);
    child.once('close', (code) => done(code ?? 1));
  });
}

/**
 * @param script path from this folder
 * @param words of the command line, without `--approval`
 * @param bound undefined when the words are no such command; the script then says so itself
 * @returns exit code of the script. @throws ApprovalNeeded, ApprovalUnknown, ApprovalRefused
 */
export async function runApproved(
  script: string,
  words: readonly string[],
  bound: Bound | undefined,
  approval: string | undefined,
): Promise<number> {
  const data = resolve(takeOption([...words], 'data') ?? ROOT_DATA);
  // a site that was never started demands nothing yet; the command tells whatever else is wrong
  if (!bound || !existsSync(join(data, 'main.db'))) return follow(script, words);
  const office = await openConsole(data, undefined);
  try {
    return await performAtConsole({ ...office, clock }, bound, approval, () => follow(script, words));
  } finally {
    await office.close();
  }
}
