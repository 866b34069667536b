import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AUDIT_ACTS } from '@keepline/contracts/audit-acts';
import { describe, expect, it } from 'vitest';
import { commands } from './commands.ts';
import { commandActs } from './sensitivity.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** The scripts a launcher file runs, by the paths it names. */
function scriptsOf(name: string): string[] {
  const text = readFileSync(new URL(`./${name}.ts`, import.meta.url), 'utf8');
  return [...text.matchAll(/'((?:gateway|compliance|cloud-sync)\/src\/[\w./-]+\.ts)'/g)].flatMap(([, path = '']) =>
    existsSync(ROOT + path) ? [path] : [],
  );
}

describe('the declaration of sensitive acts', () => {
  it('has a row for every command and for no other', () => {
    expect(Object.keys(commandActs).toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
  });

  it('names every act that a script of the command writes to the audit log', () => {
    const silent = commands.flatMap(({ name }) =>
      scriptsOf(name).flatMap((path) => {
        const text = readFileSync(ROOT + path, 'utf8');
        return AUDIT_ACTS.filter((act) => text.includes(`'${act}'`) && !commandActs[name]?.includes(act)).map(
          (act) => `${name} (${path}) does ${act}`,
        );
      }),
    );
    expect(silent, 'declare it in installer/src/launcher/sensitivity.ts').toEqual([]);
    expect(scriptsOf('recordings')).toEqual(['gateway/src/recordings-cli.ts']); // else the pattern no longer finds scripts
  });
});
