/** check → plan → apply → verify, on the machine itself and from an unpacked bundle. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSiteFile } from '@keepline/contracts/site-file';
import { KeeplineError } from '../before-packages.ts';
import type { BundleFacts } from '../bundle/bundle-facts.ts';
import { healthAt, healthUrl } from './await-health.ts';
import { answers, isTrue, makeTrue, must } from './machine-state.ts';
import { SITE_FILE, UNITS } from './places.ts';
import { foldersOutside, needsRestart, sentence, type Wanted, wantedState } from './wanted.ts';

export interface InstallOrder {
  /** The unpacked bundle this command lies in. */
  readonly root: string;
  readonly facts: BundleFacts;
  readonly siteFile: string | undefined;
  readonly dryRun: boolean;
  readonly say: (text: string) => void;
}

/** What was changed, one sentence each; empty when all was as it should be. @throws KeeplineError INSTALL_ and those of the site file */
export async function runInstall({ root, facts, siteFile, dryRun, say }: InstallOrder): Promise<string[]> {
  const settings = siteFile ?? (existsSync(SITE_FILE) ? SITE_FILE : undefined);
  const site = readSiteFile(settings); // its faults are told before anything is changed
  const unit = (name: string): string => readFileSync(join(root, 'installer/systemd', name), 'utf8');
  const wanted = wantedState({
    bundle: root,
    version: facts.version,
    siteText: siteFile === undefined ? undefined : readFileSync(siteFile, 'utf8'),
    outside: foldersOutside(site),
    units: Object.fromEntries(UNITS.map((name) => [name, unit(name)])),
  });
  const plan = wanted.filter((state) => !isTrue(state));
  const stopped = UNITS.filter((name) => answers('systemctl', 'is-active', name) === undefined);
  const restarts = plan.some(needsRestart) ? UNITS : stopped;
  const changes = [...plan.map(sentence), ...restarts.map((name) => `${name} started`)];
  if (dryRun) return changes;
  for (const state of plan) {
    say(sentence(state));
    await makeTrue(state);
  }
  if (restarts.length > 0) start(restarts, plan);
  await verify(wanted);
  return changes;
}

/** cloud-sync first: the gateway then finds it, though neither waits for the other. */
function start(units: readonly string[], plan: readonly Wanted[]): void {
  if (plan.length > 0) must('systemctl', 'daemon-reload');
  for (const name of units.toReversed()) {
    must('systemctl', 'reset-failed', name);
    must('systemctl', 'restart', name);
  }
}

async function verify(wanted: readonly Wanted[]): Promise<void> {
  const left = wanted.find((state) => !isTrue(state));
  if (left !== undefined) throw unverified(`not as it should be: ${sentence(left)}`);
  for (const name of UNITS) if (answers('systemctl', 'is-active', name) === undefined) throw unverified(`${name} does not run`);
  const url = healthUrl(SITE_FILE);
  const status = await healthAt(url);
  if (status === undefined || status === 'down') throw unverified(`${url} says ${status ?? 'nothing'}`);
}

function unverified(what: string): KeeplineError {
  return new KeeplineError('INSTALL_NOT_VERIFIED', `installed, but ${what}`, {
    hint: `Read the end of the log: journalctl -u keepline-gateway -u keepline-cloud-sync -n 50`,
    offending: what,
  });
}
