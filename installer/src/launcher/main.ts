/**
 * Entry of `./keepline COMMAND ...`: finds the command, sets up what it needs, runs it, prints a coded error with the next action when it
 * fails. Imports nothing from npm, because it may be what installs them.
 */
import { KeeplineError } from '../before-packages.ts';
import { bundleFacts } from '../bundle/bundle-facts.ts';
import { thisMachine } from '../machine.ts';
import { runSetup } from '../setup/run-setup.ts';
import { readArguments } from './arguments.ts';
import { commands } from './commands.ts';
import { helpText } from './help.ts';

const say = (text: string): void => console.error(`keepline: ${text}`);

async function launch(name: string, args: readonly string[]): Promise<number> {
  const command = commands.find((known) => known.name === name || (known.name === 'help' && ['--help', '-h'].includes(name)));
  if (command === undefined) {
    if (name !== '') report(unknown(name));
    console.error(helpText());
    return name === '' ? 0 : 2;
  }
  if (args.includes('--help')) {
    console.log(`usage: ./keepline ${command.name} ${command.usage}\n${command.summary}`);
    return 0;
  }
  const given = readArguments(command, args);
  const machine = thisMachine();
  if (bundleFacts(machine.root) === undefined) await runSetup(machine, command.setup(args), say); // a bundle carries it all
  const { run } = await command.load();
  return run(given, { machine, say });
}

function unknown(name: string): KeeplineError {
  return new KeeplineError('LAUNCH_COMMAND_UNKNOWN', `there is no command ${name}`, {
    hint: 'Choose one of those below.',
    offending: name,
  });
}

function report(error: unknown): void {
  if (!(error instanceof KeeplineError)) {
    console.error(error); // a fault of ours: the stack is what helps
    return;
  }
  console.error(`keepline: ${error.code}: ${error.message}\n  next: ${error.hint}`);
}

const [name = '', ...args] = process.argv.slice(2);
try {
  process.exitCode = await launch(name, args);
} catch (error) {
  report(error);
  process.exitCode = 1;
}
