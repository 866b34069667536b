/** `./keepline pair run | witness | status | failback | promote | key`. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'gateway/src/pair-cli.ts', args);
