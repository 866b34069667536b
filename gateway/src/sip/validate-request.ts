/** The checks a UAS makes before it looks at what a request wants (RFC 3261 §8.2), in the order of the RFC. Pure. */
import type { Inbound } from './inbound.ts';
import { isSupported, SUPPORTED, SUPPORTED_BY_RECORDER } from './extensions.ts';
import { SIP_VERSION } from './message.ts';
import { hasGap } from './parse-list.ts';
import { asksToRecord, isSessionBody, mediaType } from './recording-session.ts';
import type { HeaderPairs } from './respond.ts';
import { isTooBrief, MIN_SESSION_SECONDS } from './session-timer.ts';
import { parseUri } from './uri.ts';

export interface Refusal {
  readonly status: number;
  readonly headers?: HeaderPairs;
}

export const ALLOWED_METHODS = ['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'INFO', 'PRACK', 'UPDATE', 'REFER', 'NOTIFY'] as const;
export const ALLOW: readonly [string, string] = ['Allow', ALLOWED_METHODS.join(', ')];
export const ACCEPT: readonly [string, string] = ['Accept', 'application/sdp'];
/** What we say of ourselves wherever a dialog is made or changed; a recorder says that it is one (RFC 7866 §6.2). */
export const contactHeaders = (contact: string, isRecorder: boolean): HeaderPairs =>
  isRecorder ? [['Contact', `<${contact}>;+sip.srs`], ALLOW, SUPPORTED_BY_RECORDER] : [['Contact', `<${contact}>`], ALLOW, SUPPORTED];
/** Methods that exist but are not for us; one nobody has heard of is 501 (RFC 3261 §21.5.2). */
const OTHER_METHODS = new Set(['REGISTER', 'SUBSCRIBE', 'MESSAGE', 'PUBLISH']);

/** null when the request may be looked at. */
export function refusalOf(inbound: Inbound): Refusal | null {
  const { request } = inbound;
  if (request.version !== SIP_VERSION) return { status: request.version.trimEnd() === SIP_VERSION ? 400 : 505 };
  if (request.method === 'ACK' || request.method === 'CANCEL') return null; // no Require, no body of interest, and ACK is never answered
  const method = ALLOWED_METHODS.find((allowed) => allowed === request.method);
  if (method === undefined)
    return OTHER_METHODS.has(request.method) ? { status: 405, headers: [ALLOW] } : { status: 501, headers: [ALLOW] };
  const uri = parseUri(request.uri);
  if (uri === null) return { status: isOtherScheme(request.uri) ? 416 : 400 };
  if (uri.headers !== '') return { status: 400 }; // never in a Request-URI (RFC 3261 §19.1.1 table 1)
  return syntaxRefusal(inbound) ?? requireRefusal(inbound) ?? contentRefusal(inbound) ?? acceptRefusal(inbound) ?? timerRefusal(inbound);
}

/**
 * What the parser reads over but a sound message does not have. The last hop used up is no fault: only proxies count hops, an end
 * answers as if there were some left (RFC 4475 §3.3.11).
 */
function syntaxRefusal({ request: { headers } }: Inbound): Refusal | null {
  const hops = headers.get('max-forwards') ?? '70';
  if (!/^0*[0-9]{1,3}$/.test(hops) || Number(hops) > 255) return { status: 400 };
  return headers.all('via').some(hasGap) || headers.all('contact').some(hasGap) ? { status: 400 } : null;
}

/** What we do not offer is too much (RFC 3261 §8.2.2.3). */
function requireRefusal({ request }: Inbound): Refusal | null {
  const required = request.headers.list('require');
  if (required === null) return { status: 400 };
  const unknown = required.filter((tag) => !isSupported(tag));
  return unknown.length === 0 ? null : { status: 420, headers: [['Unsupported', unknown.join(', ')]] };
}

/** RFC 3261 §8.2.3. */
function contentRefusal({ request, toTag }: Inbound): Refusal | null {
  if (request.body.length === 0) return null;
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') return { status: 415, headers: [['Accept-Encoding', 'identity']] };
  const type = mediaType(request.headers.get('content-type'));
  if (!SESSION_METHODS.has(request.method) || type === 'application/sdp') return null;
  // Inside a dialog the call knows whether it is a recording session.
  const mayRecord = request.method === 'UPDATE' || (request.method === 'INVITE' && (toTag !== '' || asksToRecord(request.headers)));
  return mayRecord && isSessionBody(type) ? null : { status: 415, headers: [ACCEPT] };
}

/** Methods whose body is a session description, in a recording session with metadata beside it. */
const SESSION_METHODS = new Set(['INVITE', 'PRACK', 'UPDATE']);

/** RFC 4028 §9. */
function timerRefusal({ request: { method, headers } }: Inbound): Refusal | null {
  if ((method !== 'INVITE' && method !== 'UPDATE') || !isTooBrief(headers)) return null;
  return { status: 422, headers: [['Min-SE', `${MIN_SESSION_SECONDS}`]] };
}

/** Every answer to an INVITE carries SDP; a caller that takes none cannot be answered (RFC 3261 §21.4.7). */
function acceptRefusal({ request: { method, headers } }: Inbound): Refusal | null {
  if (method !== 'INVITE' || headers.get('accept') === undefined) return null;
  const types = headers.list('accept') ?? [];
  return types.some((type) => SDP_RANGES.has(mediaType(type))) ? null : { status: 406 };
}
const SDP_RANGES = new Set(['application/sdp', 'application/*', '*/*']);

function isOtherScheme(uri: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(uri) && !/^(sips?|tel):/i.test(uri);
}
