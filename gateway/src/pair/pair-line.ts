/**
 * The line between the machines of a pair: HTTPS that both ends open with a secret they share (TLS 1.2 with ECDHE and a pre-shared key, RFC 5489,
 * RFC 8442's kind with ChaCha20-Poly1305 of RFC 7905). No certificate can run out on the night it is needed.
 */
import { constants } from 'node:crypto';
import { Agent, createServer, request } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Place } from './pair-config.ts';

const TLS = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
/** A question is short but for the list of recordings a copy has: a million names. */
const QUESTION_MAX_BYTES = 128 << 20;

export type Route = (from: string, question: unknown, reply: ServerResponse) => Promise<void> | void;

/** @param keys secret by who may come with it */
export async function openDoor(
  { host, port }: Place,
  keys: ReadonlyMap<string, Buffer>,
  routes: Readonly<Record<string, Route>>,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const callers = new WeakMap<object, string>();
  const server = createServer({
    ...TLS,
    // A session that is taken up again never shows its secret, so nobody would know who it is.
    secureOptions: constants.SSL_OP_NO_TICKET,
    pskCallback(socket, identity) {
      const key = keys.get(identity);
      if (key) callers.set(socket, identity);
      return key ?? null;
    },
  });
  server.on('request', (question: IncomingMessage, reply: ServerResponse) => {
    const answer = async (): Promise<void> => {
      const route = routes[question.url ?? ''];
      const from = callers.get(question.socket);
      if (!route || from === undefined) return void reply.writeHead(404).end();
      await route(from, JSON.parse(await textOf(question)), reply);
    };
    answer().catch(() => (reply.headersSent ? reply.destroy() : reply.writeHead(500).end()));
  });
  server.on('tlsClientError', () => {}); // somebody without the secret
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

export class PairLine {
  readonly #place: Place;
  readonly #agent: Agent;

  constructor(place: Place, identity: string, key: Buffer) {
    this.#place = place;
    const psk = { pskCallback: () => ({ psk: key, identity }), checkServerIdentity: () => undefined }; // who has the key is the peer
    this.#agent = new Agent({ keepAlive: true, maxSockets: 4, maxCachedSessions: 0, ...TLS, ...psk });
  }

  /** @param silenceMs it is given up after so long without a byte @throws Error when nobody answers, or not with 200 */
  async ask(path: string, question: object, silenceMs: number, signal?: AbortSignal): Promise<IncomingMessage> {
    const asked = request({ ...this.#place, path, method: 'POST', agent: this.#agent, ...(signal && { signal }) });
    asked.setTimeout(silenceMs, () => asked.destroy(new Error('no answer in time')));
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    asked.once('response', resolve);
    asked.on('error', reject);
    asked.end(JSON.stringify(question));
    const answer = await promise;
    if (answer.statusCode === 200) return answer;
    answer.resume();
    throw new Error(`the other side answered ${answer.statusCode}`);
  }

  async askJson(path: string, question: object, silenceMs: number): Promise<unknown> {
    return JSON.parse(await textOf(await this.ask(path, question, silenceMs, AbortSignal.timeout(silenceMs))));
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function textOf(stream: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stream) {
    pieces.push(piece as Buffer);
    bytes += (piece as Buffer).length;
    if (bytes > QUESTION_MAX_BYTES) throw new Error('the question is too long');
  }
  return Buffer.concat(pieces).toString('utf8');
}
