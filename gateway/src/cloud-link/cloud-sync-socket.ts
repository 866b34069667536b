/**
 * The gateway's side of the unix socket of `cloud-sync`: the state of the link, and advice within a deadline. When the other process is
 * gone the link counts as down at once; nothing here ever throws into a call.
 */
import { Agent, request } from 'node:http';
import { ADVICE_HOP_MS, AdviceReply, type AdviceRequest } from '@keepline/contracts/advice';
import type { Anonymised } from '@keepline/contracts/anonymised';
import type { Clock } from '@keepline/contracts/clock';
import { isLinkCondition, type LinkState, type LinkStatus } from '@keepline/contracts/link';
import { Value } from 'typebox/value';

/** `cloud-sync` writes a line at least every 2 s; three missed ones mean it hangs. */
const STREAM_SILENCE_MS = 6000;
const RECONNECT_MS = 250;
/** Answers of cloud-sync are small; a larger one is not read. */
const REPLY_MAX_BYTES = 16_384;

export interface CloudSyncOptions {
  readonly socketPath: string;
  readonly deadlineMs: number;
  readonly clock: Clock;
  onLink(before: LinkState, status: LinkStatus): void;
}

export class CloudSyncSocket {
  readonly #o: CloudSyncOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #listeners = new Set<() => void>();
  #status: LinkStatus;
  #stop: () => void = () => {};
  #closed = false;

  constructor(options: CloudSyncOptions) {
    this.#o = options;
    this.#status = { state: 'down', sinceMs: options.clock.now(), why: 'not_connected_yet', backlog: 0, oldestUnsentMs: 0 };
    this.#follow();
  }

  status(): LinkStatus {
    return this.#status;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks for advice; settles within the deadline, never rejects. */
  ask(question: Anonymised<AdviceRequest>): Promise<AdviceReply> {
    const startedMs = this.#o.clock.monotonicMs();
    const tookMs = (): number => this.#o.clock.monotonicMs() - startedMs;
    // Law 1: with the link down nobody waits, not even for the process next door.
    if (this.#status.state === 'down') return Promise.resolve({ outcome: 'link_down', tookMs: 0 });
    return new Promise((resolve) => {
      const body = JSON.stringify(question);
      const post = request(
        {
          socketPath: this.#o.socketPath,
          path: '/advice/route',
          method: 'POST',
          agent: this.#agent,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => {
            text += part;
            if (text.length > REPLY_MAX_BYTES) post.destroy();
          });
          response.on('error', () => settle({ outcome: 'link_down', tookMs: tookMs() }));
          response.on('end', () => settle(parseReply(text) ?? { outcome: 'invalid', tookMs: tookMs() }));
        },
      );
      const disarm = this.#o.clock.after(this.#o.deadlineMs - ADVICE_HOP_MS, () => {
        settle({ outcome: 'timeout', tookMs: tookMs() });
        post.destroy();
      });
      const settle = (reply: AdviceReply): void => {
        disarm();
        resolve(reply);
      };
      post.on('error', () => settle({ outcome: 'link_down', tookMs: tookMs() }));
      post.end(body);
    });
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    this.#agent.destroy();
  }

  /** Reads the stream of states for ever; a broken or silent stream is a link that is down. */
  #follow(): void {
    if (this.#closed) return;
    let over = false;
    let disarm = (): void => {};
    const get = request({ socketPath: this.#o.socketPath, path: '/link/stream', method: 'GET', agent: false });
    const again = (why: string): void => {
      if (over) return;
      over = true;
      disarm();
      get.destroy();
      this.#set({
        state: 'down',
        sinceMs: this.#o.clock.now(),
        why,
        backlog: this.#status.backlog,
        oldestUnsentMs: this.#status.oldestUnsentMs,
      });
      if (!this.#closed) this.#stop = this.#o.clock.after(RECONNECT_MS, () => this.#follow());
    };
    const watch = (): void => {
      disarm();
      disarm = this.#o.clock.after(STREAM_SILENCE_MS, () => again('cloud_sync_hangs'));
    };
    watch();
    get.on('response', (response) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        const lines = (rest + part).split('\n');
        rest = (lines.pop() ?? '').slice(-REPLY_MAX_BYTES);
        watch();
        for (const line of lines) {
          const status = parseStatus(line);
          if (status && !over) this.#set(status);
        }
      });
      response.on('error', () => again('cloud_sync_gone'));
      response.on('close', () => again('cloud_sync_gone'));
    });
    get.on('error', () => again('cloud_sync_gone'));
    get.end();
    this.#stop = () => {
      over = true;
      disarm();
      get.destroy();
    };
  }

  #set(status: LinkStatus): void {
    const before = this.#status;
    const isSame = before.state === status.state && before.why === status.why && before.condition === status.condition;
    if (isSame && before.backlog === status.backlog) return;
    this.#status = status.state === before.state ? { ...status, sinceMs: before.sinceMs } : status;
    if (before.state !== status.state) this.#o.onLink(before.state, this.#status);
    for (const listener of this.#listeners) listener();
  }
}

function parseReply(text: string): AdviceReply | undefined {
  const value = parseJson(text);
  return Value.Check(AdviceReply, value) ? value : undefined;
}

function parseStatus(line: string): LinkStatus | undefined {
  const value = parseJson(line);
  if (typeof value !== 'object' || value === null) return undefined;
  const { state, sinceMs, why, condition, backlog, oldestUnsentMs } = value as Record<string, unknown>;
  if (state !== 'up' && state !== 'suspect' && state !== 'down' && state !== 'probing') return undefined;
  if (typeof sinceMs !== 'number' || typeof why !== 'string' || typeof backlog !== 'number' || typeof oldestUnsentMs !== 'number')
    return undefined;
  return { state, sinceMs, why, ...(isLinkCondition(condition) ? { condition } : {}), backlog, oldestUnsentMs };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
