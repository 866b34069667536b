/**
 * How every command of the house ends: status 0 as its work says, 1 for a refusal with its code and the next action, 2 with the usage for
 * words it does not understand. Written once, so that an operator's scripts can rely on it.
 */
import { KeeplineError, messageOf } from './errors.ts';

/** Runs the command of this process and sets its exit status. @param usage printed when the words could not be read */
export async function endWith(run: () => Promise<number>, usage: string): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (thrown) {
    if (thrown instanceof KeeplineError) console.error(`${thrown.code}: ${thrown.message}\n  ${thrown.hint}`);
    else console.error(messageOf(thrown), `\n${usage}`);
    process.exitCode = thrown instanceof KeeplineError ? 1 : 2;
  }
}
