/** `./keepline doctor`: looks, calls the echo of a running site, changes nothing. Exit status 1 when a check fails. Works before anything is set up. */
import { existsSync } from 'node:fs';
import { KeeplineError } from '../before-packages.ts';
import { bundleFacts } from '../bundle/bundle-facts.ts';
import { fail, type Finding } from '../doctor/finding.ts';
import { checkClock, checkDescriptors } from '../doctor/host.ts';
import { checkPrograms } from '../doctor/programs.ts';
import { answers } from '../install/machine-state.ts';
import { SITE_DATA, SITE_FILE, UNITS } from '../install/places.ts';
import type { Machine } from '../machine.ts';
import type { Given, Run } from './command.ts';

export const run: Run = async (given, { machine }) => {
  const json = given.flag('json');
  const findings = [...checkPrograms(machine), checkClock(), checkDescriptors(), ...(await siteFindings(given, machine))];
  if (json) console.log(JSON.stringify({ findings }));
  else for (const finding of findings) console.log(lineOf(finding));
  return findings.some(({ verdict }) => verdict === 'fail') ? 1 : 0;
};

/** The checks that need npm packages are loaded here, so that the others speak without them. */
async function siteFindings(given: Given, machine: Machine): Promise<Finding[]> {
  try {
    const { checkSite } = await import('../doctor/site.ts');
    // A bundle on the machine it is installed on means that site, wherever the command is given.
    const isInstalled = given.text('data') === undefined && bundleFacts(machine.root) !== undefined && existsSync(SITE_FILE);
    const data = isInstalled ? SITE_DATA : given.text('data');
    const siteFile = given.text('site') ?? (isInstalled ? SITE_FILE : undefined);
    const isService = isInstalled && answers('systemctl', 'is-active', UNITS[0]) !== undefined;
    return await checkSite({ data, siteFile, isService }, machine);
  } catch (error) {
    if (error instanceof KeeplineError) return [fail('site file', error.message, error.hint)];
    return [fail('site file', `cannot be read before the npm packages are there`, './keepline up sets them up')];
  }
}

function lineOf({ check, verdict, found, next }: Finding): string {
  const line = `${verdict.padEnd(5)} ${check}: ${found}`;
  return next === '' ? line : `${line}\n        next: ${next}`;
}
