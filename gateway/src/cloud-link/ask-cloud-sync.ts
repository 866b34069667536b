/** One question to `cloud-sync` over its unix socket, for people who wait for a page or a command; calls never wait for this. */
import { request } from 'node:http';
import { CloudSyncUnreachable } from './errors.ts';

const LIMIT_MS = 5000;

export interface CloudSyncReply {
  readonly status: number;
  readonly text: string;
}

/** What is sent, instead of only asking. */
export interface Posted {
  readonly body: object;
  /** How long an answer may take, ms; 5 s when absent. */
  readonly limitMs?: number;
}

/** @param maxBytes a longer reply is not read. @throws CloudSyncUnreachable, also after 5 s, or the given limit, without an answer */
export function askCloudSync(socketPath: string, path: string, maxBytes: number, posted?: Posted): Promise<CloudSyncReply> {
  const timeout = posted?.limitMs ?? LIMIT_MS;
  const how = posted ? { method: 'POST', headers: { 'content-type': 'application/json' } } : {};
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(new CloudSyncUnreachable(socketPath, cause));
    const asked = request({ socketPath, path, timeout, agent: false, ...how }, (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > maxBytes) asked.destroy(new Error('the reply is too large'));
        else parts.push(part);
      });
      response.once('error', fail);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }));
    });
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${timeout} ms`)));
    asked.once('error', fail);
    asked.end(posted && JSON.stringify(posted.body));
  });
}
