/** The chat endpoint against a real HTTP server that speaks the protocol well, badly, and not at all. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Type } from 'typebox';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '@keepline/contracts/clock';
import { ChatEndpoint, type ChatOptions } from './chat-endpoint.ts';
import { ChatFailure } from './errors.ts';

const Answer = Type.Object({ word: Type.String() }, { additionalProperties: false });
type Behaviour = (response: ServerResponse, body: string, request: IncomingMessage) => void;

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Each request takes the next behaviour; the last one stays. */
async function endpoint(behaviours: readonly Behaviour[], change: Partial<ChatOptions> = {}) {
  const seen: { body: string; key: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const behave = behaviours[Math.min(seen.length, behaviours.length - 1)];
      seen.push({ body, key: request.headers.authorization ?? '' });
      behave?.(response, body, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const chat = new ChatEndpoint({
    baseUrl: `http://127.0.0.1:${port}/v1/`,
    key: 'key-of-the-test',
    model: 'made-up',
    budget: { perMinute: 1_000_000, perDay: 1_000_000 },
    limits: { connectMs: 5000, firstTokenMs: 5000, totalMs: 8000, maxBytes: 20_000 },
    clock: systemClock,
    random: () => 0,
    ...change,
  });
  return { chat, seen };
}

const sse = (response: ServerResponse): ServerResponse => response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
const delta = (content: string, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ delta: { content }, finish_reason: finish }] })}\n\n`;
const usage = (tokens: number): string => `data: ${JSON.stringify({ choices: [], usage: { total_tokens: tokens } })}\n\n`;
const well: Behaviour = (response) =>
  sse(response).end(`: keep-alive\n\n${delta('{"wo')}${delta('rd":"好"}', 'stop')}${usage(42)}data: [DONE]\n\n`);
const ask = (chat: ChatEndpoint, ms = 8000) => chat.ask('rules', { text: '正文' }, Answer, AbortSignal.timeout(ms));
const why = async (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'answered',
    (fault: unknown) => (fault instanceof ChatFailure ? fault.why : fault instanceof Error ? fault.message : 'nothing'),
  );

describe('chat endpoint', () => {
  it('streams an answer, sends the key and the material, and counts what the endpoint says it cost', async () => {
    const { chat, seen } = await endpoint([well]);
    expect(await ask(chat)).toEqual({ word: '好' });
    expect(seen[0]?.key).toBe('Bearer key-of-the-test');
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ model: 'made-up', stream: true, temperature: 0 });
    expect(chat.spent()).toEqual({ minute: 42, day: 42 });
  });

  it('puts letters together that arrive in halves, and takes a server that closes without [DONE]', async () => {
    const whole = Buffer.from(`${delta('```json\n{"word":"好"}\n```')}${delta('', 'stop')}`.replaceAll('\n\n', '\r\n\r\n'));
    const { chat } = await endpoint([
      (response) => {
        sse(response);
        let at = 0;
        const next = (): void => {
          if (at >= whole.length) return void response.end();
          response.write(whole.subarray(at, (at += 7)), () => setImmediate(next));
        };
        next();
      },
    ]);
    expect(await ask(chat)).toEqual({ word: '好' });
  });

  it('repeats what may pass: 429 and 5xx, as long as Retry-After fits into the deadline', async () => {
    const status =
      (code: number, headers = {}): Behaviour =>
      (response) =>
        response.writeHead(code, headers).end('{"error":"the text of the request"}');
    const { chat, seen } = await endpoint([status(429), status(503), well]);
    expect(await ask(chat)).toEqual({ word: '好' });
    expect(seen).toHaveLength(3);
    const late = await endpoint([status(429, { 'retry-after': '3600' }), well]);
    const deadline = new AbortController();
    const asked = ask2(late.chat, deadline.signal);
    await expect.poll(() => late.seen.length).toBe(1);
    deadline.abort(new Error('the deadline'));
    expect(await why(asked)).toBe('the deadline');
    expect(late.seen).toHaveLength(1);
    const refused = await endpoint([status(401), well]);
    expect(await why(ask(refused.chat))).toBe('status');
    expect(refused.seen).toHaveLength(1);
    const gone = await endpoint([status(500)]);
    expect(await why(ask(gone.chat))).toBe('status');
    expect(gone.seen).toHaveLength(3);
    expect(gone.chat.spent()).toEqual({ minute: 0, day: 0 });
  });

  it.each<[string, string, Behaviour]>([
    ['a stream cut in the middle', 'truncated', (response) => sse(response).write(delta('{"wo'), () => response.destroy())],
    ['a stream that ends without an end', 'truncated', (response) => void sse(response).end(delta('{"word":"x"}'))],
    ['an answer stopped by its length', 'truncated', (response) => void sse(response).end(`${delta('{"w', 'length')}data: [DONE]\n\n`)],
    ['events that are no JSON', 'not_the_protocol', (response) => void sse(response).end('data: {oops\n\n')],
    [
      'a page instead of a stream',
      'not_the_protocol',
      (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    ],
    ['an error inside the stream', 'not_the_protocol', (response) => void sse(response).end('data: {"error":{"message":"no"}}\n\n')],
    ['text that is no JSON', 'not_the_schema', (response) => void sse(response).end(`${delta('certainly!', 'stop')}data: [DONE]\n\n`)],
    ['JSON of another schema', 'not_the_schema', (response) => void sse(response).end(`${delta('{"word":1}', 'stop')}data: [DONE]\n\n`)],
    [
      'a stream without end',
      'too_long',
      (response) => {
        sse(response);
        const more = (): void => {
          if (!response.destroyed) response.write(delta('x'.repeat(500)), () => setImmediate(more));
        };
        more();
      },
    ],
  ])('refuses %s: %s, without a second try', async (_, expected, behave) => {
    const { chat, seen } = await endpoint([behave]);
    expect(await why(ask(chat))).toBe(expected);
    expect(seen).toHaveLength(1);
  });

  it('names which wait was too long', async () => {
    const silent: Behaviour = (response) => void sse(response).write(': thinking\n\n');
    const first = await endpoint([silent], { limits: { connectMs: 5000, firstTokenMs: 50, totalMs: 60_000, maxBytes: 20_000 } });
    expect(await why(ask(first.chat))).toBe('first_token_timeout');
    const slow: Behaviour = (response) => void sse(response).write(delta('{'));
    const total = await endpoint([slow], { limits: { connectMs: 5000, firstTokenMs: 5000, totalMs: 100, maxBytes: 20_000 } });
    expect(await why(ask(total.chat))).toBe('total_timeout');
    const nobody = await endpoint([well], { baseUrl: 'http://127.0.0.1:1/v1' });
    expect(await why(ask(nobody.chat))).toBe('connection_failed');
  });

  it('refuses beyond the budget before anything is sent', async () => {
    const { chat, seen } = await endpoint([well], { budget: { perMinute: 1500, perDay: 1_000_000 } });
    await ask(chat);
    expect(await why(chat.ask('rules', 'x'.repeat(2000), Answer, AbortSignal.timeout(8000)))).toContain('budget');
    expect(seen).toHaveLength(1);
  });
});

function ask2(chat: ChatEndpoint, until: AbortSignal): Promise<unknown> {
  return chat.ask('rules', { text: '正文' }, Answer, until);
}
