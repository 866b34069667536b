/**
 * From one installed version to another, whatever runs them: calls drained, link switched in one step, health gate, and on a failed gate back
 * again, database included. The order is the promise: at every moment the link names a version whose files are whole, so a machine that loses
 * power in between starts one of the two.
 */
import { UpgradeNotPossible, UpgradeRolledBack, UpgradeStuck } from './errors.ts';

/** What runs versions: systemd on an installed machine. */
export interface Appliance {
  /** The version the link names; undefined where none is installed. */
  current(): string | undefined;
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
 * @throws UpgradeNotPossible, UpgradeRolledBack when `to` failed and `from` runs again, UpgradeStuck
 */
export async function changeVersion(
  to: string,
  appliance: Appliance,
  { back, say }: { readonly back: boolean; readonly say: (text: string) => void },
): Promise<Change> {
  const from = appliance.current();
  if (from === undefined) throw new UpgradeNotPossible('no version is installed here');
  if (from === to) throw new UpgradeNotPossible(`version ${to} is the one that runs`);
  say(`version ${from}: no new calls; those in progress may end`);
  await appliance.stop();
  try {
    if (back) say(await appliance.putDatabaseBack(to));
    appliance.point(to);
    say(`version ${to} starts`);
    await appliance.start();
    return { from, to };
  } catch (fault) {
    say(`version ${to} did not pass: back to ${from}`);
    await goBack(from, to, { appliance, say });
    throw new UpgradeRolledBack(from, to, fault);
  }
}

async function goBack(
  from: string,
  to: string,
  { appliance, say }: { readonly appliance: Appliance; readonly say: (text: string) => void },
): Promise<void> {
  try {
    await appliance.stop();
    say(await appliance.putDatabaseBack(from));
    appliance.point(from);
    await appliance.start();
  } catch (fault) {
    throw new UpgradeStuck(from, to, fault);
  }
}
