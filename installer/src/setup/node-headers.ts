/** Where the headers of a Node lie that native add-ons are compiled against. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram, type Machine } from '../machine.ts';

/** Folder whose `include/node` has the headers of a Node (any version that has Node-API 9 or so; node-gyp calls it nodedir). */
export function nodeHeaders(machine: Machine): string | undefined {
  const onPath = findProgram(machine, 'node');
  const candidates = [
    machine.env.npm_config_nodedir,
    dirname(dirname(machine.node)),
    onPath && dirname(dirname(onPath)),
    '/usr',
    '/usr/local',
  ];
  return candidates.find((folder) => folder !== undefined && existsSync(join(folder, 'include/node/node_api.h')));
}
