/** What a command of the launcher is. */
import type { Machine } from '../machine.ts';
import type { Step } from '../setup/step.ts';

export interface Context {
  readonly machine: Machine;
  /** One line for the reader, on stderr: stdout belongs to results. */
  readonly say: (text: string) => void;
}

/** Which words a command takes; checked before anything is set up, so that a slip of the pen does not start a build. */
export interface Accepted {
  readonly flags?: readonly string[];
  readonly values?: readonly string[];
  readonly maxWords?: number;
}

export interface Given {
  /** As typed, for a script that reads them itself. */
  readonly args: readonly string[];
  readonly flag: (name: string) => boolean;
  readonly text: (name: string) => string | undefined;
  readonly words: readonly string[];
}

/** Resolves with the exit status. @throws KeeplineError, which the launcher prints */
export type Run = (given: Given, context: Context) => Promise<number>;

export interface Command {
  readonly name: string;
  /** What follows the name. */
  readonly usage: string;
  readonly summary: string;
  /** Undefined: a script of another package reads the arguments. */
  readonly accepts?: Accepted;
  /** What must be set up before it runs. */
  setup(args: readonly string[]): readonly Step[];
  /** Loaded after the set-up, because most commands import npm packages. */
  load(): Promise<{ readonly run: Run }>;
}
