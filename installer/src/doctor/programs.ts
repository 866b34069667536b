/** Are Node, the npm packages, SQLite, the media worker, the desk and nats-server there and current? */
import { existsSync } from 'node:fs';
import { findProgram, type Machine, mediaWorkerPath } from '../machine.ts';
import { forSite } from '../setup/steps.ts';
import { fail, type Finding, ok, warn } from './finding.ts';

export function checkPrograms(machine: Machine): Finding[] {
  const steps = forSite.map((step): Finding => {
    const reason = step.preflight(machine);
    if (reason === undefined) return ok(step.name, step.name === 'media worker' ? mediaWorkerPath(machine) : 'ready');
    if (step.optional !== undefined) return warn(step.name, reason, `${step.optional} Install: ${step.packages(machine).join(' ')}`);
    return fail(step.name, reason, 'Any command that needs it sets it up, for example ./keepline up');
  });
  return [ok('Node', `${process.version} (${machine.node})`), ...steps, checkNatsServer(machine)];
}

/** Not a failure: a site with a cloud of its own, or none, needs no server here. */
function checkNatsServer(machine: Machine): Finding {
  const path = findProgram(machine, 'nats-server');
  if (path !== undefined && existsSync(path)) return ok('nats-server', path);
  return warn('nats-server', 'not installed; only the stand-in cloud needs it', 'apt-get install -y --no-install-recommends nats-server');
}
