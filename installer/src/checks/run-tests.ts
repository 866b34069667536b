/** Runs vitest with the terminal as it is and counts from its report file; a few files that failed are run once more, alone. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { childEnvironment, type Machine } from '../machine.ts';
import { afterSecondTry, worthASecondTry } from './second-try.ts';
import { failuresOf, type Tally, tallyOf } from './tally.ts';

/** What `--unit` leaves out: tests of the whole site, and those that need a browser or SIP tools of the distribution. */
const NOT_UNIT = ['test/!(architecture|docs).test.ts', '**/{sipp-peer,*-in-chromium,browser-endpoint,agent-browser}.test.ts'];

/** Tests that take many minutes: they pack a bundle, boot a machine, install. They run when their word is among the patterns. */
const LONG = { word: 'install', glob: 'test/install/**' };

/** Are the long tests left out? */
export function leavesOutLong(patterns: readonly string[]): boolean {
  return !patterns.some((pattern) => pattern === LONG.word || pattern.includes('test/install'));
}

/** `patterns` choose test files as vitest does: a part of the path. What fails may have a second try, said aloud ({@link secondTry}). */
export async function runTests(machine: Machine, patterns: readonly string[], unitOnly: boolean): Promise<Tally> {
  const { report, tally } = await vitest(machine, 'vitest.json', [
    ...(leavesOutLong(patterns) ? ['--exclude', LONG.glob] : []),
    ...(unitOnly ? NOT_UNIT.flatMap((glob) => ['--exclude', glob]) : []),
    ...patterns,
  ]);
  return tally.failed === 0 ? tally : await secondTry(machine, report, tally);
}

async function secondTry(machine: Machine, report: string | undefined, first: Tally): Promise<Tally> {
  const failed = failuresOf(report).map((file) => ({ ...file, source: textOf(file.path) ?? '' }));
  const files = worthASecondTry(failed);
  if (files.length === 0) return first;
  const again = await vitest(machine, 'vitest-second-try.json', ['--no-file-parallelism', ...files.map(({ path }) => path)]);
  const names = files.flatMap(({ failedTests }) => failedTests);
  const verdict = again.tally.failed === 0 ? 'passed in a second run alone, please look at why' : 'failed again in a second run alone';
  for (const name of names) console.log(`second try: ${name}: ${verdict}`);
  return afterSecondTry(first, files, again.tally);
}

async function vitest(
  machine: Machine,
  reportName: string,
  args: readonly string[],
): Promise<{ report: string | undefined; tally: Tally }> {
  const path = join(machine.runtime, 'log', reportName);
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  const status = await runTool(machine, ['vitest', 'run', '--reporter=dot', '--reporter=json', `--outputFile.json=${path}`, ...args]);
  const report = textOf(path);
  return { report, tally: tallyOf(report, status === 0) };
}

/** Undefined when there is none: vitest may end before it has written its report. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Exit status of a program of node_modules/.bin, its output on our terminal. */
export function runTool(machine: Machine, command: readonly [string, ...string[]]): Promise<number> {
  const [program, ...args] = command;
  const child = spawn(join(machine.root, 'node_modules/.bin', program), args, {
    cwd: machine.root,
    stdio: 'inherit',
    env: childEnvironment(machine),
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
