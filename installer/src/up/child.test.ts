import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BoundedLog } from './bounded-log.ts';
import { Child, type ChildSpec } from './child.ts';

let folder: TempDir;
const children: Child[] = [];
beforeEach(() => {
  folder = tempDir();
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((one) => one.stop(0)));
  folder.remove();
});

function child(script: string, more: Partial<ChildSpec> = {}): Child {
  const made = new Child({
    name: 'victim',
    command: [process.execPath, '-e', script],
    env: process.env,
    log: new BoundedLog(join(folder.path, 'victim.log')),
    ...more,
  });
  children.push(made);
  return made;
}

const STAYS = "process.stdout.write('here\\n'); setInterval(() => {}, 1000)";
const STUBBORN = `process.on('SIGTERM', () => {}); ${STAYS}`;

async function running(script: string, more: Partial<ChildSpec> = {}): Promise<Child> {
  const heard: string[] = [];
  const made = child(script, { onLine: (line) => heard.push(line), ...more });
  made.start();
  await vi.waitFor(() => expect(heard).toContain('here'), { timeout: 30_000 });
  return made;
}

describe('a child under supervision', () => {
  it('is started again after a crash, later with every crash, and each is reported', async () => {
    const clock = new FakeClock();
    const crashes: [string, number][] = [];
    const victim = child('process.exit(3)', { clock, onCrash: (how, delayMs) => crashes.push([how, delayMs]) });
    victim.start();
    await vi.waitFor(() => expect(crashes).toEqual([['exit 3', 200]]), { timeout: 30_000 });
    clock.advance(199);
    expect(victim.status).toEqual({ name: 'victim', state: 'restarting', restarts: 0 });
    clock.advance(1);
    expect(victim.status).toMatchObject({ state: 'running', restarts: 1 });
    await vi.waitFor(() => expect(crashes.at(-1)).toEqual(['exit 3', 400]), { timeout: 30_000 });
  });

  it('reports a program that cannot be started at all like a crash', async () => {
    const crashes: string[] = [];
    child('', { command: ['/nowhere/at-all'], clock: new FakeClock(), onCrash: (how) => crashes.push(how) }).start();
    await vi.waitFor(() => expect(crashes).toEqual([expect.stringContaining('ENOENT')]), { timeout: 30_000 });
  });

  it('is not started again after it was stopped', async () => {
    const crashes: string[] = [];
    const victim = await running(STAYS, { onCrash: (how) => crashes.push(how) });
    await victim.stop(5000);
    expect(victim.status).toEqual({ name: 'victim', state: 'stopped', restarts: 0 });
    expect(crashes).toEqual([]);
  });

  it('is killed when it does not stop within its grace', async () => {
    const clock = new FakeClock();
    const victim = await running(STUBBORN, { clock });
    const stopped = victim.stop(3000);
    clock.advance(3000);
    await stopped;
    expect(victim.status.state).toBe('stopped');
  });

  it('is killed at once by a second request, which cuts the grace of the first short', async () => {
    const victim = await running(STUBBORN);
    const stopped = victim.stop(60_000);
    victim.kill();
    await stopped;
    expect(victim.status.pid).toBeUndefined();
  });

  it('stops making progress while frozen and goes on when thawed; a frozen one can be stopped', async () => {
    const victim = await running(STAYS);
    victim.freeze();
    expect(victim.status.state).toBe('frozen');
    await vi.waitFor(() => expect(stateOf(victim.status.pid)).toBe('T'), { timeout: 30_000 });
    victim.thaw();
    await vi.waitFor(() => expect(stateOf(victim.status.pid)).not.toBe('T'), { timeout: 30_000 });
    victim.freeze();
    await victim.stop(5000);
    expect(victim.status.state).toBe('stopped');
  });

  it('writes what it says to its log and remembers its last words', async () => {
    const clock = new FakeClock();
    const crashes: string[] = [];
    const victim = child("console.error('port taken'); console.log('bye')", { clock, onCrash: (how) => crashes.push(how) });
    victim.start();
    await vi.waitFor(() => expect(victim.lastWords).toContain('bye'), { timeout: 30_000 });
    await vi.waitFor(() => expect(victim.lastWords).toContain('port taken'), { timeout: 30_000 });
    expect(readFileSync(join(folder.path, 'victim.log'), 'utf8')).toContain('port taken\n');
  });
});

/** State of a process as /proc tells it: `T` is stopped by a signal. */
function stateOf(pid: number | undefined): string {
  return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
}
