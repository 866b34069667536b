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
  // A bundle on the machine it is installed on means that site, wherever the command is given.
  const isInstalled = given.text('data') === undefined && bundleFacts(machine.root) !== undefined && existsSync(SITE_FILE);
  const findings = isInstalled ? await installed(given.text('site') ?? SITE_FILE, machine) : await ofClone(given, machine);
  if (json) console.log(JSON.stringify({ findings }));
  else for (const finding of findings) console.log(lineOf(finding));
  return findings.some(({ verdict }) => verdict === 'fail') ? 1 : 0;
};

/** All of preflight once more, and what only a site that is there can be asked. */
async function installed(siteFile: string, machine: Machine): Promise<Finding[]> {
  const [{ readSiteFile }, { fitness }, { checkSite }] = await Promise.all([
    import('@keepline/contracts/site-file'),
    import('./fitness.ts'),
    import('../doctor/site.ts'),
  ]);
  const remarks = await fitness(readSiteFile(siteFile), SITE_DATA, machine);
  const isService = answers('systemctl', 'is-active', UNITS[0]) !== undefined;
  return [
    ...remarks.map(({ check, verdict, found, next }) => ({ check: check.en, verdict, found: found.en, next: next.en })),
    ...(await checkSite({ data: SITE_DATA, siteFile, isService }, machine)),
  ];
}

/** The checks that need npm packages are loaded here, so that the others speak without them. */
async function ofClone(given: Given, machine: Machine): Promise<Finding[]> {
  const findings = [...checkPrograms(machine), checkClock(), checkDescriptors()];
  try {
    const { checkSite } = await import('../doctor/site.ts');
    return [...findings, ...(await checkSite({ data: given.text('data'), siteFile: given.text('site'), isService: false }, machine))];
  } catch (error) {
    if (error instanceof KeeplineError) return [...findings, fail('site file', error.message, error.hint)];
    return [...findings, fail('site file', `cannot be read before the npm packages are there`, './keepline up sets them up')];
  }
}

function lineOf({ check, verdict, found, next }: Finding): string {
  const line = `${verdict.padEnd(5)} ${check}: ${found}`;
  return next === '' ? line : `${line}\n        next: ${next}`;
}
