/** A question to a door as the page of the desk asks it, over a real socket, with everything a test may want to bend. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Value } from 'typebox/value';
import { ErrorReply } from '../error-reply.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The parsed body; undefined when it is no JSON. */
  readonly json: unknown;
  /** Of a refusal; '' when it is none. */
  readonly code: string;
}

export function cookieOf(answer: Answer): string {
  const [set = ''] = answer.headers['set-cookie'] ?? [];
  return set.split(';', 1)[0] ?? '';
}

/** @param base where the door is @param body JSON, or text that goes out as it is @param headers override those of the page; '' leaves one out */
export function ask(base: string, method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
  const url = new URL(base);
  const payload = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
  const wanted: Record<string, string> = {
    ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    ...(method === 'GET' ? {} : { 'x-keepline': 'desk', origin: base }),
    ...headers,
  };
  const sent = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== ''));
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    // the raw path goes out as it is: URL would tidy `..` away
    const going = send(
      { host: url.hostname, port: url.port, method, path, headers: sent, rejectUnauthorized: false, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const json = parsed(text);
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text,
            json,
            code: Value.Check(ErrorReply, json) ? json.error.code : '',
          });
        });
      },
    );
    going.on('error', reject);
    going.end(payload);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
