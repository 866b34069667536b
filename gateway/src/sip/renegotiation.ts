/**
 * Changes of the session inside a call: re-INVITE once it is answered, UPDATE before (RFC 3261 §14, RFC 3311), ours and theirs, never two at
 * once. The dialog user owns the dialog and lends us the few things we need of it.
 */
import type { Clock } from '@keepline/contracts/clock';
import { AnswerUntilAck } from './answer-until-ack.ts';
import type { CallSignals } from './call-signals.ts';
import type { ClientEvents } from './client-transaction.ts';
import { ReinviteRefused } from './errors.ts';
import type { Chance } from './identifiers.ts';
import type { Inbound } from './inbound.ts';
import { MAX_REINVITE_TRIES, MAX_WAITING_REINVITES, REINVITE_TIMEOUT_MS } from './limits.ts';
import type { Headers, SipResponse } from './message.ts';
import { Outcome } from './outcome.ts';
import { parseCseq } from './parse-header.ts';
import { isSessionBody, mediaType, type SessionBody, sessionBody } from './recording-session.ts';
import { glareWaitMs } from './reinvite-glare.ts';
import type { HeaderPairs, ResponseParts } from './respond.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { SessionRefresh } from './session-refresh.ts';
import { WAIT_MS } from './transaction.ts';

/** RFC 3261 §20.43: why a 488 is one. */
export const INCOMPATIBLE: readonly [string, string] = ['Warning', '305 keepline "Incompatible media format"'];

export interface SentRequest {
  readonly cseq: number;
  /** Drops the request: whatever comes for it afterwards is stray. */
  stop(): void;
}

export interface InDialog {
  readonly clock: Clock;
  readonly chance: Chance;
  /** Whether we made the Call-ID, which decides who waits longer after a collision. */
  readonly ownsCallId: boolean;
  send(method: string, body: { type: string; text: string } | undefined, headers: HeaderPairs, events: ClientEvents): SentRequest;
  acknowledge(cseq: number): void;
  response(transaction: ServerTransaction, status: number, parts?: ResponseParts): SipResponse;
  contact(): HeaderPairs;
  /** The far end may have moved. */
  refresh(headers: Headers): void;
  /** Whether the INVITE has its 2xx; before that only UPDATE may change anything. */
  isConfirmed(): boolean;
  readonly session: Pick<SessionRefresh, 'answered' | 'accepted' | 'headers' | 'lengthen'>;
  /** Nobody is there any more. */
  lost(by: 'remote' | 'timeout' | 'transport', status?: number): void;
  /** Our 2xx to a re-INVITE was never acknowledged (§14.2). */
  notAcknowledged(): void;
}

interface Wanted {
  readonly offer: string;
  readonly outcome: Outcome<string>;
  tries: number;
}

export class Renegotiation {
  readonly #in: InDialog;
  readonly #signals: CallSignals;
  readonly #waiting: Wanted[] = [];
  #ours: Wanted | null = null;
  /** The last description of ours that stands; `''` until the first offer has its answer. */
  #local = '';
  #theirs: AnswerUntilAck | null = null;
  /** Set while ours waits after a 491. */
  #stopWaiting: (() => void) | null = null;
  #stopTimeout: (() => void) | null = null;
  /** Drops the request of ours that was sent last. */
  #abandon: (() => void) | null = null;

  constructor(inDialog: InDialog, signals: CallSignals) {
    this.#in = inDialog;
    this.#signals = signals;
  }

