/** `./keepline rollback`: back to the version before, and to the database it knows. */
import { KeeplineError } from '@keepline/contracts/errors';
import { VERSIONS } from '../install/places.ts';
import { changeVersion } from '../upgrade/change-version.ts';
import { UpgradeNotPossible } from '../upgrade/errors.ts';
import { InstalledVersions } from '../upgrade/installed-versions.ts';
import { systemdAppliance } from '../upgrade/systemd-appliance.ts';
import type { Run } from './command.ts';

export const run: Run = async (given, { machine, say }) => {
  const dryRun = given.flag('dry-run');
  if (dryRun === given.flag('yes'))
    throw new KeeplineError('LAUNCH_ARGUMENTS_INVALID', 'rollback needs --dry-run or --yes', {
      hint: 'usage: ./keepline rollback --dry-run | --yes; what was written since the upgrade changed tables is put aside, not taken over.',
    });
  const versions = new InstalledVersions(VERSIONS);
  const [from, to] = [versions.current(), versions.previous()];
  if (from === undefined || to === undefined) throw new UpgradeNotPossible('there is no version to go back to');
  if (dryRun) {
    console.log(`version ${from} -> ${to}; main.db is put back from its restore point if ${to} does not know its tables`);
    return 0;
  }
  if (!machine.isRoot) throw new UpgradeNotPossible('only root may change the version that runs');
  const change = await changeVersion(to, systemdAppliance(versions), { back: true, say });
  versions.settle(change);
  console.log(given.flag('json') ? JSON.stringify(change) : `version ${to} runs again`);
  return 0;
};
