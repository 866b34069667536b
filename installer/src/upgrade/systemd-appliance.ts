/**
 * Versions as systemd runs them. The health gate is in the unit of the gateway: `systemctl start` fails when it is not passed (ADR 0016). On an
 * appliance of a pair the daemon runs the gateway, and the gate is that it serves or could.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { healthAt, healthUrl } from '../install/await-health.ts';
import { answers, must } from '../install/machine-state.ts';
import * as at from '../install/places.ts';
import type { Appliance } from './change-version.ts';
import type { InstalledVersions } from './installed-versions.ts';
import { isThrough, type PairSaid, whyItMustStay } from './pair-machine.ts';

/** Above TimeoutStopSec of the gateway's unit, within which calls in progress may end, ms. */
const STOP_LIMIT_MS = 690_000;
const LOOK_EVERY_MS = 500;
/** Whose data lies in the data folder (gateway/src/pair/lineage.ts). */
const PAIR_LINEAGE = `${at.DATA}/pair/lineage`;
const ASK_LIMIT_MS = 10_000;
/** A pair needs its votes and a parcel, a large site a pass over all pages first, ms. */
const PAIR_LIMIT_MS = 180_000;

export function systemdAppliance(versions: InstalledVersions): Appliance {
  const pair = existsSync(at.PAIR_FILE);
  const units = pair ? at.PAIR_UNITS : at.UNITS;
  return {
    current: () => versions.current(),
    previous: () => versions.previous(),
    isServing: () => units.every((unit) => answers('systemctl', 'is-active', unit) !== undefined),
    remember: (version) => versions.remember(version),
    async stop() {
      const why = pair ? whyItMustStay(askPair()) : undefined;
      if (why !== undefined) throw new Error(why);
      // The gateway first and alone: its last events still want to leave.
      for (const unit of units) {
        must('systemctl', 'stop', '--no-block', unit);
        for (const end = performance.now() + STOP_LIMIT_MS; isRunning(unit); await setTimeout(LOOK_EVERY_MS))
          if (performance.now() > end) throw new Error(`${unit} did not stop within ${STOP_LIMIT_MS / 1000} s`);
      }
    },
    point(version) {
      for (const unit of at.UNITS) {
        const path = join(at.UNIT_FOLDER, unit);
        copyFileSync(join(versions.path(version), 'installer/systemd', unit), `${path}.new`);
        renameSync(`${path}.new`, path);
      }
      versions.point(version);
      must('systemctl', 'daemon-reload');
    },
    async start() {
      for (const unit of units.toReversed()) {
        must('systemctl', 'reset-failed', unit);
        must('systemctl', 'start', unit);
      }
      if (pair) await throughPair();
    },
    async putDatabaseBack(version) {
      // Its own database is a copy: the one of the peer comes again, whatever it knows.
      if (pair && answers('cat', PAIR_LINEAGE)?.trim() === 'copy') return 'the database is the copy of the peer, which brings it again';
      const root = versions.path(version);
      const command = [join(root, '.runtime/bin/node'), join(root, 'gateway/src/restore-point-cli.ts'), '--data', at.SITE_DATA];
      must('runuser', '-u', at.GATEWAY_USER, '--', ...command);
      return `the database is one that version ${version} knows`;
    },
  };
}

/** What the daemon of the pair on this machine says; undefined while none answers. */
function askPair(): PairSaid | undefined {
  const { stdout } = spawnSync(at.COMMAND, ['pair', 'status', '--json'], { encoding: 'utf8', timeout: ASK_LIMIT_MS }); // status 1 is an answer, too
  try {
    return JSON.parse(stdout) as PairSaid; // parse boundary: the daemon of this machine
  } catch {
    return undefined;
  }
}

async function throughPair(): Promise<void> {
  const url = healthUrl(at.SITE_FILE);
  for (const end = performance.now() + PAIR_LIMIT_MS; performance.now() < end; await setTimeout(LOOK_EVERY_MS)) {
    const said = askPair();
    if (!isThrough(said)) continue;
    const status = said?.role === 'serving' ? await healthAt(url) : 'ok';
    if (status !== undefined && status !== 'down') return;
  }
  throw new Error(`the appliance neither serves nor stands by with a whole copy within ${PAIR_LIMIT_MS / 1000} s`);
}

const isRunning = (unit: string): boolean =>
  !['inactive', 'failed'].includes(answers('systemctl', 'show', '--property=ActiveState', '--value', unit)?.trim() ?? '');
