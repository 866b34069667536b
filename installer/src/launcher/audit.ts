/** `./keepline audit verify | list | prove | export`. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'compliance/src/audit-cli.ts', args);
