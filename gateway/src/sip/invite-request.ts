/** The INVITE that begins a call of ours (RFC 3261 §13.2.1), and what its maker may choose. Pure. */
import { MAX_FORWARDS } from './dialog.ts';
import { SUPPORTED } from './extensions.ts';
import { Headers, NO_BODY, SIP_VERSION, type SipRequest } from './message.ts';
import { printable, quoted } from './parse-header.ts';
import type { RedirectPolicy } from './redirect.ts';
import { formatReplaces, type Replaces } from './replaces.ts';
import type { HeaderPairs } from './respond.ts';
import type { SipSource } from './transport.ts';
import { ACCEPT, ALLOW } from './validate-request.ts';

export interface InviteOptions {
  readonly from: { readonly uri: string; readonly displayName: string };
  /** Added to the INVITE, such as P-Asserted-Identity. */
  readonly headers?: HeaderPairs;
  /** Where it is sent, whatever its URI says: the way a phone registered by. */
  readonly hop?: SipSource;
  /** How long it may ring, ms; default `INVITE_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
  /** Where a 3xx may send the call; without it a 3xx is a refusal. */
  readonly redirect?: RedirectPolicy;
  /** The call at the far end that this one takes the place of (RFC 3891 §4). */
  readonly replaces?: Replaces;
}

export interface InviteParts {
  readonly target: string;
  readonly callId: string;
  readonly fromTag: string;
  readonly cseq: number;
  readonly contact: string;
  readonly product: string;
  /** `''`: the far end shall offer. */
  readonly offer: string;
  /** Session-Expires and Min-SE. */
  readonly session: HeaderPairs;
}

export function inviteRequest(parts: InviteParts, options: InviteOptions): SipRequest {
  const { uri, displayName } = options.from;
  const name = displayName === '' ? '' : `${quoted(displayName)} `;
  const pairs: Array<readonly [string, string]> = [
    ['Max-Forwards', MAX_FORWARDS],
    ['From', `${name}<${printable(uri)}>;tag=${parts.fromTag}`],
    ['To', `<${parts.target}>`],
    ['Call-ID', parts.callId],
    ['CSeq', `${parts.cseq} INVITE`],
    ['Contact', `<${parts.contact}>`],
    ALLOW,
    ACCEPT,
    SUPPORTED,
    ...parts.session,
    ['User-Agent', parts.product],
  ];
  for (const [headerName, value] of options.headers ?? []) pairs.push([printable(headerName), printable(value)]);
  if (options.replaces) pairs.push(['Require', 'replaces'], ['Replaces', printable(formatReplaces(options.replaces))]);
  if (parts.offer !== '') pairs.push(['Content-Type', 'application/sdp']);
  const body = parts.offer === '' ? NO_BODY : Buffer.from(parts.offer, 'utf8');
  return { kind: 'request', method: 'INVITE', uri: parts.target, version: SIP_VERSION, headers: Headers.of(pairs), body };
}
