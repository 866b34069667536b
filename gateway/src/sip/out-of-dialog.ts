/** Requests of ours that are no call: OPTIONS to see whether a trunk lives, REGISTER to make ourselves known there (RFC 3261 §10, §11). */
import type { CallHost } from './call-host.ts';
import { addressOf, MAX_FORWARDS } from './dialog.ts';
import { SipTargetInvalid } from './errors.ts';
import { newSipCallId, newTag } from './identifiers.ts';
import { Headers, NO_BODY, SIP_VERSION, type SipResponse } from './message.ts';
import { printable } from './parse-header.ts';
import type { HeaderPairs } from './respond.ts';
import type { TransactionFault } from './transaction.ts';
import type { SipSource } from './transport.ts';

export interface LooseRequest {
  readonly method: 'OPTIONS' | 'REGISTER';
  /** Request-URI, and where it goes unless `hop` says otherwise. */
  readonly target: string;
  /** URIs of From and To. */
  readonly from: string;
  readonly to: string;
  /** Where it is sent when the name in `target` has been looked up. */
  readonly hop?: SipSource;
  /** Kept over the refreshes of one registration, with rising numbers (RFC 3261 §10.2.4). */
  readonly callId?: string;
  readonly cseq?: number;
  readonly headers?: HeaderPairs;
}

export interface LooseAnswer {
  readonly response: SipResponse;
  /** Of the request that was answered: higher than asked for where it was challenged. */
  readonly cseq: number;
}

/** Resolves with the final response, or with the fault when there was none. @throws SipTargetInvalid */
export function sendLoose(host: CallHost, asked: LooseRequest): Promise<LooseAnswer | TransactionFault> {
  const to = asked.hop ?? addressOf(asked.target);
  if (to === null) throw new SipTargetInvalid();
  const pairs: Array<readonly [string, string]> = [
    ['Max-Forwards', MAX_FORWARDS],
    ['From', `<${printable(asked.from)}>;tag=${newTag(host.chance)}`],
    ['To', `<${printable(asked.to)}>`],
    ['Call-ID', asked.callId ?? newSipCallId(host.chance)],
    ['CSeq', `${asked.cseq ?? 1} ${asked.method}`],
    ...(asked.headers ?? []).map(([name, value]) => [name, printable(value)] as const),
    ['User-Agent', host.product],
  ];
  const headers = Headers.of(pairs);
  const { promise, resolve } = Promise.withResolvers<LooseAnswer | TransactionFault>();
  const sent = host.transactions.openClient(
    { kind: 'request', method: asked.method, uri: asked.target, version: SIP_VERSION, headers, body: NO_BODY },
    to,
    {
      response: (response) => response.status >= 200 && resolve({ response, cseq: sent.cseq }),
      failed: resolve,
    },
  );
  return promise;
}
