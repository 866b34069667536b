import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AdviceRequest } from '@keepline/contracts/advice';
import type { Anonymised } from '@keepline/contracts/anonymised';
import { systemClock } from '@keepline/contracts/clock';
import type { LinkState } from '@keepline/contracts/link';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, describe, expect, it } from 'vitest';
import { CloudSyncSocket } from './cloud-sync-socket.ts';

const closers: Array<() => void> = [];
afterEach(() => {
  for (const close of closers.splice(0).toReversed()) close();
});

// The brand cannot be made here, and must not be: the question only has to be JSON for these tests.
const QUESTION: Anonymised<AdviceRequest> = JSON.parse('{"requestId":"req-1"}');
const UP = { state: 'up', sinceMs: 1, why: 'stable', backlog: 0, oldestUnsentMs: 0 };

/** A real HTTP server on a real unix socket, in place of the other process. */
async function peer(advise: (response: ServerResponse) => void) {
  const dir = tempDir();
  const socketPath = `${dir.path}/s.sock`;
  const streams: ServerResponse[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    request.resume();
    if (request.url === '/link/stream') {
      streams.push(response);
      response.write(`${JSON.stringify(UP)}\n`);
    } else advise(response);
  });
  server.listen(socketPath);
  await once(server, 'listening');
  closers.push(() => dir.remove());
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const states: LinkState[] = [];
  const connect = (clock = systemClock): CloudSyncSocket => {
    const socket = new CloudSyncSocket({ socketPath, deadlineMs: 150, clock, onLink: (_, { state }) => states.push(state) });
    closers.push(() => socket.close());
    return socket;
  };
  return { connect, streams, states, server };
}
const isUp = (socket: CloudSyncSocket) => expect.poll(() => socket.status().state).toBe('up');

describe('the socket to cloud-sync', () => {
  it('does not make a routing decision wait while the link is down', async () => {
    const { connect } = await peer(() => {
      throw new Error('must not be asked');
    });
    expect(await connect().ask(QUESTION)).toEqual({ outcome: 'link_down', tookMs: 0 });
  });

  it('passes an answer on, and takes nonsense for no advice', async () => {
    const answer = { requestId: 'req-1', skill: 'cards', reason: { zh: '由', en: 'r' }, confidence: 1, model: 'm' };
    const replies = [JSON.stringify({ outcome: 'answered', answer, tookMs: 3 }), '{"outcome":"answered","answer":{"skill":7}}', 'garbage'];
    const { connect } = await peer((response) => response.end(replies.shift()));
    const socket = connect();
    await isUp(socket);
    expect(await socket.ask(QUESTION)).toMatchObject({ outcome: 'answered', answer: { skill: 'cards' } });
    expect(await socket.ask(QUESTION)).toMatchObject({ outcome: 'invalid' });
    expect(await socket.ask(QUESTION)).toMatchObject({ outcome: 'invalid' });
  });

  it('stops waiting a hop before the deadline when cloud-sync hangs', async () => {
    const { connect } = await peer(() => {});
    const clock = new FakeClock();
    const socket = connect(clock);
    await isUp(socket);
    const reply = socket.ask(QUESTION);
    clock.advance(140);
    expect(await reply).toMatchObject({ outcome: 'timeout', tookMs: 140 });
  });

  it('takes the link for down at once when the process is gone, and for up again when it is back', async () => {
    const { connect, streams, states } = await peer(() => {});
    const socket = connect();
    await isUp(socket);
    streams[0]?.destroy();
    await expect.poll(() => states).toEqual(['up', 'down', 'up']);
  });

  it('passes on what is wrong with the link, and no word it does not know', async () => {
    const { connect, streams } = await peer(() => {});
    const socket = connect();
    await isUp(socket);
    streams[0]?.write(`${JSON.stringify({ ...UP, state: 'suspect', condition: 'heavy_loss' })}\n`);
    await expect.poll(() => socket.status()).toMatchObject({ state: 'suspect', condition: 'heavy_loss' });
    streams[0]?.write(`${JSON.stringify({ ...UP, state: 'suspect', condition: 'sunspots' })}\n`);
    await expect.poll(() => socket.status().condition).toBeUndefined();
  });

  it('takes a stream that fell silent for a process that hangs', async () => {
    const { connect } = await peer(() => {});
    const clock = new FakeClock();
    const socket = connect(clock);
    await isUp(socket);
    clock.advance(6000);
    expect(socket.status()).toMatchObject({ state: 'down', why: 'cloud_sync_hangs' });
  });
});
