/**
 * A gateway as far as a desk can tell, under the script of a test: serves the built desk with the production content security policy,
 * signs in one agent, pushes the views it is told to, and records what the desk asks. With `sound: 'echo'` a real mediasoup router sends
 * the agent's own voice back; with `'none'` every media request is refused.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { DeskCall, DeskPush, DeskRequest, DeskView } from '@keepline/contracts/agent-protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { type EchoRoom, openEchoRoom } from './echo-room.ts';
import { AGENT, firstView, ringingCall } from './views.ts';

export const PASSWORD = 'correct horse battery';
const COOKIE = 'keepline-test=1';
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export interface FakeGatewayOptions {
  readonly dist: string;
  readonly sound: 'echo' | 'none';
  readonly port?: number;
}

export class FakeGateway {
  readonly asked: DeskRequest[] = [];
  view: DeskView = firstView();
  isSignedIn = false;
  readonly #options: FakeGatewayOptions;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  #desk: WebSocket | null = null;
  #room: EchoRoom | null = null;

  constructor(options: FakeGatewayOptions) {
    this.#options = options;
    this.#http = createServer((request, response) => void this.#serve(request, response));
    this.#http.on('upgrade', (request, socket, head) => {
      if (!this.#knows(request)) return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      this.#sockets.handleUpgrade(request, socket, head, (desk) => this.#seat(desk));
    });
  }

  async start(): Promise<string> {
    if (this.#options.sound === 'echo') this.#room = await openEchoRoom();
    this.#http.listen(this.#options.port ?? 0, '127.0.0.1');
    await once(this.#http, 'listening');
    return `http://localhost:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Changes the view and pushes it, as the real gateway does after every change. */
  show(change: Partial<DeskView>): void {
    this.view = { ...this.view, ...change, serverTimeMs: Date.now() };
    this.push({ push: 'view', view: this.view });
  }

  showCall(change: Partial<DeskCall>): void {
    this.show({ call: { ...(this.view.call ?? ringingCall()), ...change } });
  }

  push(push: DeskPush): void {
    this.#desk?.send(JSON.stringify(push));
  }

  /** Offers the echo of the microphone as the voice of the caller. */
  async offerEcho(): Promise<void> {
    const offer = await this.#room?.offer(ringingCall().callId);
    if (offer) this.push({ push: 'media.consume', offer });
  }

  /** As after the death of a media worker: nothing the desk opened is there any more. */
  forgetSound(): void {
    this.#room?.empty();
  }

  /** Cuts the connection without a word, as a network does. */
  cut(): void {
    this.#desk?.terminate();
  }

  async close(): Promise<void> {
    this.#desk?.terminate();
    this.#http.closeAllConnections();
    this.#http.close();
    this.#room?.close();
    await once(this.#http, 'close');
  }

  #knows(request: IncomingMessage): boolean {
    return this.isSignedIn && (request.headers.cookie ?? '').includes(COOKIE);
  }

  #seat(desk: WebSocket): void {
    this.#desk = desk;
    this.#room?.empty();
    desk.on('message', (data: Buffer) => void this.#answer(desk, JSON.parse(data.toString('utf8')) as DeskRequest));
    this.show({});
  }

  async #answer(desk: WebSocket, request: DeskRequest): Promise<void> {
    this.asked.push(request);
    const reply = await this.#result(request).then(
      (result) => ({ re: request.id, ok: true, result }),
      (fault: unknown) => ({ re: request.id, ok: false, error: { code: 'TEST_REFUSED', message: String(fault), hint: 'none' } }),
    );
    desk.send(JSON.stringify(reply));
  }

  async #result(request: DeskRequest): Promise<unknown> {
    if (request.ask.startsWith('media.')) {
      if (!this.#room) throw new Error('this gateway has no sound');
      return this.#room.serve(request);
    }
    this.#obey(request);
    return undefined;
  }

  /** What the real gateway would show after each command. */
  #obey(request: DeskRequest): void {
    const agent = (state: DeskView['agent']['state'], reason = ''): Partial<DeskView> => ({
      agent: { ...this.view.agent, state, reason, sinceMs: Date.now() },
    });
    switch (request.ask) {
      case 'agent.ready':
        return this.show(agent('ready'));
      case 'agent.not_ready':
        if (this.view.call) return this.show({ agent: { ...this.view.agent, afterwards: request.reason } });
        return this.show(agent('not_ready', request.reason));
      case 'call.answer':
        this.show(agent('in_call'));
        return this.showCall({ state: 'connected', connectedSinceMs: Date.now(), recording: true });
      case 'call.decline':
        return this.show({ ...agent('not_ready', 'declined'), call: null });
      case 'call.hold':
        return this.showCall({ state: 'held' });
      case 'call.resume':
        return this.showCall({ state: 'connected' });
      case 'call.mute':
        return this.showCall({ muted: request.muted });
      case 'call.hangup':
        if (this.view.call?.part === 'supervisor') return this.show({ ...agent('ready'), call: null });
        this.show(agent('wrap_up'));
        return this.showCall({ state: 'wrap_up', endedAtMs: Date.now(), wrapUpUntilMs: Date.now() + 300_000, recording: false });
      case 'call.transfer':
        return this.show({ ...agent('ready'), call: null });
      case 'call.consult': {
        const { to } = request;
        const name = to.kind === 'agent' ? (this.view.colleagues.find(({ id }) => id === to.agentId)?.name ?? '') : '021******00';
        return this.showCall({ state: 'held', parties: [{ role: 'consulted', name, state: 'talking', mode: null }] });
      }
      case 'call.conference':
        return this.showCall({ state: 'connected', conference: true });
      case 'call.complete':
        return this.show({ ...agent('ready'), call: null });
      case 'call.release':
        return this.showCall({ parties: [], conference: false, lastConsult: 'answered' });
      case 'call.dial':
        this.show(agent('in_call'));
        return this.showCall({ state: 'dialling', direction: 'out', queue: '', path: [] });
      case 'call.supervise':
        this.show(agent('in_call'));
        return this.showCall({ state: 'connected', part: 'supervisor', mode: request.mode, ofAgent: this.view.team?.[0]?.agentName ?? '' });
      case 'call.dispose':
        return this.show({ ...agent('ready'), call: null });
      default:
        return undefined;
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path.startsWith('/api/')) return this.#serveApi(path, request, response);
    // As the gateway: only what is below assets/ is a file, every other address is the page.
    const file = path.startsWith('/assets/') ? normalize(path) : 'index.html';
    const body = await readFile(join(this.#options.dist, file)).catch(() => null);
    if (!body) return void response.writeHead(404).end();
    const nonce = crypto.randomUUID();
    const policy = `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self'; connect-src 'self'; media-src 'self'; base-uri 'none'; form-action 'self'`;
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-security-policy': policy });
    response.end(file === 'index.html' ? String(body).replace('__CSP_NONCE__', nonce) : body);
  }

  async #serveApi(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = (status: number, body?: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body === undefined ? '' : JSON.stringify(body));
    };
    const refuse = (status: number, code: string): void =>
      reply(status, { error: { code, message: 'refused by the fake gateway', hint: 'none' } });
    const session = { agent: { id: AGENT, name: '李静' }, site: 'demo', language: 'zh', roles: ['agent'], stage: 'open' };
    if (request.method === 'POST' && request.headers['x-keepline'] !== 'desk') return refuse(403, 'TEST_NO_GUARD');
    if (path === '/api/sign-in/ways') return reply(200, { oidc: false });
    if (path === '/api/session') return this.#knows(request) ? reply(200, session) : refuse(401, 'SESSION_OVER');
    if (path === '/api/sign-out') {
      if (this.view.call) return refuse(409, 'AGENT_STATE_REFUSED');
      this.isSignedIn = false;
      return reply(204);
    }
    if (request.method !== 'POST' || path !== '/api/sign-in') return refuse(404, 'REQUEST_INVALID');
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { agent, password } = JSON.parse(String(Buffer.concat(parts))) as { agent: string; password: string };
    if (agent !== AGENT || password !== PASSWORD) return refuse(401, 'SIGN_IN_REFUSED');
    this.isSignedIn = true;
    reply(200, session, { 'set-cookie': `${COOKIE}; HttpOnly; SameSite=Strict; Path=/` });
  }
}
