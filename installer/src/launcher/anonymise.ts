/** `./keepline anonymise --jsonl`. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'compliance/src/anonymise-cli.ts', args);
