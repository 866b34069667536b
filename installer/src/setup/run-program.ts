/** Runs a program to its end with its output in a log file, and says what it wrote last when it fails. */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { KeeplineError } from '../before-packages.ts';

const TAIL_LINES = 12;

export interface Program {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Everything the program writes goes here; the folder is made. */
  readonly log: string;
  /** Ended with SIGKILL after this long. */
  readonly limitMs: number;
  readonly onLine?: (line: string) => void;
}

/** @throws KeeplineError SETUP_COMMAND_FAILED with the last lines of its output and the log file */
export async function runProgram(program: Program): Promise<void> {
  mkdirSync(dirname(program.log), { recursive: true });
  const log = createWriteStream(program.log, { flags: 'a' });
  const [file, ...args] = program.command;
  log.write(`$ ${program.command.join(' ')}\n`);
  const tail: string[] = [];
  const child = spawn(file, args, { cwd: program.cwd, env: program.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const limit = setTimeout(() => child.kill('SIGKILL'), program.limitMs);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      if (line.trim() !== '') tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      program.onLine?.(line);
    });
  }
  const outcome = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? 'ok' : signal === null ? `exit ${code}` : `ended by ${signal}`));
  });
  clearTimeout(limit);
  log.end();
  if (outcome === 'ok') return;
  throw new KeeplineError('SETUP_COMMAND_FAILED', `${program.command.slice(0, 4).join(' ')}: ${outcome}\n    ${tail.join('\n    ')}`, {
    hint: `The whole output is in ${program.log}; mend what it names and run the same command again, it resumes where it stopped.`,
    offending: outcome,
  });
}
