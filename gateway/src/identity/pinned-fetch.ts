/**
 * HTTPS requests to a provider of the bank, trusting the authorities of the settings and no others: the `fetch` of Node knows only those of
 * the system. No redirects, one time for the whole exchange, a bounded answer.
 */
import { request } from 'node:https';
import { DirectoryUnavailable } from './errors.ts';

/** A provider's keys and metadata are a few kilobytes. */
const REPLY_MAX_BYTES = 262_144;

export interface PinnedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Other kinds of body are not sent by what uses this. */
  readonly body?: unknown;
}

/** @param ca PEM; undefined trusts the authorities of the system. @param timeoutMs for connecting, asking and reading together */
export function pinnedFetch(ca: string | undefined, timeoutMs: number): (url: string, given: PinnedRequest) => Promise<Response> {
  return (url, { method, headers, body }) =>
    new Promise((done, reject) => {
      const fail = (cause: unknown): void => reject(new DirectoryUnavailable(cause));
      const signal = AbortSignal.timeout(timeoutMs);
      const going = request(url, { method, headers, signal, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) }, (incoming) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > REPLY_MAX_BYTES) incoming.destroy(new Error(`more than ${REPLY_MAX_BYTES} bytes`));
          else chunks.push(chunk);
        });
        incoming.on('error', fail);
        incoming.on('end', () => {
          const status = incoming.statusCode ?? 0;
          if (status < 200 || status >= 500) return fail(new Error(`HTTP status ${status}`));
          const type = incoming.headers['content-type'];
          done(
            new Response(status === 204 ? null : Buffer.concat(chunks), {
              status,
              headers: type === undefined ? {} : { 'content-type': type },
            }),
          );
        });
      });
      going.on('error', fail);
      if (body instanceof URLSearchParams || typeof body === 'string') going.end(body.toString());
      else going.end();
    });
}
