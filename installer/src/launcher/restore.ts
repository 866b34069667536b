/** `./keepline restore`: a backup back into an empty data folder. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'gateway/src/backup-cli.ts', ['restore', ...args]);
