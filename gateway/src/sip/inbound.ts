/**
 * A request as it arrived: the envelope, which is enough to answer it, and the rest that is needed to understand it. Pure.
 * RFC 3261 §18.2.1 (received), RFC 3581 (rport), RFC 3261 §17.2.3 (transaction key).
 */
import { BRANCH_COOKIE } from './identifiers.ts';
import type { SipRequest } from './message.ts';
import { type Cseq, type NameAddr, parseCseq, parseNameAddr, parseVia, type Via } from './parse-header.ts';
import { bareHost, DEFAULT_SIP_PORT, DEFAULT_SIPS_PORT, isReliable, type SipSource } from './transport.ts';

export interface Envelope {
  readonly request: SipRequest;
  readonly source: SipSource;
  readonly via: Via;
  /** For the response: our mark on the first one says where the request was seen to come from. */
  readonly vias: readonly string[];
  readonly replyTo: SipSource;
  /** Where a new TCP connection would be opened if the one the request came on is gone. */
  readonly replyDialPort: number;
}

export interface Inbound extends Envelope {
  readonly from: NameAddr;
  readonly to: NameAddr;
  readonly fromTag: string;
  /** `''` outside a dialog. */
  readonly toTag: string;
  readonly callId: string;
  readonly cseq: Cseq;
  /** Of the transaction this request belongs to; an ACK has the key of its INVITE. */
  readonly key: string;
  /** Same for copies of one request that came by different ways (RFC 3261 §8.2.2.2). */
  readonly mergeKey: string;
}

/** null when no response could find its way back. The address the bytes came from counts, whatever the Via claims (maddr included). */
export function openEnvelope(request: SipRequest, source: SipSource): Envelope | null {
  const vias = request.headers.list('via');
  const via = parseVia(vias?.[0] ?? '');
  if (vias === null || via === null) return null;
  const marks = `;received=${source.address}`;
  const bare = via.text.replace(/;\s*(received|rport)\s*(=\s*[^;,\s]*)?(?=\s*(;|$))/gi, '');
  const marked = via.rport ? `${bare}${marks};rport=${source.port}` : bareHost(via.host) === source.address ? via.text : `${bare}${marks}`;
  const sentByPort = via.port ?? (source.transport === 'tls' ? DEFAULT_SIPS_PORT : DEFAULT_SIP_PORT);
  const port = isReliable(source) || via.rport ? source.port : sentByPort;
  return { request, source, via, vias: [marked, ...vias.slice(1)], replyTo: { ...source, port }, replyDialPort: sentByPort };
}

/** null when one of the fields every request carries is missing or unreadable (RFC 3261 §8.1.1): 400. */
export function readInbound(envelope: Envelope): Inbound | null {
  const { request, via } = envelope;
  const { headers, method } = request;
  const from = parseNameAddr(headers.get('from') ?? '');
  const to = parseNameAddr(headers.get('to') ?? '');
  const cseq = parseCseq(headers.get('cseq') ?? '');
  const callId = headers.get('call-id') ?? '';
  if (from === null || to === null || cseq === null || callId === '' || cseq.method !== method) return null;
  for (const once of ['from', 'to', 'cseq', 'call-id', 'max-forwards']) if (headers.all(once).length > 1) return null;
  const fromTag = from.params.get('tag') ?? '';
  const base = method === 'ACK' ? 'INVITE' : method;
  const sentBy = `${via.host.toLowerCase()}:${via.port ?? DEFAULT_SIP_PORT}`;
  // Without the cookie (RFC 2543 peers), or with nothing behind it (RFC 4475 §3.2.1), the branch is worthless: the fields that tell two requests apart take its place.
  const unique =
    via.branch.startsWith(BRANCH_COOKIE) && via.branch.length > BRANCH_COOKIE.length
      ? via.branch
      : `${callId} ${fromTag} ${cseq.number} ${request.uri} ${via.branch}`;
  return {
    ...envelope,
    from,
    to,
    fromTag,
    toTag: to.params.get('tag') ?? '',
    callId,
    cseq,
    key: `${unique} ${sentBy} ${base}`,
    mergeKey: `${callId} ${fromTag} ${cseq.number} ${method}`,
  };
}

/** The key of the INVITE a CANCEL wants to end: same branch and sender, other method (RFC 3261 §9.2). */
export function keyOfCancelled(cancel: Inbound): string {
  return cancel.key.replace(/CANCEL$/, 'INVITE');
}
