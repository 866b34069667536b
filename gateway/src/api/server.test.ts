/** The doors as they listen: who is slow, garbled or in the way is hung up on, and closing waits for nobody. */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { startApi } from './server.ts';
import { openSite, type TestSite } from './testing/open-site.ts';

let site: TestSite;
afterEach(() => site.close());

describe('a client that is slow on purpose', () => {
  const shortTimes = { headersMs: 1000, requestMs: 1500, lookEveryMs: 50, tlsHandshakeMs: 1000 };
  /** Sends a beginning and nothing more; resolves with what came back when the site hangs up. */
  const halfRequest = (port: number, text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let heard = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (bytes) => void (heard += String(bytes)));
      socket.on('close', () => resolve(heard));
      socket.on('error', reject);
    });

  it('is hung up on after half a head, half a body, and half a TLS handshake (slow-loris)', async () => {
    site = await openSite({ limits: shortTimes });
    const heads = await Promise.all([
      halfRequest(site.api.httpPort, 'GET /api/health HTTP/1.1\r\nhost: localhost\r\nx-slow: '),
      halfRequest(
        site.api.httpPort,
        'POST /api/sign-in HTTP/1.1\r\nhost: localhost\r\nx-keepline: desk\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"a',
      ),
    ]);
    for (const heard of heads) expect(heard).toMatch(/^HTTP\/1\.1 408 /);
    expect(await halfRequest(site.api.httpsPort, '\x16\x03\x01')).toBe('');
    expect((await site.ask('GET', '/api/health')).status).toBe(200);
  });

  it('gets no further with heads that are too large or no HTTP at all', async () => {
    site = await openSite();
    expect(await halfRequest(site.api.httpPort, `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
    expect(await halfRequest(site.api.httpPort, '\x00\xff garbage \r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect((await site.ask('GET', '/api/health')).status).toBe(200);
  });

  it('speaks TLS 1.2 or later', async () => {
    site = await openSite();
    const old = await new Promise<string>((resolve) => {
      const socket = connectTls({
        port: site.api.httpsPort,
        host: '127.0.0.1',
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        rejectUnauthorized: false,
      });
      socket.once('secureConnect', () => resolve('connected'));
      socket.once('error', (fault: NodeJS.ErrnoException) => resolve(String(fault.code)));
    });
    expect(old).not.toBe('connected');
  });
});

describe('opening and closing', () => {
  it('names the setting when a port is taken, and leaves no door open', async () => {
    site = await openSite();
    const opened = { parts: site.parts, address: '127.0.0.1', certificateFolder: site.folder };
    await expect(startApi({ ...opened, httpPort: 0, httpsPort: site.api.httpsPort })).rejects.toMatchObject({ code: 'WEB_PORT_TAKEN' });
    expect((await site.ask('GET', '/api/health')).status).toBe(200);
  });

  it('closes though a client holds half a handshake and half a request', async () => {
    site = await openSite();
    const sockets = [site.api.httpPort, site.api.httpsPort].map((port) => connect(port, '127.0.0.1'));
    const gone = sockets.map((socket) => new Promise((resolve) => void socket.on('error', () => {}).once('close', resolve)));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    for (const socket of sockets) socket.write('\x16\x03');
    await site.api.close();
    await Promise.all(gone);
    await expect(site.ask('GET', '/api/health')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
