/** Attacks on the HTTP layer of the doors: smuggling, garbage behind good requests, bombs, floods, weak TLS. Real sockets, real TLS. */
import { connect as connectTls } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { eventually } from '@keepline/testkit/eventually';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openSite, PASSWORD, type TestSite } from '../../gateway/src/api/testing/open-site.ts';
import { rawHttp, refusalIn, statuses } from './raw-http.ts';

let site: TestSite;
afterEach(() => site.close());
const raw = (lines: readonly string[], body = '', enough?: (heard: string) => boolean): Promise<string> =>
  rawHttp(site.api.httpPort, `${lines.join('\r\n')}\r\n\r\n${body}`, enough);
const HIDDEN = 'POST /api/sign-out HTTP/1.1\r\nhost: localhost\r\n\r\n';

describe('a request that two servers would read differently', () => {
  it.each([
    ['a length and chunks', ['content-length: 5', 'transfer-encoding: chunked'], '0\r\n\r\n'],
    ['two lengths', ['content-length: 5', 'content-length: 90'], 'hello'],
    ['a length with a sign', ['content-length: +5'], 'hello'],
    ['chunked and something else', ['transfer-encoding: chunked, identity'], '0\r\n\r\n'],
    ['chunked with a space before the colon', ['transfer-encoding : chunked'], '0\r\n\r\n'],
    ['a folded head', ['x-a: b', ' content-length: 5'], 'hello'],
    ['a bare LF in a value', ['x-a: b\ncontent-length: 5\rx'], 'hello'],
    ['a NUL in a value', ['x-a: b\0c'], ''],
    ['a chunk of impossible size', ['transfer-encoding: chunked'], 'fffffffffffffffff\r\n'],
    ['two hosts', ['host: y', 'connection: close'], ''],
    ['two sessions', ['cookie: keepline-session=a', 'cookie: keepline-session=b', 'connection: close'], ''],
    ['two origins', ['origin: http://x', 'origin: http://evil.example', 'connection: close'], ''],
  ])('is refused and the line cut, so that nothing hidden behind it is served: %s', async (_, heads, body) => {
    site = await openSite();
    const heard = await raw(['POST /api/sign-in HTTP/1.1', 'host: localhost', 'x-keepline: desk', ...heads], body + HIDDEN);
    expect([statuses(heard), refusalIn(heard)]).toEqual([[400], 'REQUEST_INVALID']);
    expect(heard).not.toMatch(/evil|hello/);
  });

  it('garbage behind a good request ends the line with a refusal; what stands behind the garbage is never looked at', async () => {
    site = await openSite();
    const heard = await raw(['GET /api/health HTTP/1.1', 'host: localhost'], `\x16\x03\x01${HIDDEN}`);
    expect(statuses(heard).at(-1)).toBe(400);
    expect(statuses(heard).filter((status) => status !== 200)).toEqual([400]);
    expect(heard).toContain('REQUEST_INVALID');
  });

  it('asks for a host, and for HTTP at all', async () => {
    site = await openSite();
    for (const line of ['GET /api/health HTTP/1.1', 'GET /api/health HTTP/9.9', 'PRI * HTTP/2.0', 'G\xcbT / HTTP/1.1'])
      expect([line, statuses(await raw([line, 'connection: close']))[0]]).toEqual([line, 400]);
  });

  it('leaves no trace of what was sent in the refusal of a path that cannot be decoded', async () => {
    site = await openSite();
    for (const path of ['/api/calls/%zz13812345678', `/api/calls/${'9'.repeat(200)}/decision`]) {
      const answer = await site.ask('GET', path);
      expect([path, answer.status >= 400 && answer.status < 500, answer.code]).toEqual([path, true, answer.code || 'none']);
      expect(answer.code).toMatch(/^(REQUEST_INVALID|ROUTE_UNKNOWN)$/);
      expect(answer.text).not.toMatch(/13812345678|9{20}/);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    }
  });
});

