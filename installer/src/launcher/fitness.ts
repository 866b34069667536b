/** What preflight says of this machine, for the commands that ask: `preflight` and `install`. A site that runs has its ports by right. */
import type { SiteConfig } from '@keepline/contracts/site-config';
import { takenDoors } from '../doctor/ports.ts';
import { answers } from '../install/machine-state.ts';
import { UNITS } from '../install/places.ts';
import { type Machine, mediaWorkerPath } from '../machine.ts';
import { lookAround } from '../preflight/look.ts';
import type { Remark } from '../preflight/remark.ts';

export async function fitness(site: SiteConfig, data: string, machine: Machine): Promise<Remark[]> {
  const runs = answers('systemctl', 'is-active', UNITS[0]) !== undefined;
  return lookAround(site, data, mediaWorkerPath(machine), runs ? [] : await takenDoors(site));
}
