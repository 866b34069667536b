/** `./keepline downlink list | show | approve | reject | rollback`. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'gateway/src/downlink-cli.ts', args);
