/** `./keepline cloud cut | heal | freeze | thaw`: what the field does to a cloud link, on demand, to the stand-in cloud of a running site. */
import { KeeplineError } from '@keepline/contracts/errors';
import { askUp } from '../up/control-client.ts';
import { dataFolder } from '../up/data-folder.ts';
import type { Run } from './command.ts';

const paths: Readonly<Record<string, string>> = {
  cut: '/cloud/stop',
  heal: '/cloud/start',
  freeze: '/cloud/freeze',
  thaw: '/cloud/thaw',
};

export const run: Run = async (given, { machine }) => {
  const [verb = ''] = given.words;
  const path = paths[verb];
  if (path === undefined)
    throw new KeeplineError('LAUNCH_ARGUMENTS_INVALID', `cloud: ${verb === '' ? 'a verb is missing' : `${verb} is not a verb of it`}`, {
      hint: `usage: ./keepline cloud ${Object.keys(paths).join(' | ')}`,
      offending: verb,
    });
  const folder = dataFolder(machine.root, given.text('data'));
  const status = await askUp(folder, 'POST', path);
  if (status === undefined)
    throw new KeeplineError('UP_NOT_RUNNING', `no site runs on the data folder ${folder.path}`, {
      hint: 'Start it with ./keepline up, or name its folder with --data.',
      offending: folder.path,
    });
  console.log(`cloud: ${status.cloud.state}`);
  return 0;
};
