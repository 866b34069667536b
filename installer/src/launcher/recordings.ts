/** `./keepline recordings list | export ID`. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'gateway/src/recordings-cli.ts', args);
