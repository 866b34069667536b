/**
 * Conditions of the link that come from beside the line: a server whose certificate is not to be trusted, a disk of the outbox without room, a clock
 * that is set. Real TLS over the emulated line, a real small file system, and a process whose wall clock really moves.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { LinkChange, LinkCondition, LinkStatus } from '@keepline/contracts/link';
import { eventually } from '@keepline/testkit/eventually';
import { type FarCloud, farCloud, type ServerCertificate } from '@keepline/testkit/far-cloud';
import { joinedNamespaces, type Namespaces, whyNoNamespaces } from '@keepline/testkit/namespaces';
import { findProgram } from '@keepline/testkit/program';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Outbox } from '../cloud-sync/src/outbox/outbox.ts';
import { madeEvent } from '../cloud-sync/src/testing/made-event.ts';

const DISK_BYTES = 8 * 1024 * 1024;
const cannot = whyNoNamespaces();

it.runIf(cannot !== undefined && process.env['CI'] !== undefined)('network namespaces can be made in CI', () => {
  expect.fail(cannot);
});

describe.skipIf(cannot !== undefined)(`the link beside the line${cannot === undefined ? '' : ` (${cannot})`}`, () => {
  const dir = tempDir();
  const disk = join(dir.path, 'disk');
  const clockFile = join(dir.path, 'clock');
  let net: Namespaces;
  let cloud: FarCloud;
  let outbox: Outbox;
  let certificates: Record<'good' | 'expired' | 'foreign' | 'misnamed', ServerCertificate>;
  const produced: string[] = [];

  const produce = async (count: number): Promise<void> => {
    const events = Array.from({ length: count }, (_, i) => madeEvent(produced.length + i + 1));
    await outbox.append(events, produced.length + count);
    produced.push(...events.map(({ id }) => id));
  };
  const link = (): Promise<LinkStatus> => cloud.get<LinkStatus>('/link');
  const condition = (wanted: LinkCondition | undefined) =>
    eventually(`the condition is ${wanted}`, async () => (await link()).condition === wanted, 60_000);
  const isUp = () => eventually('the link is up', async () => (await link()).state === 'up', 60_000);
  const everythingArrived = async (): Promise<void> => {
    await eventually('nothing waits', async () => (await cloud.get<{ waiting: number }>('/counts')).waiting === 0, 60_000);
    expect(await cloud.ids()).toEqual(produced);
    expect(await cloud.get('/counts')).toMatchObject({ unaccounted: 0 });
  };

  beforeAll(async () => {
    mkdirSync(disk);
    execFileSync(findProgram('mount'), ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'keepline-test', disk]);
    certificates = makeCertificates(dir.path);
    writeFileSync(clockFile, '+0\n');
    const preload = execFileSync(findProgram('faketime'), ['-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim();
    net = await joinedNamespaces();
    const settings = `  credentials: any\n  caFile: ${join(dir.path, 'good-ca.pem')}\n  stableSeconds: 3\n`;
    cloud = await farCloud(net, dir.path, settings, {
      outboxFolder: disk,
      // The wall clock alone: Linux sets it without moving the monotonic one.
      env: { LD_PRELOAD: preload, FAKETIME_TIMESTAMP_FILE: clockFile, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    });
    await cloud.signalServer('SIGTERM');
    await cloud.startServer(undefined, certificates.good);
    outbox = await Outbox.open(cloud.outbox, { maxEvents: 100_000 });
    await cloud.startSync(`tls://${net.cloudName}:4222`);
    await isUp();
  }, 120_000);
  afterAll(async () => {
    await outbox?.close();
    await cloud?.close();
    await net?.close();
    execFileSync('umount', [disk]);
    dir.remove();
  }, 120_000);

  it.each(['expired', 'foreign', 'misnamed'] as const)(
    'a certificate that is %s: named, nothing is sent, and back with a good one',
    {
      timeout: 180_000,
    },
    async (fault) => {
      await cloud.signalServer('SIGTERM');
      await cloud.startServer(undefined, certificates[fault]);
      await produce(10);
      await condition('tls_failed');
      expect((await link()).state).toBe('down');
      expect(await cloud.get('/counts')).toMatchObject({ waiting: 10 });
      await cloud.signalServer('SIGTERM');
      await cloud.startServer(undefined, certificates.good);
      await isUp();
      await everythingArrived();
    },
  );

  it('no room on the disk of the outbox: named, nothing is lost or sent twice, and it goes on once there is room', {
    timeout: 180_000,
  }, async () => {
    await cloud.signalServer('SIGTERM');
    await eventually('the link is down', async () => (await link()).state === 'down');
    await produce(500);
    // An emptied write-ahead log: the next transaction needs room it does not have.
    const database = new DatabaseSync(cloud.outbox);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    const filler = join(disk, 'filler');
    fill(filler);
    await cloud.startServer(undefined, certificates.good);
    await condition('outbox_disk_full');
    await expect(produce(1)).rejects.toThrow(/full|disk/i);
    const { faults } = await cloud.get<{ faults: ReadonlyArray<{ code: string; hint: string }> }>('/health');
    expect(faults.map(({ code }) => code)).toEqual(['OUTBOX_UNWRITABLE']);
    rmSync(filler);
    await isUp();
    await condition(undefined);
    await produce(10);
    await everythingArrived();
  });

  it('a wall clock that is set, forward and back: told, and neither link nor events care', { timeout: 120_000 }, async () => {
    await isUp();
    const before = (await cloud.get<LinkChange[]>('/link/timeline')).length;
    for (const offset of ['+3600', '-7200', '+0']) {
      writeFileSync(clockFile, `${offset}\n`);
      await condition('clock_jump');
      await produce(10);
      await condition(undefined); // told for a time only
    }
    await everythingArrived();
    expect((await cloud.get<LinkChange[]>('/link/timeline')).slice(before)).toEqual([]);
  });
});

/** Takes every byte the file system has left. */
function fill(path: string): void {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(65_536), { flag: 'a' });
  } catch (fault) {
    if (!(fault instanceof Error && 'code' in fault && fault.code === 'ENOSPC')) throw fault;
  }
}

/** A server's certificate as it should be, past its date, of an authority the site does not know, and of another name. */
function makeCertificates(folder: string): Record<'good' | 'expired' | 'foreign' | 'misnamed', ServerCertificate> {
  const openssl = (...given: string[]): void => void execFileSync(findProgram('openssl'), given, { cwd: folder, stdio: 'pipe' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const authority = (name: string): void =>
    openssl('req', '-x509', ...ec, '-days', '2', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`);
  const server = (name: string, ca: string, dns: string, days: number): ServerCertificate => {
    openssl('req', ...ec, '-subj', `/CN=${dns}`, '-addext', `subjectAltName=DNS:${dns}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const signed = ['-CA', `${ca}.pem`, '-CAkey', `${ca}.key`, '-days', String(days), '-copy_extensions', 'copyall'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.pem`);
    return { certFile: join(folder, `${name}.pem`), keyFile: join(folder, `${name}.key`) };
  };
  authority('good-ca');
  authority('foreign-ca');
  return {
    good: server('good', 'good-ca', 'cloud.keepline.test', 2),
    expired: server('expired', 'good-ca', 'cloud.keepline.test', 0),
    foreign: server('foreign', 'foreign-ca', 'cloud.keepline.test', 2),
    misnamed: server('misnamed', 'good-ca', 'another.keepline.test', 2),
  };
}
