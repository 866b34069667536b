/** `./keepline retention …`: what is kept how long, and legal holds. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'gateway/src/retention-cli.ts', args);
