/** `./keepline recordings list | show ID | export ID | verify FILE`. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'gateway/src/recordings-cli.ts', args);
