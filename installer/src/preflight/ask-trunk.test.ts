import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { askTrunk, farEndOf, optionsRequest } from './ask-trunk.ts';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});
/** Hears and says `text`, or nothing. */
async function farEnd(text?: string): Promise<number> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.on('message', (_, { address, port }) => text !== undefined && socket.send(text, port, address));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket.address().port;
}

describe('whether a trunk answers', () => {
  it.each(['200 OK', '403 Forbidden'])('is yes whatever its answer is: %s', async (status) => {
    const port = await farEnd(`SIP/2.0 ${status}\r\n\r\n`);
    expect(await askTrunk({ host: '127.0.0.1', port, transport: 'udp' }, '127.0.0.1')).toBeUndefined();
  });

  it('is no for one that is silent, talks something else or has no port', async () => {
    expect(await askTrunk({ host: '127.0.0.1', port: await farEnd(), transport: 'udp' }, '127.0.0.1')).toBe('no answer');
    expect(await askTrunk({ host: '127.0.0.1', port: await farEnd('hello'), transport: 'udp' }, '127.0.0.1')).toBe('no answer');
    const server = createServer((socket) => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    expect(await askTrunk({ host: '127.0.0.1', port, transport: 'tcp' }, '127.0.0.1')).toBe('what answers is no SIP');
    await new Promise((resolve) => server.close(resolve));
    expect(await askTrunk({ host: '127.0.0.1', port, transport: 'tcp' }, '127.0.0.1')).toBe('ECONNREFUSED');
  }, 60_000);

  it.each([
    ['sip:gw.carrier.cn', { host: 'gw.carrier.cn', port: 5060, transport: 'udp' }],
    ['sip:user@198.51.100.7:5080;transport=TCP', { host: '198.51.100.7', port: 5080, transport: 'tcp' }],
    ['sip:[2001:db8::1]:5062', { host: '2001:db8::1', port: 5062, transport: 'udp' }],
    ['sips:gw.carrier.cn', undefined],
    ['sip:gw;transport=tls', undefined],
    ['', undefined],
  ])('reads %j', (uri, expected) => expect(farEndOf(uri)).toEqual(expected));

  it('writes addresses of either kind as URIs want them', () => {
    const text = optionsRequest({ host: '2001:db8::1', port: 5060, transport: 'udp' }, { host: '2001:db8::2', port: 6000 }, 'a1');
    expect(text).toContain('OPTIONS sip:[2001:db8::1]:5060 SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::2]:6000;branch=z9hG4bKa1');
  });
});
