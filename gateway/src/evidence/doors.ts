/** Tries the doors of the site as a stranger would: handshakes of each TLS version, a line in clear text, a NATS greeting, a few HTTP requests. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls';
import type { CloudEnd, Door, ProbeFact, TlsTrial } from '@keepline/compliance/mlps-facts';

/** How long one trial may take, ms. */
const TRIAL_MS = 3000;
const VERSIONS: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const DAY_MS = 86_400_000;

interface Handshake {
  readonly suite: string;
  readonly validTo: string;
}

/** @returns undefined when the door refuses */
function shakeHands(host: string, port: number, version: SecureVersion): Promise<Handshake | undefined> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connectTls({
      host,
      port,
      minVersion: version,
      maxVersion: version,
      rejectUnauthorized: false, // what is measured is the door; whom it belongs to is known
      ciphers: 'DEFAULT@SECLEVEL=0', // else OpenSSL would refuse the old versions before the door could
      timeout: TRIAL_MS,
    });
    const end = (result: Handshake | undefined): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('secureConnect', () =>
      end({ suite: socket.getCipher().standardName ?? '', validTo: socket.getPeerCertificate().valid_to ?? '' }),
    );
    socket.once('timeout', () => end(undefined)).once('error', () => end(undefined));
  });
}

/** Whether a door says anything to a request in clear text. */
function answersClearText(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port, timeout: TRIAL_MS });
    const end = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.once('connect', () => socket.write('OPTIONS / HTTP/1.1\r\nHost: evidence\r\nConnection: close\r\n\r\n'));
    socket.once('data', (bytes) => end(bytes[0] !== 0x15)); // 0x15 is a TLS alert
    socket
      .once('timeout', () => end(false))
      .once('error', () => end(false))
      .once('end', () => end(false));
  });
}

const reachable = (address: string): string => (address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address);

/** Each TCP door of the site. @param nowMs wall time, for the days a certificate has left */
export async function tlsTrials(doors: readonly Door[], nowMs: number): Promise<TlsTrial[]> {
  const tcp = doors.filter(({ protocol, isOurs }) => protocol === 'tcp' && isOurs);
  if (tcp.length === 0) throw new Error('no process of this site listens: is it running?');
  return Promise.all(
    tcp.map(async ({ address, port }): Promise<TlsTrial> => {
      const host = reachable(address);
      const accepted: string[] = [];
      let best: Handshake | undefined;
      for (const version of VERSIONS) {
        const shaken = await shakeHands(host, port, version);
        if (shaken) accepted.push(version);
        best = shaken ?? best;
      }
      return {
        address,
        port,
        accepted,
        refused: VERSIONS.filter((version) => !accepted.includes(version)),
        suite: best?.suite ?? '',
        certificateDaysLeft: best ? Math.floor((Date.parse(best.validTo) - nowMs) / DAY_MS) : null,
        answersClearText: await answersClearText(host, port),
      };
    }),
  );
}

/** Asks each NATS server for its greeting: `INFO {…,"tls_required":true}`. @param servers as in `cloud.servers` */
export function cloudEnds(servers: readonly string[]): Promise<CloudEnd[]> {
  return Promise.all(
    servers.map(async (server): Promise<CloudEnd> => {
      const { hostname, port, protocol, host } = new URL(server);
      if (protocol === 'wss:' || protocol === 'ws:') {
        const shaken = await shakeHands(hostname, Number(port || 443), 'TLSv1.3');
        return { server: `${protocol}//${host}`, reached: shaken !== undefined, requiresTls: shaken !== undefined };
      }
      const greeting = await new Promise<string | undefined>((resolve) => {
        const socket = connectTcp({ host: hostname, port: Number(port || 4222), timeout: TRIAL_MS });
        const end = (text: string | undefined): void => {
          socket.destroy();
          resolve(text);
        };
        socket.once('data', (bytes) => end(bytes.toString('utf8')));
        socket.once('timeout', () => end(undefined)).once('error', () => end(undefined));
      });
      return {
        server: `${protocol}//${host}`,
        reached: greeting !== undefined,
        requiresTls: /"tls_required"\s*:\s*true/.test(greeting ?? ''),
      };
    }),
  );
}

/** A few requests that must be refused, and the health door. @param trials to find the HTTP doors among them */
export async function probe(trials: readonly TlsTrial[]): Promise<ProbeFact> {
  for (const { address, port, accepted } of trials) {
    const ask = (method: string, path: string, body?: string): Promise<number> =>
      status(accepted.length > 0, reachable(address), port, method, path, body);
    const health = await ask('GET', '/api/health');
    if (health !== 200 && health !== 503) continue;
    return {
      health,
      unauthenticated: await ask('GET', '/api/users'),
      malformed: await ask('POST', '/api/sign-in', '{"agent":'),
      oversized: await ask('POST', '/api/sign-in', JSON.stringify({ agent: 'a'.repeat(100_000) })),
    };
  }
  throw new Error('no HTTP door of this site answers');
}

/** @returns 0 when there is no answer */
function status(isTls: boolean, host: string, port: number, method: string, path: string, body: string | undefined): Promise<number> {
  return new Promise((resolve) => {
    // as the desk does, so that it is the validation that is asked and not the guard before it
    const headers = body === undefined ? {} : { 'content-type': 'application/json', 'x-keepline': 'desk' };
    const options = { host, port, method, path, headers, timeout: TRIAL_MS, agent: false };
    const outgoing = isTls ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
    outgoing.once('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    outgoing.once('timeout', () => outgoing.destroy()).once('error', () => resolve(0));
    outgoing.end(body);
  });
}
