/** The TCP side as a peer meets it: real sockets, time turned by hand. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { PATIENT } from '../../fixtures/sip/agent-bench.ts';
import { header } from '../../fixtures/sip/wire-peer.ts';
import { MAX_CONNECTIONS_PER_SOURCE, MAX_REFUSED_CONNECTIONS, TCP_IDLE_MS, TCP_MESSAGE_MS } from './limits.ts';
import { type IncomingCall, UserAgent } from './user-agent.ts';

let clock: FakeClock;
let agent: UserAgent;
let calls: IncomingCall[];
let verdict: 'accept' | 'refuse' | 'drop';
let maxTcpConnections: number;
const peers: Peer[] = [];

interface Peer {
  readonly socket: Socket;
  heard: string;
  closed: boolean;
}

async function start(): Promise<void> {
  agent = await UserAgent.start({
    address: '127.0.0.1',
    port: 0,
    clock,
    product: 'Keepline test',
    limits: { maxMessageBytes: 2048, maxTransactions: 100, maxTcpConnections },
    admit: () => verdict,
    onInvite: (call) => calls.push(call),
  });
}
beforeEach(async () => {
  clock = new FakeClock();
  calls = [];
  verdict = 'accept';
  maxTcpConnections = 100;
  await start();
});
afterEach(async () => {
  for (const { socket } of peers.splice(0)) socket.destroy();
  const done = agent.close();
  await clock.advanceAsync(2_000);
  await done;
});

async function dial(): Promise<Peer> {
  const socket = connect(agent.port, '127.0.0.1');
  const peer = watched(socket);
  await once(socket, 'connect');
  return peer;
}
function watched(socket: Socket): Peer {
  const peer: Peer = { socket, heard: '', closed: false };
  socket.on('data', (bytes) => (peer.heard += bytes.toString()));
  socket.on('error', () => {});
  socket.on('close', () => (peer.closed = true));
  peers.push(peer);
  return peer;
}
function text(method: string, more = '', body = ''): string {
  const lines = [
    `${method} sip:95588@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK${method}${more.length}`,
    'From: <sip:a@127.0.0.1>;tag=a',
    `To: <sip:95588@127.0.0.1>${more}`,
    'Call-ID: tcp-1',
    `CSeq: 1 ${method}`,
    'Contact: <sip:a@127.0.0.1:9;transport=tcp>',
    `Content-Length: ${body.length}`,
    '',
    body,
  ];
  return lines.join('\r\n');
}

describe('SIP over TCP', () => {
  it('answers on the connection the request came by, byte by byte as well', async () => {
    const peer = await dial();
    for (const byte of Buffer.from(text('OPTIONS'))) peer.socket.write(Buffer.from([byte]));
    await expect.poll(() => peer.heard, PATIENT).toContain('SIP/2.0 200 OK');
  });

  it('sends requests of a call on the connection of the call, since the Contact of many a PBX is not listened at', async () => {
    const peer = await dial();
    peer.socket.write(text('INVITE'));
    await expect.poll(() => calls.length, PATIENT).toBe(1);
    calls[0]?.answer('v=0\r\n');
    await expect.poll(() => peer.heard, PATIENT).toContain('200 OK');
    peer.socket.write(text('ACK', `;tag=${/To: .*;tag=(\w+)/.exec(peer.heard)?.[1]}`));
    await calls[0]?.acknowledged;
    calls[0]?.hangup();
    await expect.poll(() => peer.heard, PATIENT).toContain('BYE sip:a@127.0.0.1:9;transport=tcp SIP/2.0');
  });

  it('answers a double empty line with one, so that the peer knows the connection lives (RFC 5626 §3.5.1)', async () => {
    const peer = await dial();
    peer.socket.write('\r\n\r\n');
    await expect.poll(() => peer.heard, PATIENT).toBe('\r\n');
  });

  it.each([
    ['a message too large', text('OPTIONS', '', 'x'.repeat(3000)), 'SIP/2.0 513'],
    ['a message without length', text('OPTIONS').replace('Content-Length', 'X-Length'), 'SIP/2.0 400'],
    ['a head that does not end', 'x'.repeat(4000), ''],
    ['another protocol', 'GET / HTTP/1.1\r\n\r\n', ''],
  ])('closes the connection after %s', async (_name, bytes, answer) => {
    const peer = await dial();
    peer.socket.write(bytes);
    await expect.poll(() => peer.closed, PATIENT).toBe(true);
    expect(peer.heard).toContain(answer);
  });

  it('closes a connection that stops inside a message, and later one that is idle', async () => {
    const slow = await dial();
    const idle = await dial();
    slow.socket.write('OPTIONS sip:');
    idle.socket.write(text('OPTIONS'));
    await expect.poll(() => idle.heard, PATIENT).toContain('200 OK');
    await expect.poll(() => agent.counters().tcpConnections, PATIENT).toBe(2);
    clock.advance(TCP_MESSAGE_MS + 2_000);
    await expect.poll(() => slow.closed, PATIENT).toBe(true);
    expect(idle.closed).toBe(false);
    clock.advance(TCP_IDLE_MS);
    await expect.poll(() => idle.closed, PATIENT).toBe(true);
  });

  it('bounds the connections of one address, and those of refused addresses further', async () => {
    for (let i = 0; i < MAX_CONNECTIONS_PER_SOURCE; i++) await dial();
    await expect.poll(() => agent.counters().tcpConnections, PATIENT).toBe(MAX_CONNECTIONS_PER_SOURCE);
    const one = await dial();
    await expect.poll(() => one.closed, PATIENT).toBe(true);
    for (const { socket } of peers.splice(0)) socket.destroy();
    await expect.poll(() => agent.counters().tcpConnections, PATIENT).toBe(0);
    verdict = 'refuse';
    const strangers: Peer[] = [];
    for (let i = 0; i <= MAX_REFUSED_CONNECTIONS; i++) strangers.push(await dial());
    await expect.poll(() => strangers.filter(({ closed }) => closed).length, PATIENT).toBe(1);
    const kept = strangers.find(({ closed }) => !closed);
    kept?.socket.write(text('INVITE'));
    await expect.poll(() => kept?.heard, PATIENT).toContain('SIP/2.0 403');
  });

  it('closes the connection of a source that is to get no answer', async () => {
    verdict = 'drop';
    const peer = await dial();
    await expect.poll(() => peer.closed, PATIENT).toBe(true);
  });

  it('calls a phone over TCP, and says so when nobody listens there', async () => {
    const heard: Peer[] = [];
    const phone = createServer((socket) => void heard.push(watched(socket))).listen(0, '127.0.0.1');
    await once(phone, 'listening');
    const address = phone.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const from = { from: { uri: 'sip:95588@127.0.0.1', displayName: '' } };
    agent.invite(`sip:phone@127.0.0.1:${port};transport=tcp`, 'v=0\r\n', from);
    await expect.poll(() => heard[0]?.heard ?? '', PATIENT).toContain('INVITE sip:phone@');
    expect(header(heard[0]?.heard ?? '', 'Via')).toMatch(/^SIP\/2\.0\/TCP 127\.0\.0\.1:/);
    for (const { socket } of heard) socket.destroy();
    const gone = once(phone, 'close');
    phone.close();
    await gone;
    await expect.poll(() => agent.counters().tcpConnections, PATIENT).toBe(0);
    const call = agent.invite(`sip:phone@127.0.0.1:${port};transport=tcp`, 'v=0\r\n', from);
    await expect(call.answered).rejects.toMatchObject({ code: 'SIP_INVITE_UNANSWERED' });
    expect(await call.ended).toEqual({ by: 'transport', why: 'no_answer' });
  });
});
