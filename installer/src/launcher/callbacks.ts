/** `./keepline callbacks …`: calls that are owed to customers. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'gateway/src/callbacks-cli.ts', args);
