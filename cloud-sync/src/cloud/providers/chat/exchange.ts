/**
 * One request to an OpenAI-compatible `chat/completions`, streamed: the text it said and what it cost. Every wait has its own limit, and what is read is
 * bounded. Over plain sockets of Node rather than `fetch`, which cannot tell a connection that is not made from an answer that does not begin.
 */
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '@keepline/contracts/clock';
import { ChatFailure } from './errors.ts';
import { readSse, SSE_START } from './sse.ts';

export interface ChatLimits {
  readonly connectMs: number;
  /** From the request sent to the first piece of text. */
  readonly firstTokenMs: number;
  readonly totalMs: number;
  /** Bytes read of one answer, whatever they hold. */
  readonly maxBytes: number;
}

export interface Said {
  readonly text: string;
  /** As the endpoint counts; undefined when it does not say. */
  readonly tokens: number | undefined;
}

export interface ExchangeOptions {
  readonly url: URL;
  readonly key: string;
  readonly body: string;
  readonly limits: ChatLimits;
  readonly clock: Clock;
  readonly until: AbortSignal;
}

/** @throws ChatFailure; the signal's reason when it fires */
export function exchange({ url, key, body, limits, clock, until }: ExchangeOptions): Promise<Said> {
  return new Promise((resolve, reject) => {
    const disarm: (() => void)[] = [];
    const settle = (end: () => void): void => {
      for (const off of disarm.splice(0)) off();
      end();
      sent.destroy();
    };
    const fail = (fault: unknown): void => settle(() => reject(fault instanceof Error ? fault : new ChatFailure('connection_failed')));
    const headers = {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      accept: 'text/event-stream',
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
    };
    const sent: ClientRequest = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, { method: 'POST', headers, agent: false });
    const limit = (ms: number, why: 'connect_timeout' | 'first_token_timeout' | 'total_timeout'): (() => void) => {
      const off = clock.after(ms, () => fail(new ChatFailure(why)));
      disarm.push(off);
      return off;
    };
    const connected = limit(limits.connectMs, 'connect_timeout');
    limit(limits.totalMs, 'total_timeout');
    sent.once('socket', (socket) => {
      const ready = (): void => {
        connected();
        const begun = limit(limits.firstTokenMs, 'first_token_timeout');
        sent.once('response', (response) => {
          hear(response, limits.maxBytes, begun).then((said) => settle(() => resolve(said)), fail);
        });
      };
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', ready);
    });
    sent.once('error', (cause) => fail(new ChatFailure('connection_failed', { cause })));
    const stop = (): void => fail(until.reason);
    if (until.aborted) return stop();
    until.addEventListener('abort', stop, { once: true });
    disarm.push(() => until.removeEventListener('abort', stop));
    sent.end(body);
  });
}

async function hear(response: IncomingMessage, maxBytes: number, begun: () => void): Promise<Said> {
  const status = response.statusCode ?? 0;
  if (status !== 200) {
    response.resume();
    throw new ChatFailure('status', { status, retryAfterMs: retryAfterMs(response.headers['retry-after']) });
  }
  if (!/^text\/event-stream\b/i.test(response.headers['content-type'] ?? '')) throw new ChatFailure('not_the_protocol');
  const decoder = new TextDecoder();
  let state = SSE_START;
  let bytes = 0;
  let text = '';
  let tokens: number | undefined;
  let ended = false;
  try {
    for await (const piece of response) {
      const part: Uint8Array = piece;
      bytes += part.length;
      if (bytes > maxBytes) throw new ChatFailure('too_long');
      const read = readSse(state, decoder.decode(part, { stream: true }));
      state = read.state;
      for (const event of read.events) {
        if (event === '[DONE]') return { text, tokens };
        const delta = deltaOf(event);
        if (delta.text !== '') begun();
        text += delta.text;
        tokens = delta.tokens ?? tokens;
        ended ||= delta.finish === 'stop';
        if (delta.finish === 'length' || delta.finish === 'content_filter') throw new ChatFailure('truncated');
      }
    }
  } catch (cause) {
    throw cause instanceof ChatFailure ? cause : new ChatFailure('truncated', { cause });
  }
  // Some servers close instead of saying [DONE]; without `finish_reason: stop` either, the answer is half.
  if (!ended) throw new ChatFailure('truncated');
  return { text, tokens };
}

interface Delta {
  readonly text: string;
  readonly finish: string;
  readonly tokens: number | undefined;
}

function deltaOf(event: string): Delta {
  let value: unknown;
  try {
    value = JSON.parse(event);
  } catch {
    throw new ChatFailure('not_the_protocol');
  }
  const choice: unknown = at(at(value, 'choices'), 0);
  const content = at(at(choice, 'delta'), 'content');
  const finish = at(choice, 'finish_reason');
  const tokens = at(at(value, 'usage'), 'total_tokens');
  if (at(value, 'error') !== undefined || typeof value !== 'object') throw new ChatFailure('not_the_protocol');
  return {
    text: typeof content === 'string' ? content : '',
    finish: typeof finish === 'string' ? finish : '',
    tokens: typeof tokens === 'number' && tokens >= 0 ? tokens : undefined,
  };
}

function at(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** Seconds (RFC 9110 §10.2.3); a date is not waited for. */
function retryAfterMs(header: string | undefined): number {
  return header !== undefined && /^\d{1,5}$/.test(header) ? Number(header) * 1000 : 0;
}