  /** See `SipCall.reinvite`. */
  offer(offer: string): Promise<string> {
    const wanted: Wanted = { offer, outcome: new Outcome<string>(), tries: 0 };
    if (this.#signals.isOver) wanted.outcome.reject(new ReinviteRefused(0, 'the call is over'));
    else if (this.#waiting.length >= MAX_WAITING_REINVITES) wanted.outcome.reject(new ReinviteRefused(0, 'too many changes at once'));
    else {
      this.#waiting.push(wanted);
      this.#startNext();
    }
    return wanted.outcome.promise;
  }

  /** The first offer has its answer, or an answer of ours is out: `sdp` is our side of it. */
  began(sdp: string): void {
    this.#local = sdp;
  }

  /** Our description as it stands, for a refresh that changes nothing; `''` when there is none. */
  get local(): string {
    return this.#local;
  }

  /** An UPDATE from the far end (RFC 3311 §5.2). */
  receiveUpdate(transaction: ServerTransaction): void {
    const body = this.#open(transaction);
    if (body === null) return;
    if (body.sdp !== '') return this.receiveOffer(transaction);
    const { headers } = transaction.inbound.request;
    this.#in.refresh(headers);
    transaction.respond(this.#in.response(transaction, 200, { headers: this.#sessionHeaders(headers) }));
    this.#tell(body);
  }

  /** An offer in a request whose response answers it at once: UPDATE, or PRACK. */
  receiveOffer(transaction: ServerTransaction): void {
    const { request } = transaction.inbound;
    const body = sessionBody(request) ?? { sdp: '', metadata: '' };
    const offer = body.sdp;
    const say = (status: number, parts: ResponseParts = {}): void => transaction.respond(this.#in.response(transaction, status, parts));
    if (this.#ours !== null && this.#stopWaiting === null) return say(491);
    if (this.#local === '' && this.#in.ownsCallId) return say(491); // our INVITE's offer has no answer yet
    if (this.#local === '' || this.#theirs?.isOpen) return say(500, { headers: [['Retry-After', `${this.#in.chance.below(11)}`]] });
    const answer = this.#answerTo(offer, transaction);
    if (answer === null) return say(488, { headers: [INCOMPATIBLE] });
    this.#in.refresh(request.headers);
    this.#local = answer;
    const headers = request.method === 'PRACK' ? [] : this.#sessionHeaders(request.headers);
    say(200, { headers, body: { type: 'application/sdp', text: answer } });
    this.#tell(body);
  }

  /** Null when it is answered already: no description we know, or metadata where nothing is recorded (RFC 7866 §9). */
  #open(transaction: ServerTransaction): SessionBody | null {
    const { request } = transaction.inbound;
    const isForeign = this.#signals.recording === null && isSessionBody(mediaType(request.headers.get('content-type')));
    const body = isForeign ? null : sessionBody(request);
    if (body === null) transaction.respond(this.#in.response(transaction, isForeign ? 415 : 400));
    return body;
  }

  /** What the metadata says holds for the description it came with, so it is told after that took effect. */
  #tell({ metadata }: SessionBody): void {
    if (metadata !== '') this.#signals.recording?.tell(metadata);
  }

  /** A session has an expiry once it is answered (RFC 4028 §5): an early UPDATE sets none. */
  #sessionHeaders(request: Headers): HeaderPairs {
    return this.#in.isConfirmed() ? [...this.#in.contact(), ...this.#in.session.answered(request)] : this.#in.contact();
  }

  /** A re-INVITE from the far end (§14.2). */
  receive(transaction: ServerTransaction): void {
    if (this.#ours !== null && this.#stopWaiting === null) return transaction.respond(this.#in.response(transaction, 491));
    if (this.#theirs?.isOpen)
      return transaction.respond(this.#in.response(transaction, 500, { headers: [['Retry-After', `${this.#in.chance.below(11)}`]] }));
    const body = this.#open(transaction);
    if (body === null) return;
    const offer = body.sdp;
    const answer = this.#answerTo(offer, transaction);
    if (answer === null) return transaction.respond(this.#in.response(transaction, 488, { headers: [INCOMPATIBLE] }));
    const { headers } = transaction.inbound.request;
    this.#in.refresh(headers); // not before it is accepted: a refused one changes nothing (§14.2)
    this.#local = answer;
    const response = this.#in.response(transaction, 200, {
      headers: this.#sessionHeaders(headers),
      body: { type: 'application/sdp', text: answer },
    });
    const onAck = (ack: Inbound): void => {
      const late = ack.request.body.toString('utf8');
      if (offer === '' && late !== '') this.#signals.reanswer(late, answer);
      this.#startNext();
    };
    this.#theirs = new AnswerUntilAck(this.#in.clock, transaction, response, onAck, () => this.#in.notAcknowledged());
    this.#tell(body);
  }

  #answerTo(offer: string, transaction: ServerTransaction): string | null {
    try {
      return this.#signals.reoffer(offer);
    } catch (fault) {
      transaction.respond(this.#in.response(transaction, 500));
      throw fault;
    }
  }

  receiveAck(ack: Inbound): void {
    this.#theirs?.receive(ack);
  }

  /** The call is over. */
  stop(): void {
    this.#stopWaiting?.();
    this.#stopTimeout?.();
    this.#theirs?.stop();
    // Time for the final response and our ACK to it; without one nothing else would end the request once a provisional response came.
    if (this.#ours !== null && this.#abandon !== null) this.#in.clock.after(WAIT_MS, this.#abandon);
    for (const wanted of [this.#ours, ...this.#waiting.splice(0)]) wanted?.outcome.reject(new ReinviteRefused(0, 'the call is over'));
    this.#ours = null;
  }

  #startNext(): void {
    if (this.#ours !== null || this.#theirs?.isOpen) return;
    this.#ours = this.#waiting.shift() ?? null;
    if (this.#ours !== null) this.#try(this.#ours);
  }

  #try(wanted: Wanted): void {
    wanted.tries++;
    const method = this.#in.isConfirmed() ? 'INVITE' : 'UPDATE';
    const headers = [...this.#in.contact(), ...this.#in.session.headers()];
    const sent = this.#in.send(method, { type: 'application/sdp', text: wanted.offer }, headers, {
      response: (response) => this.#received(wanted, method, response),
      failed: (why) => {
        this.#refused(wanted, new ReinviteRefused(0, why));
        this.#in.lost(why);
      },
    });
    const abandon = (): void => sent.stop();
    this.#abandon = abandon;
    // A provisional response stops timer B, and nothing else would ever end the wait.
    this.#stopTimeout = this.#in.clock.after(REINVITE_TIMEOUT_MS, () => {
      abandon();
      this.#refused(wanted, new ReinviteRefused(0, 'no final response'));
    });
  }

  #received(wanted: Wanted, method: 'INVITE' | 'UPDATE', response: SipResponse): void {
    const { status } = response;
    if (status < 200) return;
    if (this.#ours === wanted) this.#stopTimeout?.();
    if (status < 300) {
      this.#in.refresh(response.headers);
      // Each time: a repeated 2xx means a lost ACK.
      if (method === 'INVITE') this.#in.acknowledge(parseCseq(response.headers.get('cseq') ?? '')?.number ?? 0);
      if (this.#ours !== wanted) return;
      this.#in.session.accepted(response.headers);
      this.#ours = null;
      const answer = response.body.toString('utf8');
      if (answer === '') wanted.outcome.reject(new ReinviteRefused(status, 'its 2xx carried no answer'));
      else {
        this.#local = wanted.offer;
        wanted.outcome.resolve(answer);
      }
      return this.#startNext();
    }
    if (this.#ours !== wanted) return; // the call is over, or the wait was
    if (status === 491 && wanted.tries < MAX_REINVITE_TRIES) return this.#waitForGlare(wanted);
    if (status === 422 && wanted.tries < MAX_REINVITE_TRIES) {
      this.#in.session.lengthen(response.headers);
      return this.#try(wanted);
    }
    this.#refused(wanted, new ReinviteRefused(status, `status ${status}`));
    if (status === 481 || status === 408) this.#in.lost('remote', status); // §12.2.1.2
  }

  #waitForGlare(wanted: Wanted): void {
    const waitMs = glareWaitMs(this.#in.ownsCallId, this.#in.chance.below(1_000) / 1_000);
    this.#stopWaiting = this.#in.clock.after(waitMs, () => {
      this.#stopWaiting = null;
      if (!this.#theirs?.isOpen) return this.#try(wanted);
      this.#ours = null; // theirs came first; ours is next
      this.#waiting.unshift(wanted);
    });
  }

  #refused(wanted: Wanted, error: ReinviteRefused): void {
    if (this.#ours === wanted) {
      this.#stopTimeout?.();
      this.#ours = null;
    }
    wanted.outcome.reject(error);
    this.#startNext();
  }
}
