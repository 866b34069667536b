/** `uninstall`: leaves the data folder and nothing else; `--purge` takes that too. */
import { KeeplineError } from '../before-packages.ts';
import { runUninstall } from '../install/run-uninstall.ts';
import type { Run } from './command.ts';

export const run: Run = async (given, { machine }) => {
  const dryRun = given.flag('dry-run');
  if (!machine.isRoot && !dryRun)
    throw new KeeplineError('INSTALL_NEEDS_ROOT', 'only root may remove system services', { hint: 'sudo ./keepline uninstall' });
  const removed = runUninstall({ purge: given.flag('purge'), dryRun });
  if (given.flag('json')) console.log(JSON.stringify({ changed: removed.length, removed }));
  else for (const line of removed) console.log(line);
  return 0;
};
