/**
 * One request of ours until it is answered for good, over as many transactions as that takes: a challenge is answered (RFC 3261 §22.2),
 * and a request too large for UDP goes over TCP first and back to UDP where nobody listens on TCP (§18.1.1).
 */
import type { ClientTransaction } from './client-transaction.ts';
import type { DigestSecret } from './digest.ts';
import { authorization, bestChallenge } from './digest.ts';
import { formatMessage } from './format-message.ts';
import { UDP_REQUEST_BYTES } from './limits.ts';
import { Headers, type SipRequest, type SipResponse } from './message.ts';
import { parseCseq } from './parse-header.ts';
import type { SipSource } from './transport.ts';

/** The secret for a place and realm that challenges us; null where we have none. */
export type SecretFor = (to: SipSource, realm: string) => DigestSecret | null;

/** What the caller of `openClient` holds: always the newest of its transactions. */
export class ClientRequest {
  #current: ClientTransaction | null = null;
  #isStopped = false;

  /** With our Via on top, as sent last. */
  get request(): SipRequest {
    return this.#transaction.request;
  }
  get to(): SipSource {
    return this.#transaction.to;
  }
  get isPending(): boolean {
    return this.#transaction.isPending;
  }
  get cseq(): number {
    return parseCseq(this.request.headers.get('cseq') ?? '')?.number ?? 0;
  }
  stop(): void {
    this.#isStopped = true;
    this.#transaction.stop();
  }

  /** A stopped request makes no further tries. */
  get isStopped(): boolean {
    return this.#isStopped;
  }
  follow(transaction: ClientTransaction): void {
    this.#current = transaction;
  }

  get #transaction(): ClientTransaction {
    if (this.#current === null) throw new Error('a request is followed before it is looked at');
    return this.#current;
  }
}

/** Where a request goes first. Its Via says the transport it takes, so it is chosen before that is written. */
export function firstHop(request: SipRequest, to: SipSource): SipSource {
  if (to.transport !== 'udp' || formatMessage(request).length + VIA_BYTES <= UDP_REQUEST_BYTES) return to;
  return { ...to, transport: 'tcp' };
}
/** Room for the Via that is not in yet. */
const VIA_BYTES = 120;

/**
 * The same request again with an answer to the challenge of this response; null when there is no answer to give, which leaves the
 * response to the caller.
 * @param nextCseq of the new request: a request that was challenged is not a retransmission (RFC 3261 §22.2)
 */
export function authorized(
  request: SipRequest,
  response: SipResponse,
  secretFor: (realm: string) => DigestSecret | null,
  nextCseq: () => number,
  cnonce: string,
): SipRequest | null {
  const asProxy = response.status === 407;
  const challenge = bestChallenge(response.headers.all(asProxy ? 'proxy-authenticate' : 'www-authenticate'));
  const secret = challenge === null ? null : secretFor(challenge.realm);
  if (challenge === null || secret === null) return null;
  const name = asProxy ? 'Proxy-Authorization' : 'Authorization';
  const key = name.toLowerCase();
  // Refused although the nonce was good: the secret is wrong, and asking again would only lock the account.
  if (request.headers.all(key).length > 0 && !challenge.stale) return null;
  const { method, uri } = request;
  const value = authorization(challenge, secret, { method, uri, cnonce, count: 1 });
  if (value === null) return null;
  const via = request.headers.entries.find((header) => header.key === 'via');
  const cseq = nextCseq();
  const kept = request.headers.entries
    .filter((header) => header.key !== key && header !== via)
    .map((header) => (header.key === 'cseq' ? { ...header, value: `${cseq} ${method}` } : header));
  return { ...request, headers: new Headers([...kept, ...Headers.of([[name, value]]).entries]) };
}
