/** Running a measurement so that its failure is a finding of its own and stops no other. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '@keepline/contracts/errors';
import type { Measured } from '@keepline/compliance/mlps-facts';

const execute = promisify(execFile);
/** A program of the host may hang on a dead disk or bus, ms. */
const PROGRAM_MS = 5000;
const OUTPUT_MAX_BYTES = 16_777_216;

export async function measure<T>(take: () => T | Promise<T>): Promise<Measured<T>> {
  try {
    return { measured: true, value: await take() };
  } catch (thrown) {
    return { measured: false, why: messageOf(thrown).split('\n')[0]?.slice(0, 200) ?? '' };
  }
}

/** What a program of the host prints. @throws Error that names the program when it is missing or refuses */
export async function printed(program: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await execute(program, args, { timeout: PROGRAM_MS, maxBuffer: OUTPUT_MAX_BYTES });
    return stdout;
  } catch (thrown) {
    const missing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    throw new Error(missing ? `${program} is not installed` : `${program} failed: ${messageOf(thrown).split('\n')[0] ?? ''}`, {
      cause: thrown,
    });
  }
}
