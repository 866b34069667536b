/**
 * One phone that an INVITE of ours reached: its early dialog, its reliable provisional responses and our PRACKs (RFC 3262 §4), its
 * answer. A forked call has several; the first that answers is the call (RFC 3261 §13.2.2.4).
 */
import type { CallSignals } from './call-signals.ts';
import { DialogCall } from './dialog-call.ts';
import type { CallHost } from './call-host.ts';
import type { Dialog } from './dialog.ts';
import { requires } from './extensions.ts';
import type { SipResponse } from './message.ts';
import { rseqOf } from './rack.ts';

export class OutgoingFork {
  readonly call: DialogCall;
  readonly #signals: CallSignals;
  readonly #offer: string;
  #rseq: number | null = null;
  /** The answer that a reliable response brought. */
  #answer = '';

  /** @param offer of our INVITE, `''` when the far end is to offer */
  constructor(host: CallHost, signals: CallSignals, dialog: Dialog, offer: string) {
    this.call = new DialogCall(host, signals, dialog, true);
    this.#signals = signals;
    this.#offer = offer;
  }

  /** A provisional response above 100. @param cseq of the INVITE */
  progress(response: SipResponse, cseq: number): void {
    this.call.heard(response.headers);
    const sdp = response.body.toString('utf8');
    const rseq = requires(response.headers, '100rel') ? rseqOf(response.headers) : null;
    if (rseq === null) {
      // Without a promise that it arrives it is no answer yet, but it may be listened to (RFC 3261 §13.2.1).
      if (sdp !== '' && this.#offer !== '') this.#signals.earlyMedia(sdp);
      return;
    }
    if (this.#rseq !== null && rseq !== this.#rseq + 1) return; // again, or one before it is missing: then it comes again (RFC 3262 §4)
    this.#rseq = rseq;
    const isOffer = sdp !== '' && this.#offer === '' && this.call.localSdp === '';
    const answer = isOffer ? this.#signals.reoffer(sdp) : null;
    const body = answer === null ? undefined : { type: 'application/sdp', text: answer };
    this.call.send('PRACK', body, [['RAck', `${rseq} ${cseq} INVITE`]], { response: () => {}, failed: () => {} });
    if (answer !== null) this.call.began(answer);
    else if (sdp !== '' && this.#offer !== '' && this.#answer === '') {
      this.#answer = sdp;
      this.call.began(this.#offer);
    }
    if (sdp !== '') this.#signals.earlyMedia(sdp);
  }

  /**
   * The 2xx, acknowledged here. The result is the far end's description; null when it offers something that nobody here takes: the call
   * is up and must be ended.
   */
  accept(response: SipResponse, cseq: number, dialog: Dialog): string | null {
    this.call.confirm(dialog);
    this.call.heard(response.headers);
    const sdp = response.body.toString('utf8');
    if (this.#offer === '' && this.call.localSdp === '') {
      const answer = this.#signals.reoffer(sdp);
      this.call.acknowledge(cseq, answer ?? undefined);
      if (answer === null) return null;
      this.call.began(answer);
    } else {
      this.call.acknowledge(cseq);
      if (this.call.localSdp === '') this.call.began(this.#offer);
    }
    this.call.session.accepted(response.headers);
    return this.#answer || sdp; // what a reliable response brought stands (RFC 3261 §13.2.1)
  }
}
