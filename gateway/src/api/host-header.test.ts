import { afterEach, describe, expect, it } from 'vitest';
import { isOurHost } from './host-header.ts';
import { openSite, type TestSite } from './testing/open-site.ts';

describe('the host of a request', () => {
  const isOurs = (host: string | undefined): boolean =>
    isOurHost(host, (name) => ['desk.bank.example', '10.0.0.5', 'fd00::5'].includes(name));

  it.each(['localhost', 'LOCALHOST:8080', '127.0.0.1:1', '[::1]:80', 'desk.bank.example', '10.0.0.5:443', '[fd00::5]:8443'])(
    '%s is ours',
    (host) => {
      expect(isOurs(host)).toBe(true);
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.1',
    '10.0.0.6',
    '',
    'localhost@evil.example',
    'localhost/',
    '[::1',
    'localhost:x',
    undefined,
  ])('%s is not', (host) => {
    expect(isOurs(host)).toBe(false);
  });
});

describe('a name that was made to point here (DNS rebinding)', () => {
  let site: TestSite;
  afterEach(() => site.close());

  it('gets nothing at either door, not even health, whatever else is right about the request', async () => {
    site = await openSite();
    const cookie = await site.signedIn('li');
    for (const base of [site.origin, site.secureOrigin])
      for (const path of ['/api/health', '/api/session', '/']) {
        const host = `evil.example:${new URL(base).port}`;
        const answer = await site.ask('GET', path, { base, headers: { cookie, host, origin: `http://${host}` } });
        expect([base, path, answer.status, answer.code]).toEqual([base, path, 421, 'HOST_REFUSED']);
        expect((await site.ask('GET', path, { base, headers: { host: `127.0.0.1:${new URL(base).port}` } })).status).not.toBe(421);
      }
  });
});
