/** The checks a UAS makes before it looks at what a request wants (RFC 3261 §8.2), in the order of the RFC. Pure. */
import type { Inbound } from './inbound.ts';
import { SIP_VERSION } from './message.ts';
import type { HeaderPairs } from './respond.ts';
import { parseUri } from './uri.ts';

export interface Refusal {
  readonly status: number;
  readonly headers?: HeaderPairs;
}

export const ALLOWED_METHODS = ['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'INFO'] as const;
export const ALLOW: readonly [string, string] = ['Allow', ALLOWED_METHODS.join(', ')];
export const ACCEPT: readonly [string, string] = ['Accept', 'application/sdp'];
/** Methods that exist but are not for us; one nobody has heard of is 501 (RFC 3261 §21.5.2). */
const OTHER_METHODS = new Set(['REGISTER', 'SUBSCRIBE', 'NOTIFY', 'MESSAGE', 'PUBLISH', 'REFER', 'UPDATE', 'PRACK']);

/** null when the request may be looked at. `address` is ours. */
export function refusalOf(inbound: Inbound, address: string): Refusal | null {
  const { request } = inbound;
  if (request.version !== SIP_VERSION) return { status: 505 };
  if (request.method === 'ACK' || request.method === 'CANCEL') return null; // no Require, no body of interest, and ACK is never answered
  const method = ALLOWED_METHODS.find((allowed) => allowed === request.method);
  if (method === undefined)
    return OTHER_METHODS.has(request.method) ? { status: 405, headers: [ALLOW] } : { status: 501, headers: [ALLOW] };
  const uri = parseUri(request.uri);
  if (uri === null) return { status: isOtherScheme(request.uri) ? 416 : 400 };
  return maxForwardsRefusal(inbound, uri.host === address) ?? requireRefusal(inbound) ?? contentRefusal(inbound);
}

/** A request for us may arrive with its last hop used up; one for somebody else has gone astray in a loop (RFC 3261 §8.1.1.6, §16.3). */
function maxForwardsRefusal({ request }: Inbound, isForUs: boolean): Refusal | null {
  const hops = request.headers.get('max-forwards') ?? '70';
  if (!/^[0-9]{1,3}$/.test(hops) || Number(hops) > 255) return { status: 400 };
  return Number(hops) === 0 && !isForUs ? { status: 483 } : null;
}

/** We offer no extension, so whatever is required is too much (RFC 3261 §8.2.2.3). */
function requireRefusal({ request }: Inbound): Refusal | null {
  const required = request.headers.list('require');
  if (required === null) return { status: 400 };
  return required.length === 0 ? null : { status: 420, headers: [['Unsupported', required.join(', ')]] };
}

/** RFC 3261 §8.2.3. */
function contentRefusal({ request }: Inbound): Refusal | null {
  if (request.body.length === 0) return null;
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') return { status: 415, headers: [['Accept-Encoding', 'identity']] };
  if (request.method === 'INVITE' && mediaType(request.headers.get('content-type')) !== 'application/sdp')
    return { status: 415, headers: [ACCEPT] };
  return null;
}

/** `type/subtype` in lower case, without parameters; `''` when there is none. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function isOtherScheme(uri: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(uri) && !/^(sips?|tel):/i.test(uri);
}
