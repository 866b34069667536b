/** Reads a command's arguments strictly: an unknown word is an error with the usage, never ignored. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { KeeplineError, messageOf } from '../before-packages.ts';
import type { Command, Given } from './command.ts';

/** @throws KeeplineError LAUNCH_ARGUMENTS_INVALID */
export function readArguments(command: Pick<Command, 'name' | 'usage' | 'accepts'>, args: readonly string[]): Given {
  const { accepts } = command;
  if (accepts === undefined) return { args, words: args, flag: () => false, text: () => undefined };
  const options: ParseArgsOptionsConfig = {};
  for (const flag of accepts.flags ?? []) options[flag] = { type: 'boolean' };
  for (const value of accepts.values ?? []) options[value] = { type: 'string' };
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const extra = positionals[accepts.maxWords ?? 0];
    if (extra !== undefined) throw new Error(`${extra} is one word too many`);
    return {
      args,
      words: positionals,
      flag: (name) => values[name] === true,
      text(name) {
        const value = values[name];
        return typeof value === 'string' ? value : undefined;
      },
    };
  } catch (cause) {
    const message = messageOf(cause).split('. ')[0]; // Node goes on to explain `--`
    throw new KeeplineError('LAUNCH_ARGUMENTS_INVALID', `${command.name}: ${message}`, {
      hint: `usage: ./keepline ${command.name} ${command.usage}`,
      offending: args.join(' '),
      cause,
    });
  }
}
