/** `./keepline up`: the appliance in the foreground. */
import { resolve } from 'node:path';
import { dataFolder } from '../up/data-folder.ts';
import { runUp } from '../up/run-up.ts';
import type { Run } from './command.ts';

export const run: Run = (given, { machine, say }) => {
  const site = given.text('site');
  return runUp({
    machine,
    say,
    folder: dataFolder(machine.root, given.text('data')),
    siteFile: site === undefined ? undefined : resolve(site),
    cloud: !given.flag('no-cloud'),
    json: given.flag('json'),
  });
};
