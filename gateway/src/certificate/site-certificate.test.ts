import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSigned } from './self-signed.ts';
import { RENEW_BELOW_DAYS, VALIDITY_DAYS, renewSiteCertificate, siteCertificate } from './site-certificate.ts';

const DAY_MS = 86_400_000;
const now = Date.UTC(2026, 10, 22);
let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'keepline-certificate-'))));
afterEach(() => rm(folder, { recursive: true }));

const make = (nowMs = now, address = '10.20.30.40', host = 'desk.bank.cn') => siteCertificate(folder, address, nowMs, host);

describe('the certificate of the site', () => {
  it('is made at first start for address, host name and loopback, and signed by itself', async () => {
    const made = await make();
    const x509 = new X509Certificate(made.certificate);
    expect(made.origin).toBe('made');
    expect(x509.verify(x509.publicKey)).toBe(true);
    for (const ip of ['10.20.30.40', '127.0.0.1', '::1']) expect(x509.checkIP(ip)).toBe(ip);
    for (const host of ['desk.bank.cn', 'localhost']) expect(x509.checkHost(host)).toBe(host);
    expect(x509.checkHost('other.bank.cn')).toBeUndefined();
    expect(x509.ca).toBe(false);
    expect(x509.validToDate.getTime() - x509.validFromDate.getTime()).toBe(VALIDITY_DAYS * DAY_MS);
  });

  it('keeps its file from other users of the machine', async () => {
    await make();
    expect((await stat(join(folder, 'site.pem'))).mode & 0o777).toBe(0o600);
  });

  it('carries a real TLS 1.3 handshake that checks the name', async () => {
    const made = await make(Date.now(), '127.0.0.1', 'localhost');
    const server = createServer({ key: made.privateKey, cert: made.certificate }, (socket) => socket.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const heard = await new Promise<string>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', ca: made.certificate }, () => {
        socket.once('data', (bytes) => resolve(`${socket.getProtocol()} ${String(bytes)}`));
      });
      socket.once('error', reject);
    });
    server.close();
    expect(heard).toBe('TLSv1.3 hello');
  });

  it('is rotated before its time when asked to, and kept from then on', async () => {
    const first = await make();
    const second = await renewSiteCertificate(folder, '10.20.30.40', now, 'desk.bank.cn');
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect(second.privateKey).not.toBe(first.privateKey);
    expect(await make()).toMatchObject({ origin: 'kept', fingerprint: second.fingerprint });
  });

  it('is kept until it has less than 30 days left, then made anew', async () => {
    const first = await make();
    const late = now + (VALIDITY_DAYS - RENEW_BELOW_DAYS - 1) * DAY_MS;
    expect(await make(late)).toMatchObject({ origin: 'kept', fingerprint: first.fingerprint });
    const renewed = await make(late + DAY_MS);
    expect(renewed.origin).toBe('made');
    expect(renewed.fingerprint).not.toBe(first.fingerprint);
    expect((await make(late + DAY_MS)).fingerprint).toBe(renewed.fingerprint);
  });

  it('is made anew when the address of the site changes, or when the clock went back before it was valid', async () => {
    await make();
    expect((await make(now, '10.20.30.41')).origin).toBe('made');
    expect((await make(now - 2 * DAY_MS, '10.20.30.41')).origin).toBe('made');
  });

  it('of the bank itself is used as it is, even when it has expired', async () => {
    const theirs = selfSigned(['desk.bank.cn'], now - 10 * DAY_MS, now - DAY_MS);
    const foreign = relabelled(theirs.certificate);
    expect(foreign).toBeInstanceOf(X509Certificate);
    expect(foreign.subject).not.toContain('Keepline site');
    await writeFile(join(folder, 'site.pem'), foreign.toString() + theirs.privateKey);
    const before = await readFile(join(folder, 'site.pem'), 'utf8');
    expect((await make()).origin).toBe('installed');
    const refused = renewSiteCertificate(folder, '10.20.30.40', now, 'desk.bank.cn');
    await expect(refused).rejects.toMatchObject({ code: 'CERTIFICATE_INSTALLED' });
    expect(await readFile(join(folder, 'site.pem'), 'utf8')).toBe(before);
  });

  it.each([
    ['no PEM at all', () => 'hello'],
    ['a key without its certificate', () => selfSigned(['a'], now, now + DAY_MS).privateKey],
    [
      'a key of another certificate',
      () => selfSigned(['a'], now, now + DAY_MS).privateKey + selfSigned(['a'], now, now + DAY_MS).certificate,
    ],
    [
      'blocks that are not DER',
      () => '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    ],
  ])('refuses to start, and to overwrite, a file with %s', async (_name, text) => {
    const content = text();
    await writeFile(join(folder, 'site.pem'), content);
    await expect(make()).rejects.toMatchObject({ code: 'CERTIFICATE_UNUSABLE' });
    expect(await readFile(join(folder, 'site.pem'), 'utf8')).toBe(content);
  });
});

/** The same certificate under another organisation of equal length; its signature no longer holds, which a server does not check. */
function relabelled(certificate: string): X509Certificate {
  const der = Buffer.from(new X509Certificate(certificate).raw);
  const organisation = Buffer.from('Keepline site');
  for (let at = der.indexOf(organisation); at !== -1; at = der.indexOf(organisation, at + 1)) der.write('Bank of Tests', at);
  return new X509Certificate(der);
}
