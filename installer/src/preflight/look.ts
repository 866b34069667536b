/** Measures what preflight judges. Every look is bounded in time and writes nothing that stays. */
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { closeSync, existsSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { APPROVAL_ACTS } from '@keepline/contracts/approvals';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { messageOf } from '../before-packages.ts';
import { askTrunk, farEndOf } from './ask-trunk.ts';
import * as judge from './judge.ts';
import { judgeClock, judgeDescriptors, judgeFourEyes, judgePorts, judgeTrunks, type TakenPort } from './judge-site.ts';
import type { Remark } from './remark.ts';

const MEGABYTE = 1024 * 1024;
const FSYNCS = 20;
const DAY_MS = 86_400_000;
const PROGRAM_LIMIT_MS = 5000;
/** Programs of other makers that answer on the SIP port. */
const RIVALS = ['asterisk', 'freeswitch', 'kamailio', 'opensips', 'drachtio'];

/** @param data folder the site will write to @param worker path of the media worker @param taken ports of the site that somebody else has */
export async function lookAround(site: SiteConfig, data: string, worker: string, taken: readonly TakenPort[]): Promise<Remark[]> {
  return [
    judge.judgeCores(availableParallelism()),
    judge.judgeMemory(Math.floor(totalmem() / MEGABYTE)),
    judge.judgeKernel(release()),
    fsync(data),
    judge.judgeEntropy(Number(read('/proc/sys/kernel/random/entropy_avail'))),
    judge.judgeLocale(said('locale', 'charmap')),
    judge.judgeConflicts(RIVALS.filter((name) => said('systemctl', 'is-active', name) === 'active')),
    judge.judgeLibraries(said('ldd', worker)),
    await names(site),
    judge.judgeCertificate(certificate(join(data, 'site.pem'))),
    judgeClock(said('timedatectl', 'show', '-p', 'NTPSynchronized', '--value')),
    judgeDescriptors(Number(read('/proc/sys/fs/nr_open'))),
    judgePorts(taken),
    await trunks(site),
    judgeFourEyes(site.identity.fourEyes, APPROVAL_ACTS),
  ];
}

function fsync(data: string): Remark {
  let folder = data;
  while (!existsSync(folder)) folder = dirname(folder);
  const work = mkdtempSync(join(folder, '.fsync-'));
  const file = openSync(join(work, 'probe'), 'w');
  const times: number[] = [];
  try {
    for (let i = 0; i < FSYNCS; i++) {
      const start = performance.now();
      writeSync(file, Buffer.alloc(4096));
      fsyncSync(file);
      times.push(performance.now() - start);
    }
  } finally {
    closeSync(file);
    rmSync(work, { recursive: true });
  }
  times.sort((a, b) => a - b);
  return judge.judgeFsync(times[FSYNCS / 2] ?? 0, times.at(-1) ?? 0, folder);
}

async function trunks(site: SiteConfig): Promise<Remark> {
  const ends = site.sip.trunks.flatMap(({ name, target }) => {
    const end = farEndOf(target);
    return end === undefined ? [] : [{ name, end }];
  });
  const replies = await Promise.all(ends.map(async ({ name, end }) => ({ name, why: await askTrunk(end, site.network.address) })));
  return judgeTrunks(
    ends.length,
    replies.flatMap(({ name, why }) => (why === undefined ? [] : [`${name}: ${why}`])),
  );
}

async function names(site: SiteConfig): Promise<Remark> {
  const hosts = new Set(
    [...site.cloud.servers.map(hostOfUrl), ...site.sip.trunks.map(({ target }) => hostOfSip(target))].filter(
      (host) => host !== '' && isIP(host) === 0,
    ),
  );
  const failed: string[] = [];
  for (const host of hosts) await lookup(host).catch((fault: unknown) => failed.push(`${host}: ${messageOf(fault)}`));
  return judge.judgeNames(hosts.size, failed);
}

const hostOfUrl = (url: string): string => (URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '');
/** Host of a SIP URI (RFC 3261 §19.1.1), without user, port and parameters. */
const hostOfSip = (uri: string): string => /^sips?:(?:[^@]*@)?(\[[^\]]+\]|[^:;?>]+)/i.exec(uri)?.[1]?.replace(/^\[|\]$/g, '') ?? '';

function certificate(path: string): judge.SeenCertificate | undefined {
  const blocks = read(path).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks === null) return undefined;
  const chain = blocks.map((pem) => new X509Certificate(pem));
  const [first] = chain;
  const last = chain.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const signs = (by: X509Certificate, of: X509Certificate): boolean => of.checkIssued(by) && of.verify(by.publicKey);
  const linked = chain.every((one, i) => i === 0 || signs(one, chain[i - 1] ?? one));
  const trusted = signs(last, last) || rootCertificates.some((pem) => signs(new X509Certificate(pem), last));
  return {
    subject: first.subject.replaceAll('\n', ', '),
    expiresInDays: Math.floor((Date.parse(first.validTo) - Date.now()) / DAY_MS),
    whole: linked && trusted,
  };
}

function said(program: string, ...args: string[]): string {
  return (spawnSync(program, args, { encoding: 'utf8', timeout: PROGRAM_LIMIT_MS }).stdout ?? '').trim();
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
