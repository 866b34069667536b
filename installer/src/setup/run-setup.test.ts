import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, describe, expect, it } from 'vitest';
import type { Machine } from '../machine.ts';
import { runSetup, setupLocks } from './run-setup.ts';
import { planSteps, type Step, type StepName } from './step.ts';

const folder = tempDir();
afterEach(() => folder.remove());

function machine(more: Partial<Machine> = {}): Machine {
  const base = { root: folder.path, runtime: join(folder.path, '.runtime'), node: process.execPath, platform: 'linux', arch: 'x64' };
  return { ...base, isRoot: false, hasApt: true, env: { PATH: '' }, ...more };
}

/** A step that notes its beats in `diary` and is ready once installed. */
function step(name: StepName, diary: string[], more: Partial<Step> = {}): Step {
  let ready = false;
  return {
    name,
    takes: '1 s',
    after: [],
    insideOf: [],
    preflight: () => (ready ? undefined : 'it is missing'),
    packages: () => [],
    async install() {
      diary.push(`install ${name}`);
      await Promise.resolve();
      ready = true;
      diary.push(`installed ${name}`);
    },
    async verify() {
      diary.push(`verify ${name}`);
    },
    ...more,
  };
}

const silent = (): void => undefined;

describe('the plan of a set-up', () => {
  it('leaves out what is ready', () => {
    const steps = [step('npm packages', []), step('SQLite', [])];
    expect(planSteps(steps, new Map([['SQLite', 'missing']])).run.map(({ name }) => name)).toEqual(['SQLite']);
  });

  it('does again what lies inside something that is installed anew', () => {
    const steps = [step('npm packages', []), step('SQLite', [], { insideOf: ['npm packages'] }), step('media worker', [])];
    const plan = planSteps(steps, new Map([['npm packages', 'missing']]));
    expect(plan.run.map(({ name }) => name)).toEqual(['npm packages', 'SQLite']);
    expect(plan.because.get('SQLite')).toContain('npm packages');
  });
});

describe('running a set-up', () => {
  it('does nothing and says nothing when all is ready', async () => {
    const said: string[] = [];
    await runSetup(machine(), [step('SQLite', [], { preflight: () => undefined })], (text) => said.push(text));
    expect(said).toEqual([]);
  });

  it('starts a step only when those before it are verified', async () => {
    const diary: string[] = [];
    await runSetup(machine(), [step('npm packages', diary), step('SQLite', diary, { after: ['npm packages'] })], silent);
    expect(diary.indexOf('install SQLite')).toBeGreaterThan(diary.indexOf('verify npm packages'));
  });

  it('lets steps that do not depend on each other run at the same time', async () => {
    const diary: string[] = [];
    await runSetup(machine(), [step('npm packages', diary), step('agent desk', diary)], silent);
    expect(diary.indexOf('install agent desk')).toBeLessThan(diary.indexOf('installed npm packages'));
  });

  it('without root it names the one command that installs all missing packages, and starts nothing', async () => {
    const diary: string[] = [];
    const steps = [
      step('nats-server', diary, { packages: () => ['keepline-absent-a'] }),
      step('test tools', diary, { packages: () => ['keepline-absent-b', 'keepline-absent-a'] }),
    ];
    await expect(runSetup(machine(), steps, silent)).rejects.toMatchObject({
      code: 'SETUP_NEEDS_ROOT',
      hint: expect.stringMatching(/sudo apt-get install .*keepline-absent-a keepline-absent-b/),
    });
    expect(diary).toEqual([]);
  });

  it('elsewhere than on Debian it names the packages to look for', async () => {
    const steps = [step('nats-server', [], { packages: () => ['nats-server'] })];
    await expect(runSetup(machine({ hasApt: false }), steps, silent)).rejects.toMatchObject({
      code: 'SETUP_OS_UNKNOWN',
      hint: expect.stringContaining('nats-server'),
    });
  });

  it('takes the word of an operator who installed the packages of another system', async () => {
    const diary: string[] = [];
    const steps = [step('nats-server', diary, { packages: () => ['nats-server'] })];
    await runSetup(machine({ hasApt: false, env: { PATH: '', KEEPLINE_PACKAGES: 'installed' } }), steps, silent);
    expect(diary).toContain('verify nats-server');
  });

  it('goes on without an optional step that cannot be installed here, and says what is lost', async () => {
    const said: string[] = [];
    const diary: string[] = [];
    const speech = step('speech', diary, { packages: () => ['espeak-ng'], optional: 'Prompts are tones.' });
    await runSetup(machine({ hasApt: false }), [speech, step('agent desk', diary)], (text) => said.push(text));
    expect(diary).not.toContain('install speech');
    expect(diary).toContain('verify agent desk');
    expect(said.filter((text) => text.includes('Prompts are tones.'))).toHaveLength(1);
  });

  it('fails with the error of the step that failed, and frees the lock for the next attempt', async () => {
    const broken = step('SQLite', [], { install: () => Promise.reject(new Error('no compiler')) });
    await expect(runSetup(machine(), [broken], silent)).rejects.toThrow('no compiler');
    await runSetup(machine(), [step('SQLite', [])], silent);
  });

  it('two set-ups at once work one after the other, also when they keep their runtime in different folders', async () => {
    const diary: string[] = [];
    let inside = 0;
    const alone = (): Step => {
      let ready = false; // two processes do not share what a step knows
      return step('npm packages', diary, {
        preflight: () => (ready ? undefined : 'it is missing'),
        async install() {
          inside += 1;
          diary.push(`${inside} inside`);
          await new Promise(setImmediate);
          await new Promise(setImmediate);
          inside -= 1;
          ready = true;
        },
      });
    };
    const tree = machine();
    const elsewhere = machine({ runtime: join(folder.path, 'elsewhere') });
    await Promise.all([runSetup(tree, [alone()], silent), runSetup(elsewhere, [alone()], silent)]);
    expect(diary.filter((line) => line.endsWith('inside'))).toEqual(['1 inside', '1 inside']);
  });

  it('locks the tree and the runtime folder, each once and always in the same order', () => {
    const root = join(folder.path, 'tree');
    mkdirSync(join(root, '.runtime'), { recursive: true });
    symlinkSync(root, join(folder.path, 'same-tree'));
    expect(setupLocks({ root, runtime: join(root, '.runtime') })).toHaveLength(1);
    expect(setupLocks({ root: join(folder.path, 'same-tree'), runtime: join(root, '.runtime') })).toHaveLength(1);
    const other = join(folder.path, 'other/.runtime');
    const there = setupLocks({ root, runtime: other });
    expect(there).toHaveLength(2);
    expect(setupLocks({ root: join(folder.path, 'other'), runtime: join(root, '.runtime') })).toEqual(there);
  });
});
