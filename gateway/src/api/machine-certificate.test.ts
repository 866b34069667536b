/** Mutual TLS with a real TLS client and certificates of a real authority. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machinesFrom } from '../identity/machine-certificates.ts';
import { openSite, type TestSite } from './testing/open-site.ts';

const home = tempDir();
const at = (name: string): string => join(home.path, name);
const openssl = (args: readonly string[], when?: string): void => {
  const quiet = { stdio: 'ignore' } as const;
  if (when === undefined) execFileSync('openssl', args, quiet);
  else execFileSync('faketime', [when, 'openssl', ...args], quiet);
};
const KEY = ['-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
function authority(name: string): void {
  openssl(
    ['req', '-x509', ...KEY, '-days', '5000', '-subj', `/CN=${name}`, '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)],
    '2020-01-01',
  );
}
function issue(file: string, subject: string, by = 'bank', when?: string): void {
  openssl(['req', ...KEY, '-subj', subject, '-keyout', at(`${file}.key`), '-out', at(`${file}.csr`)]);
  const signed = ['-CA', at(`${by}.pem`), '-CAkey', at(`${by}.key`), '-CAcreateserial', '-days', '30'];
  openssl(['x509', '-req', '-in', at(`${file}.csr`), ...signed, '-out', at(`${file}.pem`)], when);
}

let site: TestSite;
beforeAll(async () => {
  authority('bank');
  authority('stranger');
  issue('monitor', '/CN=monitor');
  issue('expired', '/CN=monitor', 'bank', '2021-01-01');
  issue('foreign', '/CN=monitor', 'stranger');
  issue('unknown', '/CN=printer');
  issue('two', '/CN=printer/CN=monitor');
  site = await openSite({
    machines: machinesFrom(readFileSync(at('bank.pem'), 'utf8'), [{ name: 'monitor', permissions: ['site.read'] }]),
  });
}, 60_000);
afterAll(async () => {
  await site.close();
  home.remove();
});

function ask(path: string, file: string | undefined, headers: Record<string, string> = {}): Promise<string> {
  const { port } = new URL(site.secureOrigin);
  const shown = file === undefined ? {} : { key: readFileSync(at(`${file}.key`)), cert: readFileSync(at(`${file}.pem`)) };
  return new Promise((done, reject) => {
    const going = request(
      { host: '127.0.0.1', port, path, headers, ca: site.certificate, rejectUnauthorized: false, agent: false, ...shown },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => done(`${answer.statusCode} ${/"code":"(\w+)"/.exec(Buffer.concat(chunks).toString())?.[1] ?? ''}`.trim()));
      },
    );
    going.on('error', reject);
    going.end();
  });
}

describe('a machine with a client certificate', () => {
  it('may do what the settings say, and nothing else', async () => {
    expect(await ask('/api/link', 'monitor')).toBe('200');
    expect(await ask('/api/users', 'monitor')).toBe('403 PERMISSION_REFUSED');
    expect(await ask('/api/session', 'monitor')).toBe('403 PERMISSION_REFUSED');
  });

  it.each(['expired', 'foreign', 'unknown', 'two'])('is refused when it is %s, and that is written down', async (file) => {
    const before = site.acts.filter(({ act }) => act === 'machine.refuse').length;
    expect(await ask('/api/link', file)).toBe('401 MACHINE_REFUSED');
    const written = site.acts.filter(({ act }) => act === 'machine.refuse').slice(before);
    expect(written).toMatchObject([{ who: 'unknown', from: '127.0.0.1', purpose: 'client certificate', outcome: 'failed' }]);
  });

  it('changes nothing for those without one, and never speaks for the cookie or the token beside it', async () => {
    expect(await ask('/api/link', undefined)).toBe('401 SIGN_IN_NEEDED');
    expect(await ask('/api/health', 'expired')).toBe('200');
    expect(await ask('/api/link', 'monitor', { authorization: `Bearer klt_${'A'.repeat(43)}` })).toBe('401 SIGN_IN_NEEDED');
    expect(await ask('/api/link', 'monitor', { cookie: '__Host-keepline-session=x' })).toBe('401 SIGN_IN_NEEDED');
  });

  it('is over when its time is, also on a connection that lives on', () => {
    const machines = machinesFrom('', [{ name: 'monitor', permissions: [] }]);
    const shown = { isTrusted: true, commonName: 'monitor', fromMs: 10, untilMs: 20 };
    expect([9, 10, 19, 20].map((now) => machines.find(shown, now)?.name)).toEqual([undefined, 'monitor', 'monitor', undefined]);
    expect(machines.find({ ...shown, isTrusted: false }, 15)).toBeUndefined();
  });
});
