/** `./keepline report mlps | access | recordings | privileged | sign-ins | keys | egress | coverage | attest | verify`. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) => runScript(machine, 'gateway/src/report-cli.ts', args);
