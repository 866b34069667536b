/**
 * The TLS certificate of the site: made at the first start, renewed before it expires, and left alone when the operator has put one of
 * the bank's own there. One file `site.pem` (mode 0600) holds key and chain, so that one rename replaces both: docs/adr/0003.
 */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { CertificateInstalled, CertificateUnusable } from './errors.ts';
import { ORGANISATION, selfSigned } from './self-signed.ts';

const DAY_MS = 86_400_000;
/** Made an hour in the past: agents' clocks differ a little from ours. */
const BACKDATED_MS = 3_600_000;
/** Browsers refuse server certificates that live longer than 398 days; one day of room for clocks. */
export const VALIDITY_DAYS = 397;
/** A certificate with less than this left is made anew. */
export const RENEW_BELOW_DAYS = 30;

export interface SiteCertificate {
  /** PEM, the chain where the operator installed one. */
  readonly certificate: string;
  /** PEM; a secret. */
  readonly privateKey: string;
  /** Wall time in ms since 1970. */
  readonly expiresMs: number;
  /** `installed`: the operator's own, never replaced by us. */
  readonly origin: 'made' | 'kept' | 'installed';
  /** SHA-256 of the certificate in hex pairs, to compare with what a browser shows. */
  readonly fingerprint: string;
}

/**
 * Reads the certificate of the site, or makes it: where none is, where ours is about to expire, or where ours is for other names.
 * @param folder where `site.pem` lies; created with mode 0700
 * @param address the address agents reach this machine at
 * @param nowMs wall time in ms since 1970
 * @throws CertificateUnusable when a file is there that cannot be used; it is never overwritten
 */
export async function siteCertificate(folder: string, address: string, nowMs: number, host = hostname()): Promise<SiteCertificate> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'site.pem');
  const names = namesOf(address, host);
  const found = await readPair(path);
  if (found) {
    if (!isOurs(found)) return describe(found, 'installed');
    const from = found.x509.validFromDate.getTime();
    const leftMs = found.x509.validToDate.getTime() - nowMs;
    if (from <= nowMs && leftMs >= RENEW_BELOW_DAYS * DAY_MS && names.every((name) => covers(found.x509, name))) {
      return describe(found, 'kept');
    }
  }
  return make(path, names, nowMs);
}

/**
 * A new key and certificate in place of ours; a running gateway takes them up by itself. Browsers that trusted the old one ask again.
 * @throws CertificateInstalled for one of the operator's own: its key is renewed where it came from
 */
export async function renewSiteCertificate(folder: string, address: string, nowMs: number, host = hostname()): Promise<SiteCertificate> {
  const path = join(folder, 'site.pem');
  const found = await readPair(path);
  if (found && !isOurs(found)) throw new CertificateInstalled(path);
  return make(path, namesOf(address, host), nowMs);
}

const isOurs = ({ x509 }: Pair): boolean => x509.subject === x509.issuer && x509.subject.split('\n').includes(`O=${ORGANISATION}`);

async function make(path: string, names: string[], nowMs: number): Promise<SiteCertificate> {
  const made = selfSigned(names, nowMs - BACKDATED_MS, nowMs - BACKDATED_MS + VALIDITY_DAYS * DAY_MS);
  await writeAtomic(path, made.privateKey + made.certificate);
  return describe({ ...made, x509: new X509Certificate(made.certificate) }, 'made');
}

/** Address, host name and the names of loopback, each once; a host name that is no DNS name is left out. */
function namesOf(address: string, host: string): string[] {
  const dns = host.toLowerCase();
  const usable = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(dns) && dns.length <= 253;
  return [...new Set([address, ...(usable ? [dns] : []), 'localhost', '127.0.0.1', '::1'])];
}

function covers(x509: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? x509.checkHost(name) : x509.checkIP(name)) !== undefined;
}

interface Pair {
  readonly certificate: string;
  readonly privateKey: string;
  readonly x509: X509Certificate;
}

async function readPair(path: string): Promise<Pair | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new CertificateUnusable(path, 'the file cannot be read', cause);
  }
  const blocks = text.match(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----/g) ?? [];
  const certificate = blocks.filter((block) => block.startsWith('-----BEGIN CERTIFICATE-----')).join('\n');
  const privateKey = blocks.find((block) => block.split('\n', 1)[0]?.includes('PRIVATE KEY'));
  if (certificate === '' || privateKey === undefined) throw new CertificateUnusable(path, 'it must hold a PEM private key and certificate');
  const pair = { certificate, privateKey, ...parse(path, certificate, privateKey) };
  if (!pair.matches) throw new CertificateUnusable(path, 'the key does not belong to the first certificate');
  return pair;
}

function parse(path: string, certificate: string, privateKey: string): { x509: X509Certificate; matches: boolean } {
  try {
    const x509 = new X509Certificate(certificate);
    return { x509, matches: x509.checkPrivateKey(createPrivateKey(privateKey)) };
  } catch (cause) {
    throw new CertificateUnusable(path, 'its PEM blocks cannot be parsed (an encrypted key is not supported)', cause);
  }
}

function describe(pair: Pair, origin: SiteCertificate['origin']): SiteCertificate {
  return {
    certificate: pair.certificate,
    privateKey: pair.privateKey,
    expiresMs: pair.x509.validToDate.getTime(),
    origin,
    fingerprint: pair.x509.fingerprint256,
  };
}

/** Whole or not at all, also across a power cut: written beside, flushed, renamed. */
async function writeAtomic(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, 'w', 0o600);
  try {
    await file.chmod(0o600); // a left-over file keeps its old mode otherwise
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}
