import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, describe, expect, it } from 'vitest';
import { endLeftBehind, writeStarted } from './left-behind.ts';

const folder = tempDir();
afterAll(() => folder.remove());
const list = join(folder.path, 'children.json');

describe('processes that a killed up left behind', () => {
  it('are ended, frozen ones too, and the list with them', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const gone = once(child, 'exit');
    writeStarted(list, [child.pid ?? 0]);
    child.kill('SIGSTOP');
    expect(await endLeftBehind(list)).toBe(1);
    expect(await gone).toEqual([null, 'SIGTERM']);
    expect(existsSync(list)).toBe(false);
  });

  it('are left alone when their pid belongs to another program by now', async () => {
    writeFileSync(list, JSON.stringify([{ pid: process.pid, commandLine: 'nats-server -c hub.conf' }]));
    expect(await endLeftBehind(list)).toBe(0);
  });

  it.each(['', '[', '{}', '[1, null, {"pid": 1, "commandLine": "init"}, {"pid": "7"}]'])('are none in the list %j', async (text) => {
    writeFileSync(list, text);
    expect(await endLeftBehind(list)).toBe(0);
  });
});