describe('too much of anything', () => {
  it('is refused with its own status: head, body, unpacked body, nested body', async () => {
    site = await openSite();
    const post = (body: string, headers: Record<string, string> = {}) => site.ask('POST', '/api/sign-in', { body, headers });
    const path = await raw([`GET /${'a'.repeat(20_000)} HTTP/1.1`, 'host: localhost']);
    expect([statuses(path), refusalIn(path)]).toEqual([[431], 'REQUEST_INVALID']);
    expect((await post(`{"agent":"${'a'.repeat(70_000)}"}`)).code).toBe('REQUEST_TOO_LARGE');
    const bomb = gzipSync(Buffer.alloc(50_000_000)).subarray(0, 60_000).toString('latin1');
    expect((await post(bomb, { 'content-encoding': 'gzip' })).status).toBe(400);
    expect((await post('['.repeat(60_000))).code).toBe('REQUEST_INVALID');
    expect((await site.ask('GET', '/api/health')).status).toBe(200);
  });

  it('counts requests of nobody and of unknown routes too: guessing tokens and paths ends in 429', async () => {
    site = await openSite({ limits: { requestsPerMinute: 30 } });
    const codes = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const [method, path] = i % 2 === 0 ? ['GET', '/api/session'] : ['POST', '/api/nothing'];
      const headers = { authorization: `Bearer klt_${i}`, 'x-forwarded-for': `10.0.0.${i}`, forwarded: `for=10.0.0.${i}` };
      codes.add((await site.ask(method ?? '', path ?? '', { headers })).code);
    }
    expect([...codes]).toEqual(['SIGN_IN_NEEDED', 'ROUTE_UNKNOWN', 'TOO_MANY_REQUESTS']);
  });

  it('of connections from one address leaves no more of them, and the door serves on', async () => {
    site = await openSite({ limits: { connectionsPerSource: 4 } });
    const open = Array.from({ length: 12 }, () => connect(site.api.httpsPort, '127.0.0.1'));
    for (const socket of open) socket.on('error', () => {});
    await eventually('the excess to be cut', () => open.filter((socket) => socket.closed).length === 8);
    for (const socket of open) socket.destroy();
    await eventually('the closed ones to be counted off', () => open.every((socket) => socket.closed));
    const answer = await eventually('the door to be free again', () =>
      site.ask('GET', '/api/health', { base: site.secureOrigin }).catch(() => undefined),
    );
    expect(answer.status).toBe(200);
  });
});

describe('guessing', () => {
  it('locks the name and then the address, whatever the proxy heads claim, and a right password does not help', async () => {
    site = await openSite();
    const guess = (agent: string, password: string, i: number) =>
      site.ask('POST', '/api/sign-in', {
        body: { agent, password },
        headers: { 'x-forwarded-for': `10.1.1.${i}`, 'x-real-ip': `10.1.1.${i}` },
      });
    const codes: string[] = [];
    for (let i = 0; i < 8; i++) codes.push((await guess('li', `wrong-${i}`, i)).code);
    expect([codes[0], codes.at(-1)]).toEqual(['SIGN_IN_REFUSED', 'SIGN_IN_LOCKED']);
    expect((await guess('li', PASSWORD, 9)).code).toBe('SIGN_IN_LOCKED');
    expect((await guess('wang', PASSWORD, 9)).status).toBe(200);
    const [known, invented] = [await guess('wang', 'wrong', 1), await guess('nobody-at-all', 'wrong', 1)];
    expect([invented.status, invented.text]).toEqual([known.status, known.text]);
  });
});

describe('TLS', () => {
  const handshake = (ciphers: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connectTls({ port: site.api.httpsPort, host: '127.0.0.1', maxVersion: 'TLSv1.2', ciphers, rejectUnauthorized: false });
      socket.once('secureConnect', () => {
        resolve(socket.getCipher().name);
        socket.destroy();
      });
      socket.once('error', () => resolve('refused'));
    });

  it('1.2 is spoken with forward secrecy and authenticated encryption only', async () => {
    site = await openSite();
    const weak = ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-RSA-AES128-SHA', 'AES128-SHA', 'AES128-GCM-SHA256'];
    expect(await Promise.all(weak.map(handshake))).toEqual(weak.map(() => 'refused'));
    expect(await handshake('ECDHE-ECDSA-AES128-GCM-SHA256')).toBe('ECDHE-ECDSA-AES128-GCM-SHA256');
  });
});
