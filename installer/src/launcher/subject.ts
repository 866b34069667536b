/** `./keepline subject …`: requests of a customer about their data. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'gateway/src/subject-cli.ts', args);
