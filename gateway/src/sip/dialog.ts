/**
 * A dialog (RFC 3261 §12), pure: what both ends agreed on, and the requests that follow from it. Immutable; a change is a new dialog.
 */
import type { Inbound } from './inbound.ts';
import { Headers, NO_BODY, SIP_VERSION, type SipRequest, type SipResponse } from './message.ts';
import { MAX_CSEQ, parseNameAddr } from './parse-header.ts';
import type { HeaderPairs } from './respond.ts';
import { bareHost, DEFAULT_SIP_PORT, DEFAULT_SIPS_PORT, type SipSource } from './transport.ts';
import { formatUri, parseUri } from './uri.ts';

export interface Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From and To of our requests, tags included. */
  readonly localParty: string;
  readonly remoteParty: string;
  /** URI of the far end's Contact. */
  readonly target: string;
  /** Route values in the order we send them. */
  readonly routes: readonly string[];
  readonly localCseq: number;
  /** Of the last request from the far end; null before the first. */
  readonly remoteCseq: number | null;
  /** The other end of the wire at set-up: a TCP connection is kept to while it is open. */
  readonly wire: SipSource;
}

export const MAX_FORWARDS = '70';

/** How a dialog is found by a request from the far end; both tags, so that a guesser must know them all. */
export const dialogKey = (callId: string, localTag: string, remoteTag: string): string => `${callId} ${localTag} ${remoteTag}`;

/** The UAS side of an INVITE (§12.1.1); null without a usable Contact, which an INVITE must have (§8.1.1.8). */
export function dialogOfUas(invite: Inbound, localTag: string, firstCseq: number): Dialog | null {
  const { headers } = invite.request;
  const target = contactUri(headers);
  const routes = headers.list('record-route');
  if (target === null || routes === null) return null;
  return {
    callId: invite.callId,
    localTag,
    remoteTag: invite.fromTag,
    localParty: `${headers.get('to') ?? ''};tag=${localTag}`,
    remoteParty: headers.get('from') ?? '',
    target,
    routes,
    localCseq: firstCseq,
    remoteCseq: invite.cseq.number,
    wire: invite.source,
  };
}

/** The UAC side, from a 2xx to our INVITE (§12.1.2); null without To tag or Contact. */
export function dialogOfUac(invite: SipRequest, response: SipResponse, source: SipSource, cseq: number): Dialog | null {
  const to = response.headers.get('to') ?? '';
  const from = invite.headers.get('from') ?? '';
  const target = contactUri(response.headers);
  const routes = response.headers.list('record-route');
  const remoteTag = parseNameAddr(to)?.params.get('tag') ?? '';
  if (target === null || routes === null || remoteTag === '') return null;
  return {
    callId: invite.headers.get('call-id') ?? '',
    localTag: parseNameAddr(from)?.params.get('tag') ?? '',
    remoteTag,
    localParty: from,
    remoteParty: to,
    target,
    routes: routes.toReversed(),
    localCseq: cseq,
    remoteCseq: null,
    wire: source,
  };
}

/** The next request of ours, with the CSeq it uses up; an ACK repeats the number of its INVITE instead (§13.2.2.4). Via is not in yet. */
export function requestIn(
  dialog: Dialog,
  method: string,
  more: { headers: HeaderPairs; body?: { readonly type: string; readonly text: string }; ackOf?: number },
): { dialog: Dialog; request: SipRequest } {
  const cseq = more.ackOf ?? (dialog.localCseq % MAX_CSEQ) + 1;
  const { uri, routes } = routed(dialog);
  const pairs: Array<readonly [string, string]> = [['Max-Forwards', MAX_FORWARDS]];
  for (const route of routes) pairs.push(['Route', route]);
  pairs.push(
    ['From', dialog.localParty],
    ['To', dialog.remoteParty],
    ['Call-ID', dialog.callId],
    ['CSeq', `${cseq} ${method}`],
    ...more.headers,
  );
  if (more.body) pairs.push(['Content-Type', more.body.type]);
  const body = more.body ? Buffer.from(more.body.text, 'utf8') : NO_BODY;
  const request: SipRequest = { kind: 'request', method, uri, version: SIP_VERSION, headers: Headers.of(pairs), body };
  return { dialog: more.ackOf === undefined ? { ...dialog, localCseq: cseq } : dialog, request };
}

/** Where requests of this dialog are sent; null when that is no address we can use. */
export function nextHop(dialog: Dialog): SipSource | null {
  const first = dialog.routes[0];
  return addressOf(first === undefined ? dialog.target : (parseNameAddr(first)?.uri ?? ''));
}

/** UDP unless the URI says TCP or TLS; `sips:` is TLS whatever it says (RFC 3261 §26.2.2). */
export function addressOf(uriText: string): SipSource | null {
  const uri = parseUri(uriText);
  if (uri === null || uri.scheme === 'tel') return null;
  const said = uri.params.get('transport')?.toLowerCase() ?? 'udp';
  const transport = uri.scheme === 'sips' ? 'tls' : said;
  if (transport !== 'udp' && transport !== 'tcp' && transport !== 'tls') return null;
  const port = uri.port ?? (transport === 'tls' ? DEFAULT_SIPS_PORT : DEFAULT_SIP_PORT);
  return { address: bareHost(uri.host), port, transport };
}

/** A request from the far end must count upwards (§12.2.2); null for one that does not: 500. */
export function advanceRemote(dialog: Dialog, cseq: number): Dialog | null {
  if (dialog.remoteCseq !== null && cseq <= dialog.remoteCseq) return null;
  return { ...dialog, remoteCseq: cseq };
}

/** A re-INVITE and its 2xx may move the far end (§12.2.1.2, §12.2.2). */
export function refreshTarget(dialog: Dialog, headers: Headers): Dialog {
  const target = contactUri(headers);
  return target === null ? dialog : { ...dialog, target };
}

function contactUri(headers: Headers): string | null {
  const contact = parseNameAddr(headers.list('contact')?.[0] ?? '');
  return contact !== null && parseUri(contact.uri) !== null ? contact.uri : null;
}

/** Loose routing, or the older strict kind where the first hop does not know `lr` (§12.2.1.1). */
function routed(dialog: Dialog): { uri: string; routes: readonly string[] } {
  const [first, ...rest] = dialog.routes;
  const firstUri = first === undefined ? null : parseUri(parseNameAddr(first)?.uri ?? '');
  if (firstUri === null || firstUri.params.has('lr')) return { uri: dialog.target, routes: dialog.routes };
  return { uri: formatUri({ ...firstUri, headers: '' }), routes: [...rest, `<${dialog.target}>`] };
}
