/** `./keepline approvals list | request | approve | refuse`. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'gateway/src/approvals-cli.ts', args);
