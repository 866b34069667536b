/**
 * The one WebSocket to the gateway (`/ws/agent`): asks with replies, pushes, and a connection that comes back by itself.
 * Frames are JSON text; contracts/agent-protocol says what may be in them. Commands are never repeated after a loss: the view pushed on
 * the new connection tells what became of them.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { DeskPush, DeskReply, DeskRequest } from '@keepline/contracts/agent-protocol';
import { SocketClosed } from './errors.ts';
import { isRecord } from './http-client.ts';
import { PendingRequests } from './pending-requests.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';

/** A request without its number, which the socket gives. */
export type Asked = DeskRequest extends infer Each ? (Each extends DeskRequest ? Omit<Each, 'id'> : never) : never;

export interface LiveSocketEvents {
  opened(): void;
  /** @param retryInMs wait before attempt number `attempt`, ms */
  lost(attempt: number, retryInMs: number): void;
  /** An attempt failed before the connection stood; perhaps the session is over. */
  refused(): void;
  pushed(push: DeskPush): void;
}

export interface LiveSocketNeeds {
  readonly url: string;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly events: LiveSocketEvents;
}

/** A connection attempt that has not opened by then is given up, ms. */
export const CONNECT_WAIT_MS = 8_000;
const OPEN = 1; // WebSocket.OPEN; the constant of the instance's class is not there in every runtime under test

export class LiveSocket {
  readonly #needs: LiveSocketNeeds;
  readonly #pending: PendingRequests;
  #socket: WebSocket | null = null;
  #attempt = 0;
  #lastHeardMs = 0;
  #closed = false;
  #disarm: () => void = () => {};

  constructor(needs: LiveSocketNeeds) {
    this.#needs = needs;
    this.#pending = new PendingRequests(needs.clock, (sentAtMs) => {
      // Nothing at all heard since the request left: the path is dead though TCP has not noticed. Anything heard: only this request is slow.
      if (this.#lastHeardMs <= sentAtMs) this.#drop();
    });
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === OPEN;
  }

  /** Connects, and goes on connecting after every loss until `close`. */
  start(): void {
    if (this.#closed || this.#socket) return;
    this.#disarm();
    const socket = new WebSocket(this.#needs.url);
    this.#socket = socket;
    let opened = false;
    this.#disarm = this.#needs.clock.after(CONNECT_WAIT_MS, () => this.#drop());
    socket.addEventListener('open', () => {
      if (socket !== this.#socket) return;
      opened = true;
      this.#disarm();
      this.#lastHeardMs = this.#needs.clock.monotonicMs();
      this.#needs.events.opened();
    });
    socket.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (socket === this.#socket) this.#receive(event.data);
    });
    socket.addEventListener('close', () => {
      if (socket !== this.#socket) return;
      if (!opened) this.#needs.events.refused();
      this.#gone();
    });
    socket.addEventListener('error', () => {}); // a close follows and says the same
  }

  /** Connects now instead of after the wait, for when the network is known to be back. */
  hurry(): void {
    if (!this.#socket) this.start();
  }

  /** Gives the connection up and makes a new one at once. */
  reconnect(): void {
    this.#drop();
    this.hurry();
  }

  /**
   * @returns the `result` of the reply
   * @throws SocketClosed | SocketBusy | SocketTimeout | GatewayRefused
   */
  async ask(request: Asked): Promise<unknown> {
    const socket = this.#socket;
    if (!socket || socket.readyState !== OPEN) throw new SocketClosed(request.ask);
    return this.#pending.open(request.ask, (id) => socket.send(JSON.stringify({ id, ...request })));
  }

  close(): void {
    this.#closed = true;
    this.#disarm();
    const socket = this.#socket;
    this.#socket = null;
    this.#pending.closeAll();
    socket?.close();
  }

  #receive(text: unknown): void {
    this.#lastHeardMs = this.#needs.clock.monotonicMs();
    const frame = typeof text === 'string' ? parseFrame(text) : undefined;
    if (!frame) return;
    if ('re' in frame) return this.#pending.settle(frame);
    if (frame.push === 'view') this.#attempt = 0; // only a gateway that talks sense ends the backing off
    this.#needs.events.pushed(frame);
  }

  #drop(): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#gone();
    socket.close(); // its close event may come a minute later, or never, and is ignored
  }

  #gone(): void {
    this.#socket = null;
    this.#disarm();
    this.#pending.closeAll();
    if (this.#closed) return;
    this.#attempt += 1;
    const retryInMs = reconnectDelayMs(this.#attempt, this.#needs.random());
    this.#disarm = this.#needs.clock.after(retryInMs, () => this.start());
    this.#needs.events.lost(this.#attempt, retryInMs);
  }
}

/** The parse boundary of the socket: same-origin and authenticated, so the shape of the envelope is checked and its inside trusted. */
export function parseFrame(text: string): DeskReply | DeskPush | undefined {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(frame)) return undefined;
  return isReply(frame) || isPush(frame) ? frame : undefined;
}

function isReply(frame: object): frame is DeskReply {
  if (!('re' in frame && typeof frame.re === 'number' && 'ok' in frame)) return false;
  return frame.ok === true || (frame.ok === false && 'error' in frame && isRecord(frame.error));
}

function isPush(frame: object): frame is DeskPush {
  if (!('push' in frame)) return false;
  if (frame.push === 'view') return 'view' in frame && isRecord(frame.view);
  if (frame.push === 'media.consume') return 'offer' in frame && isRecord(frame.offer);
  return frame.push === 'media.rejoin' || frame.push === 'bye';
}
