/** Against a real WebSocket server; waits are on conditions, and the waits between attempts are cut short by `random: 0` and `hurry`. */
import { once } from 'node:events';
import { systemClock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { freeTcpPort } from '@keepline/testkit/free-port';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket as Peer, WebSocketServer } from 'ws';
import { LiveSocket, type LiveSocketEvents, parseFrame } from './live-socket.ts';
import { REPLY_WAIT_MS } from './pending-requests.ts';

let server: WebSocketServer;
let port: number;
let peers: Peer[];
let made: LiveSocket | undefined;

beforeEach(async () => {
  peers = [];
  port = await freeTcpPort();
  server = await listen();
});
afterEach(() => {
  made?.close();
  stop();
});

async function listen(): Promise<WebSocketServer> {
  const listening = new WebSocketServer({ host: '127.0.0.1', port });
  listening.on('connection', (peer) => peers.push(peer));
  await once(listening, 'listening');
  return listening;
}
function stop(): void {
  for (const peer of peers) peer.terminate();
  server.close();
}
function connect(clock = systemClock) {
  const events = {
    opened: vi.fn<LiveSocketEvents['opened']>(),
    lost: vi.fn<LiveSocketEvents['lost']>(),
    refused: vi.fn<LiveSocketEvents['refused']>(),
    pushed: vi.fn<LiveSocketEvents['pushed']>(),
  };
  const live = new LiveSocket({ url: `ws://127.0.0.1:${port}/ws/agent`, clock, random: () => 0, events });
  made = live;
  live.start();
  return { live, events };
}
const until = (met: () => void): Promise<unknown> => vi.waitFor(met, { timeout: 30_000, interval: 10 });

/** Takes the rejection up at once, so that it may come at any time. */
const codeOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => 'answered',
    (thrown: unknown) => (thrown instanceof KeeplineError ? thrown.code : thrown),
  );

describe('the socket of the desk', () => {
  it('numbers what it asks and gives back the result', async () => {
    const { live, events } = connect();
    await until(() => expect(events.opened).toHaveBeenCalledOnce());
    peers[0]?.on('message', (data: Buffer) => {
      const request = JSON.parse(data.toString('utf8')) as { id: number; ask: string };
      peers[0]?.send(JSON.stringify({ re: request.id, ok: true, result: request }));
    });
    expect(await live.ask({ ask: 'agent.ready' })).toEqual({ id: 1, ask: 'agent.ready' });
    expect(await live.ask({ ask: 'call.mute', callId: 'call-1', muted: true })).toEqual({
      id: 2,
      ask: 'call.mute',
      callId: 'call-1',
      muted: true,
    });
  });

  it('fails what waits when the connection is lost, connects again, and repeats nothing', async () => {
    const { live, events } = connect();
    await until(() => expect(events.opened).toHaveBeenCalledOnce());
    const asked = live.ask({ ask: 'agent.ready' });
    const settled = codeOf(asked);
    await until(() => expect(peers).toHaveLength(1));
    peers[0]?.terminate();
    expect(await settled).toBe('DESK_SOCKET_CLOSED');
    expect(events.lost).toHaveBeenCalledWith(1, 250);
    await expect(live.ask({ ask: 'agent.ready' })).rejects.toMatchObject({ code: 'DESK_SOCKET_CLOSED' });
    const peer = await new Promise<Peer>((resolve) => server.once('connection', resolve));
    const heard: string[] = [];
    peer.on('message', (data: Buffer) => heard.push(data.toString('utf8')));
    await until(() => expect(events.opened).toHaveBeenCalledTimes(2));
    const answered = live.ask({ ask: 'agent.not_ready', reason: 'lunch' });
    await until(() => expect(heard).toHaveLength(1));
    expect(heard[0]).toContain('lunch');
    peer.send(JSON.stringify({ re: 2, ok: true }));
    await answered;
    expect(events.refused).not.toHaveBeenCalled();
  });

  it('backs off further with each failed attempt and begins anew once a view has come', async () => {
    const { live, events } = connect();
    await until(() => expect(events.opened).toHaveBeenCalledOnce());
    stop();
    await until(() => expect(events.lost).toHaveBeenCalledTimes(3));
    expect(events.lost.mock.calls).toEqual([
      [1, 250],
      [2, 500],
      [3, 1000],
    ]);
    expect(events.refused).toHaveBeenCalledTimes(2);
    peers = [];
    server = await listen();
    live.hurry();
    await until(() => expect(peers).toHaveLength(1));
    peers[0]?.send(JSON.stringify({ push: 'view', view: {} }));
    await until(() => expect(events.pushed).toHaveBeenCalledOnce());
    peers[0]?.terminate();
    await until(() => expect(events.lost).toHaveBeenLastCalledWith(1, 250));
  });

  it('takes silence after a request for a dead path, but a slow answer among others for slowness', async () => {
    const clock = new FakeClock();
    const { live, events } = connect(clock);
    await until(() => expect(events.opened).toHaveBeenCalledOnce());
    clock.advance(1);
    const slow = codeOf(live.ask({ ask: 'call.hold', callId: 'c' }));
    clock.advance(5);
    peers[0]?.send(JSON.stringify({ push: 'view', view: {} }));
    await until(() => expect(events.pushed).toHaveBeenCalledOnce());
    clock.advance(REPLY_WAIT_MS);
    expect(await slow).toBe('DESK_SOCKET_TIMEOUT');
    expect(live.isOpen).toBe(true);
    const dead = codeOf(live.ask({ ask: 'call.hold', callId: 'c' }));
    clock.advance(REPLY_WAIT_MS);
    expect(await dead).toBe('DESK_SOCKET_TIMEOUT');
    expect(live.isOpen).toBe(false);
    expect(events.lost).toHaveBeenCalledOnce();
  });

  it('stays silent after close', async () => {
    const { live, events } = connect();
    await until(() => expect(events.opened).toHaveBeenCalledOnce());
    await until(() => expect(peers).toHaveLength(1));
    const gone = new Promise((resolve) => peers[0]?.once('close', resolve));
    live.close();
    await gone;
    expect(events.lost).not.toHaveBeenCalled();
    expect(peers).toHaveLength(1);
  });

  it('ignores frames that are none', () => {
    const frames = ['', '[]', 'null', '{"re":"1","ok":true}', '{"re":1,"ok":false}', '{"push":"view"}', '{"push":"other"}', '{'];
    expect(frames.filter((text) => parseFrame(text) !== undefined)).toEqual([]);
    expect(parseFrame('{"push":"bye","why":"session_ended"}')).toEqual({ push: 'bye', why: 'session_ended' });
  });
});
