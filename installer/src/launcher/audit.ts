/** `./keepline audit verify | list | prove | export | prune | witness`. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) =>
  args[0] === 'prune'
    ? runScript(machine, 'compliance/src/audit-prune-cli.ts', args)
    : runScript(machine, 'compliance/src/audit-cli.ts', args);
