/**
 * Refusals of what never became a request: bytes that are no HTTP, heads that are too large or come too slowly, a path that cannot be
 * decoded, a head that says the same thing twice. They look like every other refusal and never quote what was sent.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { replyOf } from './error-reply.ts';

/** Heads that decide who asks and where the request ends. Node keeps the first of two, whatever stands before it may keep the last. */
const ONCE: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'content-type',
  'cookie',
  'host',
  'origin',
  'transfer-encoding',
  'x-keepline',
]);

/** Where no hook has set any. */
export const REFUSAL_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'content-type': 'application/json; charset=utf-8',
  'x-content-type-options': 'nosniff',
} as const;

/** Whether one of the deciding heads comes twice (RFC 9112 §3.2, §6.3). @param rawHeaders name, value, name, value, as Node has them */
export function isAmbiguous(rawHeaders: readonly string[]): boolean {
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    if (seen.has(name)) return true;
    if (ONCE.has(name)) seen.add(name);
  }
  return false;
}

/** Answers for the parser of Node and hangs up: where the next request would begin is not known. */
export function refuseBytes(fault: NodeJS.ErrnoException, socket: Socket): void {
  const isHttp = fault.code === 'ERR_HTTP_REQUEST_TIMEOUT' || fault.code?.startsWith('HPE_') === true;
  // a broken handshake or connection has nobody to answer to
  if (!isHttp || !socket.writable) return void socket.destroy();
  const status = fault.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : fault.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const body = JSON.stringify(replyOf('REQUEST_INVALID', WHY[status], 'Send HTTP/1.1 as RFC 9112 has it, with a head of 16 KiB at most.'));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'connection: close',
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(REFUSAL_HEADERS).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy(); // not when all is read: a client that reads nothing would keep the socket
}

const WHY = {
  400: 'this is no HTTP request',
  408: 'the request did not come in time',
  431: 'the head of the request is too large',
} as const;
