/** Who listens to a call, kept apart from the dialog because listeners come before there is one. */
import type { Referral, SipEnd } from './call.ts';
import { Outcome } from './outcome.ts';
import type { RecordingSession } from './recording-session.ts';

export class CallSignals {
  /** Set where the call is a recording session (RFC 7866). */
  recording: RecordingSession | null = null;
  readonly #ended = new Outcome<SipEnd>();
  readonly #digits = new Set<(digit: string) => void>();
  readonly #reanswers = new Set<(answer: string, offer: string) => void>();
  readonly #earlyMedia = new Set<(sdp: string) => void>();
  #reoffer: ((offer: string) => string | null) | null = null;
  #refer: ((referral: Referral) => void) | null = null;

  get ended(): Promise<SipEnd> {
    return this.#ended.promise;
  }

  get isOver(): boolean {
    return this.#ended.isSettled;
  }

  /** The first end counts. */
  end(end: SipEnd): void {
    if (!this.#ended.isSettled) this.#ended.resolve(end);
  }

  onDigit(listener: (digit: string) => void): () => void {
    this.#digits.add(listener);
    return () => this.#digits.delete(listener);
  }

  onReanswer(listener: (answer: string, offer: string) => void): () => void {
    this.#reanswers.add(listener);
    return () => this.#reanswers.delete(listener);
  }

  onReoffer(listener: (offer: string) => string | null): () => void {
    this.#reoffer = listener;
    return () => {
      if (this.#reoffer === listener) this.#reoffer = null;
    };
  }

  onEarlyMedia(listener: (sdp: string) => void): () => void {
    this.#earlyMedia.add(listener);
    return () => this.#earlyMedia.delete(listener);
  }

  onRefer(handler: (referral: Referral) => void): () => void {
    this.#refer = handler;
    return () => {
      if (this.#refer === handler) this.#refer = null;
    };
  }

  digit(digit: string): void {
    for (const listener of this.#digits) listener(digit);
  }

  reanswer(answer: string, offer: string): void {
    for (const listener of this.#reanswers) listener(answer, offer);
  }

  reoffer(offer: string): string | null {
    return this.#reoffer?.(offer) ?? null;
  }

  earlyMedia(sdp: string): void {
    for (const listener of this.#earlyMedia) listener(sdp);
  }

  /** false when nobody listens. */
  refer(referral: Referral): boolean {
    if (this.#refer === null) return false;
    this.#refer(referral);
    return true;
  }
}
