/**
 * The desk of an agent who has a telephone on the table, without a browser: signs in at the real door and speaks the protocol of the desk
 * over the real socket. For whole-site tests of what a command does; how it looks is tested in Chromium.
 */
import type { DeskPush, DeskReply, DeskRequest, DeskView } from '@keepline/contracts/agent-protocol';
import { type RawData, WebSocket } from 'ws';
import { eventually } from './eventually.ts';
import type { Site } from './site.ts';

type Asked = DeskRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;

export class DeskClient {
  readonly #socket: WebSocket;
  readonly #replies = new Map<number, (reply: DeskReply) => void>();
  #id = 0;
  /** The last view pushed. */
  view: DeskView | undefined;

  readonly #post: (path: string, body: object) => Promise<unknown>;

  private constructor(socket: WebSocket, post: (path: string, body: object) => Promise<unknown>) {
    this.#socket = socket;
    this.#post = post;
    socket.on('message', (data) => {
      const message = JSON.parse(textOf(data)) as DeskReply | DeskPush; // the gateway under test wrote it
      if ('re' in message) this.#replies.get(message.re)?.(message);
      else if (message.push === 'view') this.view = message.view;
    });
    socket.on('error', () => {}); // a site that closed first; whoever waits for a view notices
  }

  /** Signs in with the first password and sets one of its own where the site asks for it. */
  static async signIn(site: Site, agent: string): Promise<DeskClient> {
    const { http } = site.place;
    let cookie = '';
    const post = async (path: string, body: object): Promise<{ stage?: string }> => {
      const headers = { 'content-type': 'application/json', 'x-keepline': 'desk', ...(cookie && { cookie }) };
      const answer = await fetch(`${http}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
      cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
      return (await answer.json()) as { stage?: string };
    };
    const { stage } = await post('/api/sign-in', { agent, password: site.passwords().get(agent) ?? '' });
    if (stage === 'password_change') {
      const next = `Own-${crypto.randomUUID()}`;
      await post('/api/session/password', { next });
      site.keepPassword(agent, next);
    }
    const desk = new DeskClient(new WebSocket(`${http.replace(/^http/, 'ws')}/ws/agent`, { headers: { cookie, origin: http } }), post);
    await eventually('the first view of the desk', () => desk.view !== undefined);
    return desk;
  }

  /** Asks and waits for the reply: `ok`, or the code of the refusal. */
  async ask(request: Asked): Promise<string> {
    const id = ++this.#id;
    const { promise, resolve } = Promise.withResolvers<DeskReply>();
    this.#replies.set(id, resolve);
    this.#socket.send(JSON.stringify({ ...request, id }));
    const reply = await promise;
    this.#replies.delete(id);
    return reply.ok ? 'ok' : reply.error.code;
  }

  /** Posts to the door with the session of this desk. @throws Error when it is refused */
  post<T>(path: string, body: object): Promise<T> {
    return this.#post(path, body) as Promise<T>; // the gateway under test wrote it
  }

  /** The call on this desk, once it is in this state. */
  async callId(state: string): Promise<string> {
    await eventually(`a call that is ${state}`, () => this.view?.call?.state === state);
    return this.view?.call?.callId ?? '';
  }

  close(): void {
    this.#socket.close();
  }
}

/** `ws` gives a Buffer unless told otherwise. */
const textOf = (data: RawData): string => (Buffer.isBuffer(data) ? data.toString('utf8') : '');
