/** A desk that speaks the protocol over a real socket, for tests. */
import type { ConsumeOffer, DeskPush, DeskReply, DeskView } from '@keepline/contracts/agent-protocol';
import { type RawData, WebSocket } from 'ws';

/** A page of the desk, as the browser would be. */
export class TestDesk {
  readonly socket: WebSocket;
  readonly pushes: DeskPush[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #replies = new Map<number, (reply: DeskReply) => void>();
  readonly #strayReplies: DeskReply[] = [];
  readonly #waiters = new Set<() => void>();
  #id = 0;

  constructor(origin: string, headers: Record<string, string>, options: object = {}) {
    this.socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/ws/agent`, { headers, ...options });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
    this.socket.on('error', () => {});
    this.socket.on('message', (data) => this.#take(JSON.parse(textOf(data)) as DeskReply | DeskPush));
  }

  static async open(origin: string, cookie: string, options: object = {}): Promise<TestDesk> {
    const desk = new TestDesk(origin, { origin, cookie }, options);
    await desk.until(() => desk.view !== undefined, 'the first view');
    return desk;
  }

  get view(): DeskView | undefined {
    const last = this.pushes.findLast((push) => push.push === 'view');
    return last?.push === 'view' ? last.view : undefined;
  }
  get offer(): ConsumeOffer | undefined {
    const last = this.pushes.findLast((push) => push.push === 'media.consume');
    return last?.push === 'media.consume' ? last.offer : undefined;
  }
  get bye(): string | undefined {
    const last = this.pushes.find((push) => push.push === 'bye');
    return last?.push === 'bye' ? last.why : undefined;
  }
  get stray(): readonly DeskReply[] {
    return this.#strayReplies;
  }

  ask(request: Record<string, unknown>): Promise<DeskReply> {
    const id = ++this.#id;
    return new Promise((resolve) => {
      this.#replies.set(id, resolve);
      this.socket.send(JSON.stringify({ id, ...request }));
    });
  }

  /** Does what the page does when it loads: two transports, microphone, what it can receive. */
  async buildMedia(): Promise<void> {
    await this.ask({ ask: 'media.capabilities' });
    for (const direction of ['send', 'receive']) {
      const reply = await this.ask({ ask: 'media.transport', direction });
      const id = reply.ok ? (reply.result as { id: string }).id : '';
      await this.ask({ ask: 'media.connect', transportId: id, dtlsParameters: {} });
      if (direction === 'send') await this.ask({ ask: 'media.produce', transportId: id, rtpParameters: {} });
    }
    await this.ask({ ask: 'media.receivable', rtpCapabilities: {} });
  }

  /** Resolves when the condition holds, looked at after each message and close. */
  async until(holds: () => boolean, what: string): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const giveUp = setTimeout(() => reject(new Error(`the desk waited in vain for ${what}`)), 10_000);
      const look = (): void => {
        if (!holds()) return;
        clearTimeout(giveUp);
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      this.socket.once('close', look);
    });
  }

  #take(message: DeskReply | DeskPush): void {
    if ('push' in message) this.pushes.push(message);
    else {
      const waiting = this.#replies.get(message.re);
      this.#replies.delete(message.re);
      if (waiting) waiting(message);
      else this.#strayReplies.push(message);
    }
    for (const look of this.#waiters) look();
  }
}

/** `ws` gives a Buffer unless told otherwise. */
const textOf = (data: RawData): string => (Buffer.isBuffer(data) ? data.toString('utf8') : '');
