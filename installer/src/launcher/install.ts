/** `install`, run from an unpacked bundle on the machine it is for. */
import { readSiteFile } from '@keepline/contracts/site-file';
import { KeeplineError } from '../before-packages.ts';
import { bundleFacts } from '../bundle/bundle-facts.ts';
import { SITE_DATA } from '../install/places.ts';
import { runInstall } from '../install/run-install.ts';
import type { Run } from './command.ts';
import { fitness } from './fitness.ts';

export const run: Run = async (given, { machine, say }) => {
  const facts = bundleFacts(machine.root);
  if (facts === undefined)
    throw new KeeplineError('INSTALL_NO_BUNDLE', `${machine.root} is a clone, not an unpacked bundle`, {
      hint: 'Make one with ./keepline bundle, unpack it on the target and run ./keepline install there; a clone runs with ./keepline up.',
      offending: machine.root,
    });
  if (!machine.isRoot && !given.flag('dry-run'))
    throw new KeeplineError('INSTALL_NEEDS_ROOT', 'only root may install system services', { hint: 'sudo ./keepline install' });
  const unfit = (await fitness(readSiteFile(given.text('site')), SITE_DATA, machine)).filter(({ verdict }) => verdict === 'fail');
  if (unfit.length > 0)
    throw new KeeplineError(
      'INSTALL_MACHINE_UNFIT',
      `this machine is not fit for a site:\n  ${unfit.map(({ check, found, next }) => `${check.en}: ${found.en}\n    ${next.en}`).join('\n  ')}`,
      { hint: 'Mend each, then run the same command again; ./keepline preflight shows all that was looked at.' },
    );
  const changes = await runInstall({ root: machine.root, facts, siteFile: given.text('site'), dryRun: given.flag('dry-run'), say });
  if (given.flag('json')) console.log(JSON.stringify({ version: facts.version, changed: changes.length, changes }));
  else
    for (const line of [...changes, changes.length === 0 ? `version ${facts.version} is installed and runs; nothing to do` : ''])
      if (line !== '') console.log(line);
  return 0;
};
