/** `./keepline anonymise --jsonl | policy …`. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) =>
  args[0] === 'policy' && args[1] === 'use'
    ? runScript(machine, 'gateway/src/approved-policy-cli.ts', args.slice(1))
    : args[0] === 'policy'
      ? runScript(machine, 'compliance/src/policy-cli.ts', args.slice(1))
      : runScript(machine, 'compliance/src/anonymise-cli.ts', args);
