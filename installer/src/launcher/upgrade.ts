/** `./keepline upgrade`: from a signed bundle to the version that runs, and back by itself when it does not. */
import { KeeplineError } from '@keepline/contracts/errors';
import { readSiteFile } from '@keepline/contracts/site-file';
import { SITE_FILE, VERSIONS } from '../install/places.ts';
import { changeVersion } from '../upgrade/change-version.ts';
import { UpgradeNotPossible } from '../upgrade/errors.ts';
import { InstalledVersions } from '../upgrade/installed-versions.ts';
import { systemdAppliance } from '../upgrade/systemd-appliance.ts';
import type { Run } from './command.ts';

export const run: Run = async (given, { machine, say }) => {
  const bundle = given.text('bundle');
  const publicKey = given.text('pub');
  const dryRun = given.flag('dry-run');
  if (bundle === undefined || publicKey === undefined || dryRun === given.flag('yes'))
    throw new KeeplineError('LAUNCH_ARGUMENTS_INVALID', 'upgrade needs a bundle, the public key of its maker, and --dry-run or --yes', {
      hint: 'usage: ./keepline upgrade --bundle FILE --pub KEY --dry-run | --yes',
    });
  if (!machine.isRoot) throw new UpgradeNotPossible('only root may change the version that runs');
  const versions = new InstalledVersions(VERSIONS);
  const from = versions.current();
  if (from === undefined) throw new UpgradeNotPossible(`no version is installed in ${VERSIONS}`);
  const { version: to } = await versions.take(bundle, publicKey);
  const appliance = systemdAppliance(versions);
  if (from === to && (dryRun || appliance.isServing())) throw new UpgradeNotPossible(`version ${to} is the one that runs`);
  if (dryRun) {
    const { shutdownSeconds } = readSiteFile(SITE_FILE);
    const plan = [
      `version ${to} is checked and lies in ${versions.path(to)}`,
      `version ${from}: new calls are answered 503 with Retry-After, those in progress may go on for ${shutdownSeconds} s`,
      `${VERSIONS}/current -> ${to}; before it changes tables it copies main.db`,
      `health gate; when it is not passed: back to ${from} and to that copy`,
    ];
    console.log(given.flag('json') ? JSON.stringify({ from, to, plan }) : plan.join('\n'));
    return 0;
  }
  const change = await changeVersion(to, appliance, { back: false, say });
  versions.settle(change);
  console.log(given.flag('json') ? JSON.stringify(change) : `version ${to} runs; ./keepline rollback --yes goes back to ${from}`);
  return 0;
};
