/** `./keepline users init | list | add | roles | disable | enable | unlock | reset | revoke`. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'gateway/src/users-cli.ts', args);
