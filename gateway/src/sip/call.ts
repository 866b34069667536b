/** A call as the rest of the house sees it: what may be asked of it and what it tells. Numbers and names in it are personal data. */
import type { RecordingSession } from './recording-session.ts';
import type { Replaces } from './replaces.ts';
import type { Headers } from './message.ts';
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
    /** Nobody refreshed the session in time (RFC 4028 §10). */
    | 'session_expired'
    | 'closed';
  /** The final response, where there was one. */
  readonly status?: number;
  /** What the far end gave as its reason. */
  readonly reason?: HangupReason;
}

/** Q.850 cause and a text for people (RFC 3326). */
export interface HangupReason {
  readonly cause: number;
  readonly text: string;
}

/** The far end asks us to call somebody for it (RFC 3515). It is answered once, by `accept` or `refuse`; undecided for 20 s, or at the end of the call, it is refused (603). */
export interface Referral {
  /** Whom; headers of the URI are left out. Personal data. */
  readonly target: SipUri;
  /** The call that the new one shall take the place of: an attended transfer. */
  readonly replaces: Replaces | null;
  /** Who says that it asks (RFC 3892), unproven; null when it says nothing. */
  readonly referredBy: SipUri | null;
  /** 202, and the far end is told of each step. */
  accept(): void;
  /** @param status 400 to 699 */
  refuse(status: number): void;
  /** How the new call goes: 100 to 199, then one final status, which is the last. */
  report(status: number): void;
}

export interface ReferOptions {
  /** The call of the far end's party-to-be that shall be replaced: an attended transfer. */
  readonly replaces?: Replaces;
  /** Who asks, as a URI (RFC 3892). */
  readonly referredBy?: string;
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
  /**
   * Asks the far end to call `target` (a sip: URI) and resolves with the final status of that call, 200 to 699.
   * @throws ReferRefused when it does not want to, or never says how it went
   */
  refer(target: string, options?: ReferOptions): Promise<number>;
  /** The far end asks for a transfer. One handler, the last set; without any the answer is 603. */
  onRefer(handler: (referral: Referral) => void): () => void;
  /** How somebody else may name this call to take it over; null while it has no dialog. */
  readonly replaces: Replaces | null;
  /** Key presses that come as INFO, one call per press; the result stops listening. */
  onDigit(listener: (digit: string) => void): () => void;
  /**
   * The far end offers a change: return the answer, or null for 488. Without an offer the listener gets `''` and returns one. The last
   * listener set is asked; without any the answer is 488.
   */
  onReoffer(listener: (offer: string) => string | null): () => void;
  /** The answer to an offer of ours: one that `onReoffer` made, from the ACK, or the one that refreshed the session unchanged. */
  onReanswer(listener: (answer: string, offer: string) => void): () => void;
  /** Resolves once and never rejects. */
  readonly ended: Promise<SipEnd>;
}

export interface IncomingCall extends SipCall {
  readonly source: SipSource;
  readonly from: SipParty;
  readonly to: SipParty;
  readonly requestUri: SipUri;
  /** All header fields of the INVITE. */
  readonly headers: Headers;
  /** `''` when the INVITE had none: `answer` then sends our offer and the answer arrives by `lateAnswer`. */
  readonly offer: string;
  /** Where the INVITE asks for a recording session (RFC 7866), else null. */
  readonly recording: RecordingSession | null;
  /** 180, repeated each minute; reliable where the caller requires it (RFC 3262). */
  ring(): void;
  /**
   * 183 with our answer, so that the caller hears us before the call is answered: reliable where the caller knows PRACK. `answer` then
   * repeats the same description. An INVITE without an offer gets ours only reliably, else this does nothing (RFC 3261 §13.2.1).
   */
  progress(sdp: string): void;
  /** 200, repeated until the ACK; it waits for the PRACK of a description on its way. After a CANCEL, a second answer or an end it does nothing. */
  answer(sdp: string): void;
  /** A final response of 300 to 699. */
  reject(status: number, options?: { readonly retryAfterSeconds?: number }): void;
  /** Rejects with CallNotAcknowledged when the call ends first. */
  readonly acknowledged: Promise<void>;
  /** The SDP of the ACK, `''` when it had none; rejects like `acknowledged`. */
  readonly lateAnswer: Promise<string>;
}

export interface OutgoingCall extends SipCall {
  /** Somebody is there: the first response, 100 among them. Rejects as `answered` does when none comes. */
  readonly heard: Promise<void>;
  /** The far end rings, or answered without. Rejects as `answered` does. */
  readonly ringing: Promise<void>;
  /** A description before the answer, so that the far end's announcements are heard; more than once where a call is forked. */
  onEarlyMedia(listener: (sdp: string) => void): () => void;
  /** The SDP of the 2xx. Rejects with InviteUnanswered or InviteRefused. */
  readonly answered: Promise<string>;
}
