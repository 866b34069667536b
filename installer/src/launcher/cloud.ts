/**
 * `./keepline cloud cut | heal | freeze | thaw`: what the field does to a cloud link, on demand, to the stand-in cloud of a running site.
 * `./keepline cloud reconcile`: counts what left from both ends; exit status 0 only when they agree.
 * `./keepline cloud egress`, `./keepline cloud quarantine`: what left the building, and what the guard stopped.
 * `./keepline cloud drill`: cuts the link of any site on purpose, through its own `cloud-sync`, and writes a signed report.
 * `./keepline cloud up | report | rebuild | train`: the services of the cloud themselves: run them, ask them, rebuild their store, train their model.
 * `./keepline cloud credentials show | rotate`: what the site proves itself with, and a new one in its place without losing an event.
 */
import { KeeplineError } from '@keepline/contracts/errors';
import { askReconciliation, askUp, type Reconciliation } from '../up/control-client.ts';
import { shownCredentials } from '../up/credentials.ts';
import { type DataFolder, dataFolder } from '../up/data-folder.ts';
import { rotateCredentials } from '../up/rotate-credentials.ts';
import type { Given, Run } from './command.ts';
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
  if (verb === 'drill') return await runScript(machine, 'gateway/src/drill-cli.ts', withoutFirst(given.args, verb));
  if (verb === 'egress' || verb === 'quarantine') return await runScript(machine, 'gateway/src/egress-cli.ts', given.args);
  if (verb === 'credentials') return await credentials(given, folder);
  if (verb === 'up')
    return await runScript(machine, 'cloud-sync/src/cloud/main.ts', withData(withoutFirst(given.args, verb), given, folder));
  if (verb === 'report' || verb === 'rebuild')
    return await runScript(machine, 'cloud-sync/src/cloud/report-cli.ts', withData(given.args, given, folder));
  if (verb === 'train')
    return await runScript(machine, 'cloud-sync/src/cloud/train-cli.ts', withData(withoutFirst(given.args, verb), given, folder));
  if (verb === 'reconcile') return await reconcile(folder, given.flag('json'));
  const path = paths[verb];
  if (path === undefined)
    throw new KeeplineError('LAUNCH_ARGUMENTS_INVALID', `cloud: ${verb === '' ? 'a verb is missing' : `${verb} is not a verb of it`}`, {
      hint: `usage: ./keepline cloud ${Object.keys(paths).join(' | ')} | reconcile | egress | quarantine | drill | credentials | up | report | rebuild | train`,
      offending: verb,
    });
  const status = await askUp(folder, 'POST', path);
  if (status === undefined) throw notRunning(folder);
  console.log(`cloud: ${status.cloud.state}`);
  return 0;
};

/** The verb may stand behind options; the script reads what remains. */
function withoutFirst(args: readonly string[], word: string): string[] {
  const at = args.indexOf(word);
  return args.filter((_, i) => i !== at);
}

/** The services look below the data folder of the site unless another one is named. */
function withData(args: readonly string[], given: Given, folder: DataFolder): readonly string[] {
  return given.text('data') === undefined ? [...args, '--data', folder.path] : args;
}

async function credentials(given: Given, folder: DataFolder): Promise<number> {
  const verb = given.words[1] ?? 'show';
  if (verb !== 'show' && verb !== 'rotate')
    throw new KeeplineError('LAUNCH_ARGUMENTS_INVALID', `cloud credentials: ${verb} is not a verb of it`, {
      hint: 'usage: ./keepline cloud credentials show | rotate [--file FILE]',
      offending: verb,
    });
  if (verb === 'rotate') {
    const { text, ...facts } = await rotateCredentials(folder, given.text('file'));
    console.log(given.flag('json') ? JSON.stringify(facts) : text);
    return 0;
  }
  const shown = shownCredentials(folder);
  if (given.flag('json')) console.log(JSON.stringify(shown ?? null));
  else if (shown === undefined) console.log('no credentials yet: ./keepline cloud credentials rotate');
  else {
    const end = shown.expiresAt === '' ? 'never expires' : `${shown.expired ? 'EXPIRED' : 'expires'} ${shown.expiresAt}`;
    console.log(`user     ${shown.publicKey}\nissued   ${shown.issuedAt}\nvalid    ${end}\nfile     ${shown.file}`);
  }
  return shown?.expired === true ? 1 : 0;
}

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
