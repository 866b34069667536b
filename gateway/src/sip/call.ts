/** A call as the rest of the house sees it: what may be asked of it and what it tells. Numbers and names in it are personal data. */
import type { SipSource } from './transport.ts';
import type { SipUri } from './uri.ts';

export interface SipParty {
  readonly uri: SipUri;
  /** `''` when none was sent. */
  readonly displayName: string;
}

export interface SipEnd {
  readonly by: 'remote' | 'local' | 'timeout' | 'transport';
  readonly why:
    | 'bye'
    | 'cancel'
    /** A final response before the answer, ours or theirs. */
    | 'rejected'
    /** Our 2xx was never acknowledged. */
    | 'no_ack'
    /** Nobody answered our INVITE in time. */
    | 'no_answer'
    /** A request inside the dialog got 481, 408 or nothing (RFC 3261 §12.2.1.2). */
    | 'dialog_lost'
    | 'closed';
  /** The final response, where there was one. */
  readonly status?: number;
}

/** Q.850 cause and a text for people (RFC 3326). */
export interface HangupReason {
  readonly cause: number;
  readonly text: string;
}

/** What incoming and outgoing calls share. None of its promises needs a listener. */
export interface SipCall {
  readonly sipCallId: string;
  /** BYE; before the answer CANCEL or a final response. Calling it again, or after the end, changes nothing. */
  hangup(reason?: HangupReason): void;
  /**
   * Offers a change of the session and resolves with the answer. One at a time goes out, a few wait; 491 is tried again (RFC 3261 §14.1).
   * @throws ReinviteRefused; the call goes on as it was unless `ended` says otherwise
   */
  reinvite(offer: string): Promise<string>;
  /** Key presses that come as INFO, one call per press; the result stops listening. */
  onDigit(listener: (digit: string) => void): () => void;
  /**
   * The far end offers a change: return the answer, or null for 488. Without an offer the listener gets `''` and returns one. The last
   * listener set is asked; without any the answer is 488.
   */
  onReoffer(listener: (offer: string) => string | null): () => void;
  /** The answer to an offer that `onReoffer` made, from the ACK. */
  onReanswer(listener: (answer: string) => void): () => void;
  /** Resolves once and never rejects. */
  readonly ended: Promise<SipEnd>;
}

export interface IncomingCall extends SipCall {
  readonly source: SipSource;
  readonly from: SipParty;
  readonly to: SipParty;
  readonly requestUri: SipUri;
  /** `''` when the INVITE had none: `answer` then sends our offer and the answer arrives by `lateAnswer`. */
  readonly offer: string;
  /** 180, repeated each minute. */
  ring(): void;
  /** 200, repeated until the ACK. After a CANCEL, a second answer or an end it does nothing. */
  answer(sdp: string): void;
  /** A final response of 300 to 699. */
  reject(status: number, options?: { readonly retryAfterSeconds?: number }): void;
  /** Rejects with CallNotAcknowledged when the call ends first. */
  readonly acknowledged: Promise<void>;
  /** The SDP of the ACK, `''` when it had none; rejects like `acknowledged`. */
  readonly lateAnswer: Promise<string>;
}

export interface OutgoingCall extends SipCall {
  /** The far end rings, or answered without. Rejects as `answered` does. */
  readonly ringing: Promise<void>;
  /** The SDP of the 2xx. Rejects with InviteUnanswered or InviteRefused. */
  readonly answered: Promise<string>;
}
