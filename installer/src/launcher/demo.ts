/** `./keepline demo`: real calls from the soft phone of testkit into the running site, or into one it starts. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'testkit/src/demo/main.ts', args);
