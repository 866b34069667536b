import { connect as dial } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startHub } from './nats-server.ts';

/** Whether the hub greets a new connection within `ms`. */
function greets(port: number, ms = 300): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial({ host: '127.0.0.1', port });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ms, () => settle(false));
    socket.once('data', (head) => settle(head.toString().startsWith('INFO ')));
    socket.once('error', () => settle(false));
  });
}

describe('hub of the testkit', () => {
  it('stops, starts on the same port, freezes without closing, thaws, dies and goes', { timeout: 60_000 }, async () => {
    const hub = await startHub({ site: 'demo' });
    try {
      expect(await greets(hub.port)).toBe(true);
      await hub.stop();
      expect(await greets(hub.port)).toBe(false);
      await hub.start();
      expect(await greets(hub.port)).toBe(true);
      await hub.freeze();
      expect(await greets(hub.port)).toBe(false);
      await hub.thaw();
      expect(await greets(hub.port, 5000)).toBe(true);
      await hub.kill();
      await hub.start();
      await hub.freeze();
    } finally {
      await hub.close(); // also from frozen
    }
    expect(await greets(hub.port)).toBe(false);
  });
});
