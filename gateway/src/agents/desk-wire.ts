/**
 * One WebSocket to a desk: frames in, replies and pushes out (contracts/agent-protocol). Bounded in every direction, so a desk that
 * floods, stalls, lies or dies costs its own connection and nothing else.
 */
import { DESK_FRAME_MAX_BYTES, type DeskPush, type DeskReply, DeskRequest } from '@keepline/contracts/agent-protocol';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { Compile } from 'typebox/compile';
import type { WebSocket } from 'ws';
import type { Log } from '../identity/identity-store.ts';
import { DeskFrameInvalid, DeskTooBusy } from './errors.ts';
import { type Budget, fullBudget, spend } from './frame-budget.ts';

/** Requests under way per desk; a slow one (hold takes a re-INVITE) must not keep a hang-up waiting, so they run side by side. */
export const IN_FLIGHT_MAX = 32;
/** Frames that are no requests, after which the desk is taken for something else. */
export const FAULTS_MAX = 10;
/** Bytes not yet taken by the network; a desk this far behind starts anew with one view. */
export const BACKLOG_MAX_BYTES = 1_048_576;
/** A dead peer is noticed after one to two of these. */
export const PING_EVERY_MS = 10_000;
/** How long a peer may take to answer our close. */
const CLOSE_WITHIN_MS = 1000;

/** RFC 6455 §7.4.1 */
const CLOSE = { goingAway: 1001, unsupported: 1003, policy: 1008 } as const;

export interface DeskWireOptions {
  readonly socket: WebSocket;
  readonly clock: Clock;
  readonly log: Log;
  /** Carries out a request; what it resolves with is the result of the reply. */
  readonly serve: (request: DeskRequest) => Promise<unknown>;
  /** Called once, when nothing more will come or go. */
  readonly onClosed: () => void;
}

const checker = Compile(DeskRequest);

export class DeskWire {
  readonly #o: DeskWireOptions;
  readonly #disarmPing: () => void;
  #budget: Budget;
  #inFlight = 0;
  #faults = 0;
  #isAlive = true;
  #isClosed = false;

  constructor(o: DeskWireOptions) {
    this.#o = o;
    this.#budget = fullBudget(o.clock.monotonicMs());
    o.socket.on('message', (data, isBinary) => {
      this.#isAlive = true;
      // with the default binaryType `ws` gives a Buffer; anything else is not text and refused like binary
      if (isBinary || !Buffer.isBuffer(data)) this.#close(CLOSE.unsupported, 'text frames only');
      else this.#receive(data);
    });
    o.socket.on('pong', () => void (this.#isAlive = true));
    o.socket.on('error', () => o.socket.terminate()); // an oversized or broken frame: `ws` has told the peer why
    o.socket.on('close', () => this.#closed());
    this.#disarmPing = o.clock.every(PING_EVERY_MS, () => this.#ping());
  }

  get isOpen(): boolean {
    return !this.#isClosed;
  }

  push(push: DeskPush): void {
    this.#send(push);
  }

  /** The last word; the socket is gone within a second, whether the peer answers or not. */
  bye(why: Extract<DeskPush, { push: 'bye' }>['why']): void {
    this.#send({ push: 'bye', why });
    this.#close(CLOSE.goingAway, why);
  }

  #receive(data: Buffer): void {
    if (this.#isClosed) return;
    const left = spend(this.#budget, this.#o.clock.monotonicMs());
    if (!left) return this.#close(CLOSE.policy, 'too many frames');
    this.#budget = left;
    const frame = data.length > DESK_FRAME_MAX_BYTES ? undefined : parseJson(data);
    if (!checker.Check(frame)) return this.#refuse(frame);
    if (this.#inFlight >= IN_FLIGHT_MAX) return this.#send(refusal(frame.id, new DeskTooBusy(this.#inFlight)));
    void this.#answer(frame);
  }

  #refuse(frame: unknown): void {
    this.#faults += 1;
    const id = typeof frame === 'object' && frame !== null && 'id' in frame && Number.isSafeInteger(frame.id) ? Number(frame.id) : 0;
    const why = frame === undefined ? 'it is not JSON' : 'it does not fit the protocol';
    this.#send(refusal(id, new DeskFrameInvalid(why)));
    if (this.#faults >= FAULTS_MAX) this.#close(CLOSE.policy, 'too many invalid frames');
  }

  async #answer(request: DeskRequest): Promise<void> {
    this.#inFlight += 1;
    try {
      const result = await this.#o.serve(request);
      this.#send(result === undefined ? { re: request.id, ok: true } : { re: request.id, ok: true, result });
    } catch (fault) {
      if (!(fault instanceof KeeplineError)) this.#o.log.error({ err: fault, ask: request.ask }, 'a request of a desk failed');
      this.#send(refusal(request.id, fault));
    } finally {
      this.#inFlight -= 1;
    }
  }

  #send(message: DeskReply | DeskPush): void {
    if (this.#isClosed) return;
    if (this.#o.socket.bufferedAmount > BACKLOG_MAX_BYTES) {
      this.#o.log.warn({ backlogBytes: this.#o.socket.bufferedAmount }, 'a desk does not read; its connection is cut');
      this.#o.socket.terminate();
      return;
    }
    this.#o.socket.send(JSON.stringify(message), () => {}); // a failure to send is followed by `close`
  }

  #ping(): void {
    if (!this.#isAlive) {
      this.#o.socket.terminate();
      return;
    }
    this.#isAlive = false;
    if (this.#o.socket.readyState === this.#o.socket.OPEN) this.#o.socket.ping();
  }

  #close(code: number, reason: string): void {
    const { socket, clock } = this.#o;
    socket.close(code, reason);
    clock.after(CLOSE_WITHIN_MS, () => socket.terminate());
    this.#closed();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#disarmPing();
    this.#o.onClosed();
  }
}

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Faults of our own show their code only: messages of strange errors may hold anything. */
function refusal(re: number, fault: unknown): DeskReply {
  if (fault instanceof KeeplineError) return { re, ok: false, error: { code: fault.code, message: fault.message, hint: fault.hint } };
  return {
    re,
    ok: false,
    error: { code: 'INTERNAL', message: 'the request failed on the site', hint: 'Try again; the log of the gateway has the cause.' },
  };
}
