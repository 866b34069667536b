/** Runs vitest with the terminal as it is and counts from its report file. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { childEnvironment, type Machine } from '../machine.ts';
import { type Tally, tallyOf } from './tally.ts';

/** What `--unit` leaves out: tests of the whole site, and those that need a browser or SIP tools of the distribution. */
const NOT_UNIT = ['test/!(architecture|docs).test.ts', '**/{sipp-peer,*-in-chromium,browser-endpoint,agent-browser}.test.ts'];

/** Tests that take many minutes: they pack a bundle, boot a machine, install. They run when their word is among the patterns. */
const LONG = { word: 'install', glob: 'test/install/**' };

/** Are the long tests left out? */
export function leavesOutLong(patterns: readonly string[]): boolean {
  return !patterns.some((pattern) => pattern === LONG.word || pattern.includes('test/install'));
}

/** `patterns` choose test files as vitest does: a part of the path. */
export async function runTests(machine: Machine, patterns: readonly string[], unitOnly: boolean): Promise<Tally> {
  const report = join(machine.runtime, 'log/vitest.json');
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const output = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  const status = await runTool(machine, [
    'vitest',
    'run',
    ...output,
    ...(leavesOutLong(patterns) ? ['--exclude', LONG.glob] : []),
    ...(unitOnly ? NOT_UNIT.flatMap((glob) => ['--exclude', glob]) : []),
    ...patterns,
  ]);
  let text: string | undefined;
  try {
    text = readFileSync(report, 'utf8');
  } catch {
    text = undefined; // vitest ended before it could write one
  }
  return tallyOf(text, status === 0);
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
