/** `./keepline backup run | list | verify | prune`. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'gateway/src/backup-cli.ts', args);
