/**
 * Where records go: `tls://` (RFC 5425) and `tcp://` (RFC 6587, octet counting), `udp://` (RFC 5426), `http(s)://` (lines in one POST), or a
 * `file:`. Syslog knows no acknowledgement; so one connection carries one batch, is ended by us, and the batch counts when the receiver has
 * read to the end and closed as well. UDP promises nothing, and a file is durable when it returns.
 */
import { createSocket } from 'node:dgram';
import { open } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';

/** How long a receiver may take for one batch, ms. */
export const SEND_TIMEOUT_MS = 15_000;
/** Longest datagram, bytes: what passes any network without fragments (RFC 5426 §3.2). */
const DATAGRAM_MAX_BYTES = 1180;

export interface TlsFiles {
  /** PEM texts; without `ca` the authorities of the system are trusted. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface Batch {
  /** Messages of syslog, or lines: as `framing` says. */
  readonly texts: readonly string[];
  /** The same batch always has the same key. */
  readonly key: string;
  readonly contentType: string;
}

export interface Target {
  readonly framing: 'messages' | 'lines';
  /** Resolves when the receiver has the batch; it may get it again. */
  send(batch: Batch): Promise<void>;
}

/** @throws TypeError when the address is none of these kinds */
export function targetOf(address: string, tls: TlsFiles = {}): Target {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port === '' ? '6514' : url.port);
  switch (url.protocol) {
    case 'tls:':
      return {
        framing: 'messages',
        send: (batch) => overStream(connectTls({ host, port, ...tls, minVersion: 'TLSv1.2', ...serverName(host) }), 'secureConnect', batch),
      };
    case 'tcp:':
      return { framing: 'messages', send: (batch) => overStream(connectTcp({ host, port }), 'connect', batch) };
    case 'udp:':
      return { framing: 'messages', send: (batch) => overUdp(host, port, batch) };
    case 'http:':
    case 'https:':
      return { framing: 'lines', send: (batch) => overHttp(url, tls, batch) };
    case 'file:':
      return { framing: 'lines', send: (batch) => toFile(fileURLToPath(url), batch) };
    default:
      throw new TypeError(`${url.protocol} is no kind of target`);
  }
}

const serverName = (host: string): { servername?: string } => (/^[0-9.]+$|:/.test(host) ? {} : { servername: host });

function overStream(socket: Socket, ready: 'connect' | 'secureConnect', { texts }: Batch): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (fault: Error): void => {
      socket.destroy();
      reject(fault);
    };
    let theyEnded = false;
    socket.setTimeout(SEND_TIMEOUT_MS, () => fail(new Error('the receiver did not take the batch in time')));
    socket.once('error', fail);
    socket.once(ready, () => {
      socket.end(Buffer.concat(texts.map(framed)));
    });
    socket.once('end', () => (theyEnded = true));
    socket.once('close', () =>
      theyEnded && socket.writableFinished ? resolve() : fail(new Error('the receiver closed before it had read the batch')),
    );
    socket.resume(); // a receiver says nothing; what it says all the same is not kept
  });
}

/** Octet counting: `LENGTH SP MESSAGE`. */
function framed(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}

async function overUdp(host: string, port: number, { texts }: Batch): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    for (const text of texts) {
      const bytes = Buffer.from(text).subarray(0, DATAGRAM_MAX_BYTES);
      await new Promise<void>((resolve, reject) => socket.send(bytes, port, host, (fault) => (fault ? reject(fault) : resolve())));
    }
  } finally {
    socket.close();
  }
}

async function overHttp(url: URL, tls: TlsFiles, { texts, key, contentType }: Batch): Promise<void> {
  const { request } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  const body = Buffer.from(`${texts.join('\n')}\n`);
  const headers = { 'content-type': contentType, 'content-length': body.length, 'idempotency-key': key };
  await new Promise<void>((resolve, reject) => {
    const post = request(url, { method: 'POST', headers, ...tls, agent: false, timeout: SEND_TIMEOUT_MS }, (response) => {
      response.resume();
      response.once('end', () => {
        const { statusCode = 0 } = response;
        if (statusCode >= 200 && statusCode < 300) resolve();
        else reject(new Error(`the receiver answered ${statusCode}`));
      });
      response.once('error', reject);
    });
    post.once('timeout', () => post.destroy(new Error('the receiver did not answer in time')));
    post.once('error', reject);
    post.end(body);
  });
}

async function toFile(path: string, { texts }: Batch): Promise<void> {
  const file = await open(path, 'a', 0o600);
  try {
    await file.appendFile(`${texts.join('\n')}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
}
