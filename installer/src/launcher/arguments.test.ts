import { describe, expect, it } from 'vitest';
import { readArguments } from './arguments.ts';
import { commands } from './commands.ts';
import { helpText } from './help.ts';

function given(name: string, ...args: string[]): ReturnType<typeof readArguments> {
  const command = commands.find((known) => known.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  return readArguments(command, args);
}

describe('the arguments of a command', () => {
  it('are flags, values and words', () => {
    const up = given('up', '--data', 'here', '--json');
    expect([up.text('data'), up.flag('json'), up.flag('no-cloud'), up.text('site')]).toEqual(['here', true, false, undefined]);
    expect(given('cloud', 'cut', '--data=x').words).toEqual(['cut']);
  });

  it.each([
    ['up', '--dta', 'x'],
    ['up', '--data'],
    ['up', 'now'],
    ['cloud', '--twice'],
    ['status', '--no-cloud'],
  ])('are refused with the usage when they are not known: %s %s %s', (name, ...args) => {
    expect(() => given(name, ...args)).toThrow(
      expect.objectContaining({ code: 'LAUNCH_ARGUMENTS_INVALID', hint: expect.stringContaining(`./keepline ${name}`) }),
    );
  });

  it('of a script are passed on as typed', () => {
    expect(given('recordings', 'export', 'abc', '--out', 'x.wav').args).toEqual(['export', 'abc', '--out', 'x.wav']);
  });
});

describe('the list of commands', () => {
  it('is on the help page, each with a file that runs it', async () => {
    for (const command of commands) {
      expect(helpText()).toContain(`\n  ${command.name} `);
      expect(await command.load()).toHaveProperty('run');
    }
  });
});
