/** Runs a script of another package as its own program, with our terminal, and takes over its exit status. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KeeplineError } from '@keepline/contracts/errors';
import { childEnvironment, type Machine } from '../machine.ts';

/** @throws KeeplineError LAUNCH_SCRIPT_MISSING */
export async function runScript(machine: Machine, path: string, args: readonly string[]): Promise<number> {
  if (!existsSync(join(machine.root, path)))
    throw new KeeplineError('LAUNCH_SCRIPT_MISSING', `${path} is missing from ${machine.root}`, {
      hint: 'Restore the tree: git status shows what is gone.',
      offending: path,
    });
  const child = spawn(machine.node, [join(machine.root, path), ...args], { stdio: 'inherit', env: childEnvironment(machine) });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const ignoreTerminal = (): void => undefined; // Ctrl-C reaches the child too, as it shares the terminal; it decides
  process.on('SIGTERM', pass).on('SIGINT', ignoreTerminal);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
  } finally {
    process.off('SIGTERM', pass).off('SIGINT', ignoreTerminal);
  }
}
