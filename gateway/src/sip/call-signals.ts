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

  /** The first end counts, and is the last that anybody hears: transactions keep the call for 32 s more, whoever listened need not stay with it. */
  end(end: SipEnd): void {
    if (this.isOver) return;
    this.#ended.resolve(end);
    for (const listeners of [this.#digits, this.#reanswers, this.#earlyMedia]) listeners.clear();
    this.#reoffer = null;
    this.#refer = null;
    this.recording?.forget();
  }

  onDigit(listener: (digit: string) => void): () => void {
    return this.#listen(this.#digits, listener);
  }

  onReanswer(listener: (answer: string, offer: string) => void): () => void {
    return this.#listen(this.#reanswers, listener);
  }

  onReoffer(listener: (offer: string) => string | null): () => void {
    if (!this.isOver) this.#reoffer = listener;
    return () => {
      if (this.#reoffer === listener) this.#reoffer = null;
    };
  }

  onEarlyMedia(listener: (sdp: string) => void): () => void {
    return this.#listen(this.#earlyMedia, listener);
  }

  onRefer(handler: (referral: Referral) => void): () => void {
    if (!this.isOver) this.#refer = handler;
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

  #listen<T>(listeners: Set<T>, listener: T): () => void {
    if (!this.isOver) listeners.add(listener);
    return () => void listeners.delete(listener);
  }
}
