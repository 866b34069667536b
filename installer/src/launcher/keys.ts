/** `./keepline keys …`: the key store of a site. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'compliance/src/keys-cli.ts', args);
