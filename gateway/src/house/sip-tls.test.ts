/** What SIP over TLS shows follows the files, and a half-exchanged pair leaves the one in use. The sockets: gateway/src/sip/transport-tls.test.ts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSite } from '@keepline/contracts/site-file';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../certificate/self-signed.ts';
import { renewSiteCertificate } from '../certificate/site-certificate.ts';
import { tlsStreams } from '../sip/transport-tls.ts';
import type { TlsListener } from '../sip/transports.ts';
import { keepSipTlsFresh, sipTlsOf } from './sip-tls.ts';

const NOW_MS = Date.UTC(2026, 0, 2);
const DAY_MS = 86_400_000;
let home: TempDir;
let clock: FakeClock;
beforeEach(() => {
  home = tempDir();
  clock = new FakeClock(NOW_MS);
});
afterEach(() => home.remove());

/** Real streams: they judge the pair as the site does. @returns what looks, turned by hand */
async function kept(tls: object) {
  const site = parseSite({ sip: { tls: { enabled: true, ...tls } } });
  const inUse = await sipTlsOf(site, home.path, clock);
  if (!inUse) throw new Error('TLS is off');
  const streams = tlsStreams(inUse, 1000);
  const shown: TlsListener[] = [];
  const codes: unknown[] = []; // of this test: a look that was under way when another ended tells what became of its folder
  const userAgent = { renewTls: (terms: TlsListener) => (streams.renew(terms), void shown.push(terms)) };
  const onFault = (fault: unknown): void => void codes.push((fault as { code?: string }).code);
  const end = keepSipTlsFresh({ site, data: home.path, clock, inUse, userAgent, onFault });
  return { shown, codes, end, look: () => clock.advanceAsync(60_000) };
}

describe('SIP over TLS', () => {
  it('shows the certificate of the site within a minute of its rotation, once', async () => {
    const { shown, look, end } = await kept({});
    await look();
    expect(shown).toEqual([]);
    const { certificate } = await renewSiteCertificate(join(home.path, 'keys'), '127.0.0.1', clock.now());
    await look();
    await expect.poll(() => shown.length, { timeout: 30_000 }).toBe(1);
    for (let looks = 0; looks < 3; looks++) await look();
    await expect.poll(() => shown.map((terms) => terms.certificate.trim()), { timeout: 30_000 }).toEqual([certificate.trim()]);
    end();
  });

  it('keeps the one in use while the two files of the bank are exchanged one after the other', async () => {
    const put = (name: string, text: string): void => writeFileSync(join(home.path, name), text, { mode: 0o600 });
    const made = () => selfSigned(['sip.bank.example'], NOW_MS - DAY_MS, NOW_MS + DAY_MS);
    const [first, second] = [made(), made()];
    put('sip.pem', first.certificate);
    put('sip.key', first.privateKey);
    const { shown, codes, look, end } = await kept({ certificateFile: 'sip.pem', keyFile: 'sip.key' });
    put('sip.pem', second.certificate);
    await look();
    await expect.poll(() => codes, { timeout: 30_000 }).toEqual(['SIP_CERTIFICATE_UNREADABLE']);
    expect(shown).toEqual([]);
    put('sip.key', second.privateKey);
    await look();
    await expect.poll(() => shown.map((terms) => terms.certificate), { timeout: 30_000 }).toEqual([second.certificate]);
    end();
  });
});
