/** Brings every step of a list to ready: one apt-get call for all of them, then what does not depend on each other at the same time. */
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../before-packages.ts';
import type { Machine } from '../machine.ts';
import { whileLocked } from '../pid-lock.ts';
import { cannotInstall, installPackages, missingPackages } from './debian-packages.ts';
import { type Plan, planSteps, type Step, type StepName } from './step.ts';

const REPORT_EVERY_MS = 10_000;
const OTHER_SETUP_LIMIT_MS = 3_600_000;

export type Say = (text: string) => void;

/** Returns at once, without network, when all are ready. @throws KeeplineError of the first step that failed */
export async function runSetup(machine: Machine, steps: readonly Step[], say: Say): Promise<void> {
  for (const step of steps.filter((wanted) => isOutOfReach(machine, wanted)))
    say(`${step.name}: ${step.preflight(machine)}. ${step.optional}`);
  if (planOf(machine, steps).run.length === 0) return;
  await whileAllLocked(setupLocks(machine), say, async () => {
    const plan = planOf(machine, steps); // again: another keepline may have done it while we waited
    for (const step of plan.run) say(`${step.name}: ${plan.because.get(step.name)}; setting up (about ${step.takes})`);
    await runPlan(machine, plan, say);
  });
}

/**
 * What a set-up writes lies in two places that can be shared apart from each other: the tree (node_modules, the desk), and the runtime
 * folder, which KEEPLINE_RUNTIME moves. So each has its lock. Sorted, because two set-ups that take the same locks in different orders wait
 * for each other for ever; by real path, because a tree reached through a link is the same tree.
 */
export function setupLocks(machine: Pick<Machine, 'root' | 'runtime'>): readonly string[] {
  const folders = [join(machine.root, '.runtime'), machine.runtime].map((folder) => {
    mkdirSync(folder, { recursive: true });
    return realpathSync(folder);
  });
  return [...new Set(folders)].toSorted().map((folder) => join(folder, 'setup.lock'));
}

async function whileAllLocked([first, ...others]: readonly string[], say: Say, work: () => Promise<void>): Promise<void> {
  if (first === undefined) return work();
  await whileLocked(first, OTHER_SETUP_LIMIT_MS, say, () => whileAllLocked(others, say, work));
}

function planOf(machine: Machine, steps: readonly Step[]): Plan {
  const reasons = new Map<StepName, string>();
  for (const step of steps) {
    const reason = step.preflight(machine);
    if (reason !== undefined && !isOutOfReach(machine, step)) reasons.set(step.name, reason);
  }
  return planSteps(steps, reasons);
}

/** Optional, missing, and not installable by us here: told instead of refused. */
function isOutOfReach(machine: Machine, step: Step): boolean {
  return (
    step.optional !== undefined && step.preflight(machine) !== undefined && cannotInstall(machine, step.packages(machine)) !== undefined
  );
}

async function runPlan(machine: Machine, plan: Plan, say: Say): Promise<void> {
  const packages = packagesFor(machine, plan);
  const refusal = packages.length === 0 ? undefined : cannotInstall(machine, packages);
  if (refusal !== undefined) throw refusal;
  const distribution =
    packages.length === 0
      ? Promise.resolve()
      : timed('Debian packages', say, () => {
          say(`Debian packages: installing ${packages.join(' ')}`);
          return installPackages(machine, packages, say);
        });
  const started = new Map<StepName, Promise<void>>();
  for (const step of plan.run) {
    const before = step.after.flatMap((name) => started.get(name) ?? []);
    if (step.packages(machine).length > 0) before.push(distribution);
    started.set(step.name, runStep(machine, step, before, say));
  }
  const outcomes = await Promise.allSettled([distribution, ...started.values()]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function packagesFor(machine: Machine, plan: Plan): string[] {
  if (machine.env.KEEPLINE_PACKAGES === 'installed') return []; // the operator of another system brought them in
  const wanted = [...new Set(plan.run.flatMap((step) => step.packages(machine)))];
  return machine.hasApt ? missingPackages(wanted) : wanted;
}

async function runStep(machine: Machine, step: Step, before: readonly Promise<void>[], say: Say): Promise<void> {
  await Promise.all(before);
  await timed(step.name, say, async (progress) => {
    await step.install(machine, progress);
    await step.verify(machine);
  });
}

/** Runs `work`, says every 10 s how far it is, and at the end how long it took. */
async function timed(name: string, say: Say, work: (progress: (text: string) => void) => Promise<void>): Promise<void> {
  const startedMs = systemClock.monotonicMs();
  const elapsed = (): string => `${Math.round((systemClock.monotonicMs() - startedMs) / 1000)} s`;
  let latest = 'working';
  const stop = systemClock.every(REPORT_EVERY_MS, () => say(`${name}: ${latest} (${elapsed()})`));
  try {
    await work((text) => {
      latest = text;
    });
  } finally {
    stop();
  }
  say(`${name}: ready (${elapsed()})`);
}
