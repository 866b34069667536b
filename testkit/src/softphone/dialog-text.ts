/**
 * The requests and responses of one dialog of the soft phone (RFC 3261 §12.2.1.1): who, to whom, where.
 */
import { randomBytes } from 'node:crypto';
import { allHeaders, formatSip, header, type SipText, tagOf } from './sip-text.ts';

export class DialogText {
  readonly #local: { readonly address: string; readonly port: number };
  readonly #tag = randomBytes(4).toString('hex');
  readonly callId: string;
  /** Request URI: the far end's Contact once it is known. */
  target: string;
  /** To header; gets the far end's tag with its answer. */
  to: string;
  readonly #from: string;

  constructor(o: { local: { readonly address: string; readonly port: number }; callId: string; target: string; from: string; to: string }) {
    this.#local = o.local;
    this.callId = o.callId;
    this.target = o.target;
    this.to = o.to;
    this.#from = `${o.from};tag=${this.#tag}`;
  }

  /** The dialog as the far end of it is to be told of it by somebody else (RFC 3891 §3). */
  get replaces(): string {
    return `${this.callId};to-tag=${/;tag=([^;>\s]+)/.exec(this.to)?.[1] ?? ''};from-tag=${this.#tag}`;
  }

  request(
    method: string,
    branch: string,
    cseq: number,
    body = '',
    type = 'application/sdp',
    more: ReadonlyArray<readonly [string, string]> = [],
  ): Buffer {
    const { address, port } = this.#local;
    return formatSip(
      `${method} ${this.target} SIP/2.0`,
      [
        ['Via', `SIP/2.0/UDP ${address}:${port};branch=${branch};rport`],
        ['Max-Forwards', '70'],
        ['From', this.#from],
        ['To', this.to],
        ['Call-ID', this.callId],
        ['CSeq', `${cseq} ${method}`],
        ['Contact', `<sip:phone@${address}:${port}>`],
        ...more,
        ...(body === '' ? [] : [['Content-Type', type] as const]),
      ],
      body,
    );
  }

  response(request: SipText, status: number, reason: string, body = '', more: ReadonlyArray<readonly [string, string]> = []): Buffer {
    const { address, port } = this.#local;
    const to = header(request, 'to');
    return formatSip(
      `SIP/2.0 ${status} ${reason}`,
      [
        ...allHeaders(request, 'via').map((via) => ['Via', via] as const),
        ['From', header(request, 'from')],
        ['To', tagOf(to) ? to : `${to};tag=${this.#tag}`],
        ['Call-ID', this.callId],
        ['CSeq', header(request, 'cseq')],
        ['Contact', `<sip:phone@${address}:${port}>`],
        ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
        ...more,
      ],
      body,
    );
  }
}

export const newBranch = (): string => `z9hG4bK${randomBytes(8).toString('hex')}`;
