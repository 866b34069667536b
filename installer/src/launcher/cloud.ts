/**
 * `./keepline cloud cut | heal | freeze | thaw`: what the field does to a cloud link, on demand, to the stand-in cloud of a running site.
 * `./keepline cloud reconcile`: counts what left from both ends; exit status 0 only when they agree.
 * `./keepline cloud egress`, `./keepline cloud quarantine`: what left the building, and what the guard stopped.
 */
import { KeeplineError } from '@keepline/contracts/errors';
import { askReconciliation, askUp, type Reconciliation } from '../up/control-client.ts';
import { type DataFolder, dataFolder } from '../up/data-folder.ts';
import type { Run } from './command.ts';
import { runScript } from './script.ts';

const paths: Readonly<Record<string, string>> = {
  cut: '/cloud/stop',
  heal: '/cloud/start',
  freeze: '/cloud/freeze',
  thaw: '/cloud/thaw',
};

export const run: Run = async (given, { machine }) => {
  const [verb = ''] = given.words;
  const folder = dataFolder(machine.root, given.text('data'));
  if (verb === 'egress' || verb === 'quarantine') return await runScript(machine, 'gateway/src/egress-cli.ts', given.args);
  if (verb === 'reconcile') return await reconcile(folder, given.flag('json'));
  const path = paths[verb];
  if (path === undefined)
    throw new KeeplineError('LAUNCH_ARGUMENTS_INVALID', `cloud: ${verb === '' ? 'a verb is missing' : `${verb} is not a verb of it`}`, {
      hint: `usage: ./keepline cloud ${Object.keys(paths).join(' | ')} | reconcile | egress | quarantine`,
      offending: verb,
    });
  const status = await askUp(folder, 'POST', path);
  if (status === undefined) throw notRunning(folder);
  console.log(`cloud: ${status.cloud.state}`);
  return 0;
};

async function reconcile(folder: DataFolder, json: boolean): Promise<number> {
  const found = await askReconciliation(folder);
  if (found === undefined) throw notRunning(folder);
  console.log(json ? JSON.stringify(found) : reconciliationText(found));
  return found.verdict === 'balanced' ? 0 : 1;
}

/** Pure: the balance, line by line. */
export function reconciliationText({ verdict, counts, unaccounted, stream, difference }: Reconciliation): string {
  const { produced, delivered, expired, quarantined, waiting } = counts;
  const end = {
    balanced: 'balanced: both ends agree',
    one_sided: 'this end adds up; the cloud cannot be asked now',
    unbalanced: `NOT balanced: ${unaccounted} unaccounted for here, ${difference ?? 'unknown'} between the ends (docs/runbook/link-down.md)`,
  }[verdict];
  return [
    `produced     ${produced}`,
    `delivered    ${delivered}   (the stream holds ${stream ?? 'unknown'})`,
    `expired      ${expired}`,
    `quarantined  ${quarantined}`,
    `waiting      ${waiting}`,
    end,
  ].join('\n');
}

function notRunning(folder: DataFolder): KeeplineError {
  return new KeeplineError('UP_NOT_RUNNING', `no site runs on the data folder ${folder.path}`, {
    hint: 'Start it with ./keepline up, or name its folder with --data.',
    offending: folder.path,
  });
}
