import { EventEmitter } from 'node:events';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { BACKLOG_MAX_BYTES, DeskWire, IN_FLIGHT_MAX } from './desk-wire.ts';
import { FRAMES_AT_ONCE, FRAMES_PER_SECOND, fullBudget, spend } from './frame-budget.ts';

/** The part of a socket that a wire uses; real sockets do not stall or clog at will. */
class StubSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  terminated = 0;
  closedWith: number | undefined;
  send(text: string): void {
    this.sent.push(text);
  }
  ping(): void {}
  close(code: number): void {
    this.closedWith = code;
  }
  terminate(): void {
    this.terminated += 1;
    this.emit('close');
  }
}

function wireOn(serve: () => Promise<unknown>) {
  const socket = new StubSocket();
  const clock = new FakeClock();
  const warnings: string[] = [];
  const log = { info: () => {}, warn: (_details: object, message: string) => void warnings.push(message), error: () => {} };
  let closed = 0;
  // the one cast of this test: a stub stands in for the socket
  const wire = new DeskWire({ socket: socket as unknown as WebSocket, clock, log, serve, onClosed: () => (closed += 1) });
  return { wire, socket, clock, warnings, closed: () => closed };
}
const request = (id: number): Buffer => Buffer.from(JSON.stringify({ id, ask: 'agent.ready' }));

describe('the wire to a desk', () => {
  it('cuts a desk that does not read before its backlog eats the memory', () => {
    const { wire, socket, warnings, closed } = wireOn(async () => undefined);
    socket.bufferedAmount = BACKLOG_MAX_BYTES + 1;
    wire.push({ push: 'media.rejoin' });
    expect([socket.sent, socket.terminated, warnings.length, closed()]).toEqual([[], 1, 1, 1]);
  });

  it('has a bounded number of requests under way and refuses the rest by code', async () => {
    const { socket } = wireOn(() => new Promise(() => {}));
    for (let id = 1; id <= IN_FLIGHT_MAX + 2; id++) socket.emit('message', request(id), false);
    await Promise.resolve();
    const refused = socket.sent.map((text) => JSON.parse(text) as { re: number; error: { code: string } });
    expect(refused.map((reply) => [reply.re, reply.error.code])).toEqual([
      [IN_FLIGHT_MAX + 1, 'DESK_TOO_BUSY'],
      [IN_FLIGHT_MAX + 2, 'DESK_TOO_BUSY'],
    ]);
  });

  it('is gone within a second of its bye though the peer never answers', () => {
    const { wire, socket, clock, closed } = wireOn(async () => undefined);
    wire.bye('site_stopping');
    expect([socket.closedWith, closed(), socket.terminated]).toEqual([1001, 1, 0]);
    clock.advance(1000);
    expect([socket.terminated, closed()]).toEqual([1, 1]);
    wire.push({ push: 'media.rejoin' });
    expect(socket.sent).toHaveLength(1);
  });

  it('shows nothing of a fault that is not ours to tell', async () => {
    const { socket } = wireOn(() => Promise.reject(new Error('candidate 10.1.2.3 of 13812345678')));
    socket.emit('message', request(1), false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket.sent).toHaveLength(1);
    expect(socket.sent[0]).toContain('INTERNAL');
    expect(socket.sent[0]).not.toMatch(/10\.1|138/);
  });
});

describe('the budget of frames', () => {
  it('allows a burst, then a steady pace, and saves up no more than a burst', () => {
    let budget = fullBudget(0);
    let [spent, nowMs] = [0, 0];
    const spendAll = (): number => {
      for (spent = 0; ; spent++) {
        const left = spend(budget, nowMs);
        if (!left) return spent;
        budget = left;
      }
    };
    expect(spendAll()).toBe(FRAMES_AT_ONCE);
    nowMs += 1000;
    expect(spendAll()).toBe(FRAMES_PER_SECOND);
    nowMs += 3_600_000;
    expect(spendAll()).toBe(FRAMES_AT_ONCE);
  });
});
