/** `./keepline keys …`: the key store of a site. Rotation needs the database too, so that one is a script of the gateway. */
import type { Run } from './command.ts';
import { runScript } from './script.ts';

export const run: Run = ({ args }, { machine }) =>
  args[0] === 'sm4'
    ? runScript(machine, 'compliance/src/sm4-cli.ts', args)
    : args[0] === 'export' || args[0] === 'escrow' // the approval of a second person lies in the database too
      ? runScript(machine, 'gateway/src/approved-keys-cli.ts', args)
      : runScript(machine, args[0] === 'rotate' ? 'gateway/src/rotate-keys-cli.ts' : 'compliance/src/keys-cli.ts', args);
