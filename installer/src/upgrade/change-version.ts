/**
 * From one installed version to another, whatever runs them: calls drained, link switched in one step, health gate, and on a failed gate back
 * again, database included. The order is the promise: at every moment the link names a version whose files are whole, so a machine that loses
 * power in between starts one of the two; and before anything is switched the way back is written down, so `rollback` knows it then, too. An order
 * that is killed half way is finished by the same order given again.
 */
import { UpgradeNotPossible, UpgradeNotStopped, UpgradeRolledBack, UpgradeStuck } from './errors.ts';

/** What runs versions: systemd on an installed machine. */
export interface Appliance {
  /** The version the link names; undefined where none is installed. */
  current(): string | undefined;
  /** The version a rollback would go to; undefined where there is none. */
  previous(): string | undefined;
  /** Whether everything runs; false while it still starts. */
  isServing(): boolean;
  /** Makes this version the one a rollback goes to, in one step; undefined: there is none. */
  remember(version: string | undefined): void;
  /** Refuses new calls with 503 and Retry-After, lets those in progress end within the limit of the site, and resolves when nothing runs. */
  stop(): Promise<void>;
  /** Makes the link name this version, in one step. */
  point(version: string): void;
  /** Starts what the link names; resolves once the health gate is passed, rejects when it is not. */
  start(): Promise<void>;
  /** Makes the database one that this version knows, from a restore point where it must; nothing may run. @returns what was done, for people */
  putDatabaseBack(version: string): Promise<string>;
}

export interface Change {
  readonly from: string;
  readonly to: string;
}

/**
 * @param back to a former version: its database is put back before it is started
 * @throws UpgradeNotPossible, UpgradeNotStopped and UpgradeRolledBack when `from` runs again, UpgradeStuck
 */
export async function changeVersion(
  to: string,
  appliance: Appliance,
  { back, say }: { readonly back: boolean; readonly say: (text: string) => void },
): Promise<Change> {
  const from = appliance.current();
  if (from === undefined) throw new UpgradeNotPossible('no version is installed here');
  if (from === to && (back || appliance.isServing())) throw new UpgradeNotPossible(`version ${to} is the one that runs`);
  if (from === to) return finish(to, appliance, say);
  const before = appliance.previous();
  say(`version ${from}: no new calls; those in progress may end`);
  await appliance.stop().catch((fault: unknown) => stay(from, to, appliance, fault));
  try {
    if (back) say(await appliance.putDatabaseBack(to));
    appliance.remember(from);
    appliance.point(to);
    say(`version ${to} starts`);
    await appliance.start();
    return { from, to };
  } catch (fault) {
    say(`version ${to} did not pass: back to ${from}`);
    await goBack(from, to, { appliance, say, before });
    throw new UpgradeRolledBack(from, to, fault);
  }
}

/** A change that was killed after its switch: the link names the version already, and nobody has asked it for its gate. */
async function finish(to: string, appliance: Appliance, say: (text: string) => void): Promise<Change> {
  const from = appliance.previous();
  say(`version ${to} was put in place and does not run: it starts`);
  try {
    await appliance.start();
  } catch (fault) {
    if (from === undefined) throw new UpgradeStuck(to, to, fault);
    say(`version ${to} did not pass: back to ${from}`);
    await goBack(from, to, { appliance, say, before: undefined });
    throw new UpgradeRolledBack(from, to, fault);
  }
  return { from: from ?? to, to };
}

/** Nothing was switched, but calls were refused and some services may be down: they start again. */
async function stay(from: string, to: string, appliance: Appliance, why: unknown): Promise<never> {
  await appliance.start().catch((fault: unknown) => {
    throw new UpgradeStuck(from, to, fault);
  });
  throw new UpgradeNotStopped(from, why);
}

async function goBack(
  from: string,
  to: string,
  { appliance, say, before }: { readonly appliance: Appliance; readonly say: (text: string) => void; readonly before: string | undefined },
): Promise<void> {
  try {
    await appliance.stop();
    say(await appliance.putDatabaseBack(from));
    appliance.point(from);
    appliance.remember(before);
    await appliance.start();
  } catch (fault) {
    throw new UpgradeStuck(from, to, fault);
  }
}
