/** Versions as systemd runs them. The health gate is in the unit of the gateway: `systemctl start` fails when it is not passed (ADR 0016). */
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { answers, must } from '../install/machine-state.ts';
import * as at from '../install/places.ts';
import type { Appliance } from './change-version.ts';
import type { InstalledVersions } from './installed-versions.ts';

/** Above TimeoutStopSec of the gateway's unit, within which calls in progress may end, ms. */
const STOP_LIMIT_MS = 690_000;
const LOOK_EVERY_MS = 500;

export function systemdAppliance(versions: InstalledVersions): Appliance {
  return {
    current: () => versions.current(),
    previous: () => versions.previous(),
    isServing: () => at.UNITS.every((unit) => answers('systemctl', 'is-active', unit) !== undefined),
    remember: (version) => versions.remember(version),
    async stop() {
      // The gateway first and alone: its last events still want to leave.
      for (const unit of at.UNITS) {
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
      for (const unit of at.UNITS.toReversed()) {
        must('systemctl', 'reset-failed', unit);
        must('systemctl', 'start', unit);
      }
    },
    async putDatabaseBack(version) {
      const root = versions.path(version);
      const command = [join(root, '.runtime/bin/node'), join(root, 'gateway/src/restore-point-cli.ts'), '--data', at.SITE_DATA];
      must('runuser', '-u', at.GATEWAY_USER, '--', ...command);
      return `the database is one that version ${version} knows`;
    },
  };
}

const isRunning = (unit: string): boolean =>
  !['inactive', 'failed'].includes(answers('systemctl', 'show', '--property=ActiveState', '--value', unit)?.trim() ?? '');
