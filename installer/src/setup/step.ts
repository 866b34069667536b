/**
 * A step of the set-up, as data with four beats: preflight (is it needed?), packages (what the distribution must bring), install, verify.
 * A step that is ready costs a few ms and no network.
 */
import type { Machine } from '../machine.ts';

export type StepName =
  | 'npm packages'
  | 'SQLite'
  | 'PKCS#11 binding'
  | 'media worker'
  | 'nats-server'
  | 'agent desk'
  | 'speech'
  | 'test tools'
  | 'install tools'
  | 'browser';

export interface Step {
  readonly name: StepName;
  /** Roughly how long `install` takes on 2 cores, for the reader. */
  readonly takes: string;
  /** Steps that must be done before, when they are part of the same run. */
  readonly after: readonly StepName[];
  /** Steps whose installing wipes what this one made. */
  readonly insideOf: readonly StepName[];
  /** Without it the product works with less; a machine where it cannot be installed gets a note instead of an error. */
  readonly optional?: string;
  /** Why the step must run; undefined when it is ready. */
  preflight(machine: Machine): string | undefined;
  /** Debian packages that `install` needs or that are the whole of the step. */
  packages(machine: Machine): readonly string[];
  install(machine: Machine, progress: Progress): Promise<void>;
  /** @throws KeeplineError when what was installed does not work */
  verify(machine: Machine): Promise<void>;
}

/** Tells the reader how far a long step is, such as `45 %`. */
export type Progress = (text: string) => void;

export interface Plan {
  readonly run: readonly Step[];
  readonly because: ReadonlyMap<StepName, string>;
}

/** Pure: which steps must run, given why each is not ready. Keeps the order of `steps`. */
export function planSteps(steps: readonly Step[], reasons: ReadonlyMap<StepName, string>): Plan {
  const because = new Map(reasons);
  for (let grew = true; grew; ) {
    grew = false;
    for (const step of steps) {
      const wiper = step.insideOf.find((name) => because.has(name));
      if (because.has(step.name) || wiper === undefined) continue;
      because.set(step.name, `${wiper} are installed anew`);
      grew = true;
    }
  }
  return { run: steps.filter((step) => because.has(step.name)), because };
}
