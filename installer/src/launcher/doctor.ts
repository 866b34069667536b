/** `./keepline doctor`: looks, changes nothing. Exit status 1 when a check fails. Works before anything is set up. */
import { KeeplineError } from '../before-packages.ts';
import { fail, type Finding } from '../doctor/finding.ts';
import { checkClock, checkDescriptors } from '../doctor/host.ts';
import { checkPrograms } from '../doctor/programs.ts';
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
    return await checkSite(given.text('data'), given.text('site'), machine);
  } catch (error) {
    if (error instanceof KeeplineError) return [fail('site file', error.message, error.hint)];
    return [fail('site file', `cannot be read before the npm packages are there`, './keepline up sets them up')];
  }
}

function lineOf({ check, verdict, found, next }: Finding): string {
  const line = `${verdict.padEnd(5)} ${check}: ${found}`;
  return next === '' ? line : `${line}\n        next: ${next}`;
}
