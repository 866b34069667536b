/** `./keepline help`: one line per command, from the list of commands. */
import type { Run } from './command.ts';
import { commands } from './commands.ts';

const NAME_COLUMNS = 12;

export function helpText(): string {
  const lines = commands.map((command) => {
    const usage = command.usage === '' ? '' : `\n  ${' '.repeat(NAME_COLUMNS)}${command.name} ${command.usage}`;
    return `  ${command.name.padEnd(NAME_COLUMNS)}${command.summary}${usage}`;
  });
  return `usage: ./keepline COMMAND\n\n${lines.join('\n')}\n\nWhat each error code means and what to do: docs/errors.md`;
}

export const run: Run = async () => {
  console.log(helpText());
  return 0;
};
