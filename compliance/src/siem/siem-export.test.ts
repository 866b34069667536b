import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createServer as createTls } from 'node:tls';
import type { KeeplineError } from '@keepline/contracts/errors';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditLog } from '../audit/audit-log.ts';
import { sampleEntry } from '../audit/testing/small-log.ts';
import { newNoteKey, signerFrom, verifierFrom } from '../tlog/signed-note.ts';
import { formatCef, formatOcsf, formatSyslog, type SiemFormat, type SiemRecord } from './formats.ts';
import { BACKOFF_FIRST_MS, SIEM_BATCH_ENTRIES, SiemExport } from './siem-export.ts';
import { targetOf, type TlsFiles } from './target.ts';

const signer = signerFrom(newNoteKey('keepline/demo/audit'));
const SIZE = SIEM_BATCH_ENTRIES + 20;
let home: TempDir;
let dir = '';
let faults: KeeplineError[] = [];
let clock: FakeClock;
const open: Server[] = [];

async function append(count: number): Promise<void> {
  const log = await AuditLog.open({ dir, signer, clock, onFault: (fault) => faults.push(fault) });
  await Promise.all(Array.from({ length: count }, (_, i) => log.append(sampleEntry(`c${i}`))));
  await log.close();
}
function exportTo(to: string, format: SiemFormat, tls: TlsFiles = {}): SiemExport {
  const targets = [{ name: 'bank', format, target: targetOf(to, tls) }];
  return new SiemExport({
    dir,
    verifier: verifierFrom(signer.verifierKey),
    host: 'gw1',
    targets,
    clock,
    onFault: (fault) => faults.push(fault),
  });
}
const cursor = (): string => {
  try {
    return readFileSync(join(dir, 'siem', 'bank.cursor'), 'utf8');
  } catch {
    return '';
  }
};
async function listening(server: Server, port = 0): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
const closed = (server: Server): Promise<unknown> => new Promise((resolve) => server.close(resolve));

/** Messages of octet counting. */
function messagesIn(bytes: Buffer): string[] {
  const messages: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = space + 1 + Number(bytes.toString('latin1', at, space));
    if (end > bytes.length) break; // cut off in the middle: not received
    messages.push(bytes.toString('utf8', space + 1, end));
    at = end;
  }
  return messages;
}
const indexOf = (message: string): number => Number(/ (?:index|size)="(\d+)"/.exec(message)?.[1]);

beforeEach(() => {
  home = tempDir();
  dir = join(home.path, 'audit');
  faults = [];
  clock = new FakeClock(Date.UTC(2026, 0, 2, 3, 4, 5));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map(closed));
  home.remove();
});

describe('syslog over TLS', () => {
  let tls: TlsFiles = {};
  let pair: { key: string; cert: string } = { key: '', cert: '' };
  beforeEach(() => {
    const [key, cert] = [join(home.path, 'key.pem'), join(home.path, 'cert.pem')];
    const subject = ['-subj', '/CN=siem', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        key,
        '-out',
        cert,
        ...subject,
      ],
      { stdio: 'ignore' },
    );
    pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    tls = { ca: pair.cert };
  });
  /** @param cutAfter connections that are reset after so many bytes */
  const receiver = (received: string[], cutAfter: number[] = []): Server =>
    createTls(pair, (socket) => {
      const pieces: Buffer[] = [];
      const limit = cutAfter.shift() ?? Number.POSITIVE_INFINITY;
      socket.on('error', () => {});
      socket.on('data', (piece: Buffer) => {
        pieces.push(piece);
        if (pieces.reduce((sum, { length }) => sum + length, 0) > limit) socket.destroy();
      });
      socket.on('close', () => received.push(...messagesIn(Buffer.concat(pieces))));
    });

  it('brings every entry once, in order, and the checkpoint behind them', async () => {
    const received: string[] = [];
    const port = await listening(receiver(received));
    await append(SIZE);
    const siem = exportTo(`tls://127.0.0.1:${port}`, 'rfc5424', tls);
    siem.wake();
    await expect.poll(cursor).toBe(`${SIZE}\n`);
    await siem.close();
    await expect.poll(() => received.length).toBe(SIZE + 1);
    expect(received.map(indexOf)).toEqual(Array.from({ length: SIZE + 1 }, (_, i) => i));
    expect(received.at(-1)).toMatch(
      / keepline - audit\.checkpoint \[audit@32473 log="keepline\/demo\/audit" size="520" .* root="[A-Za-z0-9+/]{43}="\]$/,
    );
    expect(received.join('')).not.toContain('投诉'); // the purpose is free text and stays
    expect(faults).toEqual([]);
  });

  it('leaves nothing out over an outage, a connection that breaks in mid-batch, and a restart', async () => {
    const received: string[] = [];
    const first = receiver(received, [20_000]);
    const port = await listening(first);
    await append(SIZE);
    const siem = exportTo(`tls://127.0.0.1:${port}`, 'rfc5424', tls);
    siem.wake();
    await expect.poll(() => faults.map(({ code }) => code)).toEqual(['SIEM_UNREACHABLE']);
    expect(cursor()).toBe('');
    await closed(first);
    clock.advance(BACKOFF_FIRST_MS); // nobody listens now
    await expect.poll(() => faults.length).toBe(2);
    clock.advance(BACKOFF_FIRST_MS); // the wait has doubled
    expect(faults).toHaveLength(2);
    await listening(receiver(received), port);
    clock.advance(BACKOFF_FIRST_MS);
    await expect.poll(cursor).toBe(`${SIZE}\n`);
    await siem.close();
    await append(5);
    const again = exportTo(`tls://127.0.0.1:${port}`, 'rfc5424', tls);
    again.wake();
    await expect.poll(cursor).toBe(`${SIZE + 5}\n`);
    await again.close();
    await expect.poll(() => new Set(received.map(indexOf)).size).toBe(SIZE + 6);
    expect(received.length).toBeGreaterThan(SIZE + 7); // what the broken connection carried came twice, with the same numbers
  });

  it('sends nothing to a receiver it cannot authenticate', async () => {
    const received: string[] = [];
    const port = await listening(receiver(received));
    await append(1);
    const siem = exportTo(`tls://127.0.0.1:${port}`, 'cef');
    siem.wake();
    await expect.poll(() => faults.map(({ code }) => code)).toEqual(['SIEM_UNREACHABLE']);
    await siem.close();
    expect([received, cursor()]).toEqual([[], '']);
  });
});

