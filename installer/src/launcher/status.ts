/** `./keepline status`: asks the running `up` of a data folder. Exit status 0 when it runs, 3 when it does not (as init scripts do). */
import { askHealth, askLink, askUp } from '../up/control-client.ts';
import { dataFolder } from '../up/data-folder.ts';
import { statusText } from '../up/status.ts';
import type { Run } from './command.ts';

const NOT_RUNNING = 3;

export const run: Run = async (given, { machine }) => {
  const folder = dataFolder(machine.root, given.text('data'));
  const status = await askUp(folder, 'GET', '/status');
  const link = status === undefined ? undefined : await askLink(folder);
  const parts = status === undefined ? undefined : await askHealth(status.ready.http);
  if (given.flag('json'))
    console.log(JSON.stringify(status === undefined ? { running: false } : { ...status, link: link ?? null, parts: parts ?? null }));
  else
    console.log(
      status === undefined ? `not running (data folder ${folder.path}); start it with ./keepline up` : statusText(status, link, parts),
    );
  return status === undefined ? NOT_RUNNING : 0;
};
