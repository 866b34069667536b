/** Makes responses (RFC 3261 §8.2.6): what is copied from the request, what is added, and the reason phrases of §21. Pure. */
import type { Envelope } from './inbound.ts';
import { Headers, NO_BODY, type SipResponse } from './message.ts';
import { parseNameAddr } from './parse-header.ts';

export type HeaderPairs = ReadonlyArray<readonly [name: string, value: string]>;

export interface ResponseParts {
  /** Added to To where it has none; every response but 100 needs one. */
  readonly toTag?: string;
  readonly headers?: HeaderPairs;
  readonly body?: { readonly type: string; readonly text: string };
}

export function respond(envelope: Envelope, status: number, parts: ResponseParts = {}): SipResponse {
  const { headers } = envelope.request;
  const pairs: Array<readonly [string, string]> = envelope.vias.map((via) => ['Via', via] as const);
  const to = headers.get('to') ?? '';
  const needsTag = parts.toTag !== undefined && !parseNameAddr(to)?.params.has('tag');
  // What the request lacks cannot be copied; leaving it out says more than an empty field (RFC 4475 §3.3.1).
  const copied: typeof pairs = [
    ['From', headers.get('from') ?? ''],
    ['To', needsTag && to !== '' ? `${to};tag=${parts.toTag}` : to],
    ['Call-ID', headers.get('call-id') ?? ''],
    ['CSeq', headers.get('cseq') ?? ''],
  ];
  pairs.push(...copied.filter(([, value]) => value !== ''));
  const timestamp = headers.get('timestamp');
  if (status === 100 && timestamp !== undefined) pairs.push(['Timestamp', timestamp]); // §8.2.6.1
  if (parts.headers) pairs.push(...parts.headers);
  if (parts.body) pairs.push(['Content-Type', parts.body.type]);
  const body = parts.body ? Buffer.from(parts.body.text, 'utf8') : NO_BODY;
  return { kind: 'response', status, reason: reasonPhrase(status), headers: Headers.of(pairs), body };
}

export function reasonPhrase(status: number): string {
  return REASONS.get(status) ?? (status < 300 ? 'OK' : status < 500 ? 'Request Failed' : 'Server Failure');
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [100, 'Trying'],
  [180, 'Ringing'],
  [183, 'Session Progress'],
  [200, 'OK'],
  [202, 'Accepted'],
  [302, 'Moved Temporarily'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [406, 'Not Acceptable'],
  [408, 'Request Timeout'],
  [410, 'Gone'],
  [413, 'Request Entity Too Large'],
  [415, 'Unsupported Media Type'],
  [416, 'Unsupported URI Scheme'],
  [420, 'Bad Extension'],
  [422, 'Session Interval Too Small'],
  [480, 'Temporarily Unavailable'],
  [481, 'Call/Transaction Does Not Exist'],
  [482, 'Loop Detected'],
  [483, 'Too Many Hops'],
  [484, 'Address Incomplete'],
  [486, 'Busy Here'],
  [487, 'Request Terminated'],
  [488, 'Not Acceptable Here'],
  [489, 'Bad Event'],
  [491, 'Request Pending'],
  [500, 'Server Internal Error'],
  [501, 'Not Implemented'],
  [503, 'Service Unavailable'],
  [504, 'Server Time-out'],
  [505, 'Version Not Supported'],
  [513, 'Message Too Large'],
  [600, 'Busy Everywhere'],
  [603, 'Decline'],
]);