describe('HTTP and files', () => {
  it('repeats a batch under the same key until it is answered with 2xx', async () => {
    const answers = [500, 204];
    const keys: unknown[] = [];
    const bodies: string[] = [];
    const server = createHttp((request, response) => {
      keys.push(request.headers['idempotency-key']);
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString()));
      request.on('end', () => {
        bodies.push(body);
        response.writeHead(answers.shift() ?? 200).end();
      });
    });
    const port = await listening(server);
    await append(3);
    const siem = exportTo(`http://127.0.0.1:${port}/collect`, 'ocsf');
    siem.wake();
    await expect.poll(() => faults.length).toBe(1);
    clock.advance(BACKOFF_FIRST_MS);
    await expect.poll(cursor).toBe('3\n');
    await siem.close();
    expect(keys).toEqual(['keepline/demo/audit/0-2', 'keepline/demo/audit/0-2']);
    expect(bodies[0]).toBe(bodies[1]);
    const lines = (bodies[1] ?? '')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ metadata }) => metadata.uid)).toEqual([0, 1, 2, 'checkpoint-3'].map((key) => `keepline/demo/audit/${key}`));
  });

  it('appends lines to a file; a spoilt cursor sends all again rather than nothing', async () => {
    const path = join(home.path, 'out.jsonl');
    await append(3);
    for (const expected of [4, 8]) {
      const siem = exportTo(pathToFileURL(path).href, 'cef');
      siem.wake();
      await expect.poll(cursor).toBe('3\n');
      await siem.close();
      expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(expected);
      writeFileSync(join(dir, 'siem', 'bank.cursor'), 'x');
    }
  });
});

describe('the forms', () => {
  const record: SiemRecord = {
    origin: 'keepline/demo/audit',
    number: 7,
    time: '2026-01-02T03:04:05.006Z',
    act: 'recording.export',
    who: 'agent1',
    role: 'supervisor',
    from: '10.0.0.7',
    object: 'rec-1',
    outcome: 'failed',
    correlation: 'req-1',
  };
  const nasty = { ...record, act: 'a|b\\c', object: 'x=1\\2\n"]' };

  it('RFC 5424: facility 13, structured data with " \\ ] escaped (§6.3.3)', () => {
    expect(formatSyslog(record, 'gw 1')).toBe(
      '<108>1 2026-01-02T03:04:05.006Z gw1 keepline - recording.export [audit@32473 log="keepline/demo/audit" index="7" who="agent1" role="supervisor" from="10.0.0.7" object="rec-1" outcome="failed" correlation="req-1"]',
    );
    expect(formatSyslog(nasty, 'h')).toContain('object="x=1\\\\2\n\\"\\]"');
  });

  it('CEF: | and \\ escaped in the header, =, \\ and line ends in the extension', () => {
    expect(formatCef(nasty)).toBe(
      'CEF:0|Keepline|Keepline|1|a\\|b\\\\c|a\\|b\\\\c failed|6|rt=1767323045006 externalId=keepline/demo/audit/7 cn1Label=index cn1=7 suser=agent1 spriv=supervisor src=10.0.0.7 outcome=failed cs1Label=object cs1=x\\=1\\\\2\\n"] cs2Label=correlation cs2=req-1',
    );
  });

  it('OCSF: API Activity of the pinned version, with the fields that class requires', () => {
    expect(JSON.parse(formatOcsf(record))).toMatchObject({
      class_uid: 6003,
      category_uid: 6,
      activity_id: 99,
      type_uid: 600_399,
      severity_id: 3,
      status_id: 2,
      time: 1_767_323_045_006,
      metadata: { version: '1.3.0', product: { vendor_name: 'Keepline' }, uid: 'keepline/demo/audit/7' },
      actor: { user: { name: 'agent1' } },
      api: { operation: 'recording.export' },
      src_endpoint: { ip: '10.0.0.7' },
    });
  });
});
