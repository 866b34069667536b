/**
 * One call of the soft phone, in either direction. Retransmits what UDP may lose, answers what comes within the dialog, and keeps the
 * times a test asks for (monotonic ms).
 */
import { DialogText, newBranch } from './dialog-text.ts';
import { Repeats } from './repeats.ts';
import { RtpLine } from './rtp-line.ts';
import { type Direction, header, mediaOf, type SipText, sdpText, statusOf, uriOf } from './sip-text.ts';

export interface Place {
  readonly address: string;
  readonly port: number;
}
interface Wire {
  readonly send: (bytes: Buffer, to: Place) => void;
  readonly local: Place;
}

export class PhoneCall {
  line: RtpLine;
  readonly #wire: Wire;
  #says: readonly number[];
  readonly #dialog: DialogText;
  readonly #remote: Place;
  #cseq = 1;
  #version = 1;
  #invite: SipText | null = null;
  /** Our last answer to it; what a retransmission of it gets again (RFC 3261 §17.2.1). */
  #inviteAnswer: Buffer | null = null;
  #inviteBranch = '';
  #ackBytes: Buffer | null = null;
  #state: 'calling' | 'ringing' | 'talking' | 'over' = 'calling';
  #isOver = false;
  readonly #repeats = new Repeats();
  readonly #waiting = new Map<string, (message: SipText) => void>();
  readonly #answered = Promise.withResolvers<void>();
  readonly #ringing = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<'local' | 'remote' | 'refused'>();
  /** INVITE to first 180, and to 200, ms; −1 before. */
  ringMs = -1;
  answerMs = -1;
  /** Final status of the INVITE. */
  status = 0;
  /** Statuses that NOTIFY told of a transfer (RFC 3515 §2.4.5). */
  readonly reports: number[] = [];
  /** Retry-After of a refusal, seconds; 0 when absent. */
  retryAfter = 0;

  private constructor(wire: Wire, line: RtpLine, dialog: DialogText, remote: Place, says: readonly number[]) {
    this.#wire = wire;
    this.line = line;
    this.#dialog = dialog;
    this.#remote = remote;
    this.#says = says;
    this.#answered.promise.catch(() => {}); // a caller who only waits for `ended` need not look
  }

  static async open(
    o: Wire & { remote: Place; target: string; from: string; callId: string; says: readonly number[] },
  ): Promise<PhoneCall> {
    const line = await RtpLine.open(o.local.address);
    return new PhoneCall(o, line, new DialogText({ ...o, to: `<${o.target}>` }), o.remote, o.says);
  }

  static async ringing(o: Wire & { invite: SipText }): Promise<PhoneCall> {
    const { invite, local } = o;
    const line = await RtpLine.open(local.address);
    const via = header(invite, 'via');
    const [host = '', port = '5060'] = (/;received=([^;]+)/.exec(via)?.[1] ?? via.split(/[ ;]/)[1] ?? '').split(':');
    const dialog = new DialogText({
      local,
      callId: header(invite, 'call-id'),
      target: uriOf(header(invite, 'contact')),
      from: header(invite, 'to'),
      to: header(invite, 'from'),
    });
    const call = new PhoneCall(o, line, dialog, { address: host, port: Number(port) }, []);
    call.#invite = invite;
    call.#state = 'ringing';
    return call;
  }

  get callId(): string {
    return this.#dialog.callId;
  }

  /** Settles when the other side answered; rejects with its status when it refused. */
  get answered(): Promise<void> {
    return this.#answered.promise;
  }

  get isRinging(): Promise<void> {
    return this.#ringing.promise;
  }

  get ended(): Promise<'local' | 'remote' | 'refused'> {
    return this.#ended.promise;
  }

  get remoteNumber(): string {
    return /sip:([^@>;]+)/.exec(this.#dialog.to)?.[1] ?? '';
  }

  /** @param replaced the call whose place it is to take (RFC 3891) */
  invite(replaced?: PhoneCall): void {
    this.#inviteBranch = newBranch();
    const startedMs = performance.now();
    const offer = sdpText(this.#wire.local.address, this.line.port, this.#version);
    const more = replaced ? [['Replaces', replaced.#dialog.replaces] as const] : [];
    const bytes = this.#dialog.request('INVITE', this.#inviteBranch, 1, offer, 'application/sdp', more);
    this.#repeat(bytes, () => this.#refused(408));
    this.#waiting.set('1 INVITE', (response) => this.#inviteAnswered(response, performance.now() - startedMs));
  }

  /** Answers a call that rings here. */
  async accept(says: readonly number[]): Promise<PhoneCall> {
    if (!this.#invite) throw new Error('this call did not come in');
    this.#state = 'talking';
    this.#says = says;
    this.line.start(mediaOf(this.#invite.body), says);
    this.#inviteAnswer = this.#dialog.response(this.#invite, 200, 'OK', sdpText(this.#wire.local.address, this.line.port, this.#version));
    this.#repeat(this.#inviteAnswer, () => this.#over('refused'));
    this.#answered.resolve();
    return this;
  }

  sendRinging(): void {
    if (!this.#invite) return;
    this.#inviteAnswer = this.#dialog.response(this.#invite, 180, 'Ringing');
    this.#send(this.#inviteAnswer);
  }

  /** Early media of a call that rings here: 183 with our description, and sound. */
  speakEarly(says: readonly number[]): PhoneCall {
    if (!this.#invite) throw new Error('this call did not come in');
    this.line.start(mediaOf(this.#invite.body), says);
    const { address } = this.#wire.local;
    this.#send(this.#dialog.response(this.#invite, 183, 'Session Progress', sdpText(address, this.line.port, this.#version)));
    return this;
  }

  reject(status: number, cause?: number): void {
    const more = cause === undefined ? [] : [['Reason', `Q.850;cause=${cause}`] as const];
    if (this.#invite) this.#send(this.#dialog.response(this.#invite, status, 'Refused', '', more));
    this.#over('refused');
  }

  /** Key by RFC 4733, or by INFO (application/dtmf-relay). */
  async press(key: string, by: 'rtp' | 'info' = 'rtp'): Promise<void> {
    if (by === 'rtp') return this.line.press(key);
    const answer = await this.#ask('INFO', `Signal=${key}\r\nDuration=160\r\n`, 'application/dtmf-relay');
    if (statusOf(answer) !== 200) throw new Error(`INFO was answered ${statusOf(answer)}`);
  }

  /**
   * Re-INVITE with this direction: `sendonly` or `inactive` hold, `sendrecv` resumes. Resolves with the answer's SDP.
   * @param mediaAddress where our audio is wanted; `0.0.0.0` is how RFC 2543 held a call
   */
  async reinvite(direction: Direction, mediaAddress = this.#wire.local.address): Promise<string> {
    this.#version += 1;
    const answer = await this.#ask('INVITE', sdpText(mediaAddress, this.line.port, this.#version, direction), 'application/sdp');
    if (statusOf(answer) !== 200) throw new Error(`re-INVITE was answered ${statusOf(answer)}`);
    this.#send(this.#dialog.request('ACK', newBranch(), this.#cseq));
    return answer.body;
  }

  /** Re-INVITE that takes the call back at another address and port of this machine, with another SSRC, as a PBX moves a call. */
  async resumeAt(address: string): Promise<void> {
    const line = await RtpLine.open(address);
    this.#version += 1;
    const answer = await this.#ask('INVITE', sdpText(address, line.port, this.#version), 'application/sdp');
    if (statusOf(answer) !== 200) throw new Error(`re-INVITE was answered ${statusOf(answer)}`);
    this.#send(this.#dialog.request('ACK', newBranch(), this.#cseq));
    this.line.close();
    this.line = line;
    line.start(mediaOf(answer.body), this.#says);
  }

  /** Presses the transfer key (REFER, RFC 3515). Resolves with the status it gets; how it goes is in `reports`. */
  async transfer(target: string): Promise<number> {
    return statusOf(await this.#ask('REFER', '', '', [['Refer-To', `<${target}>`]]));
  }

  /** Joins the far end of this call with that of another one: attended transfer (RFC 5589 §7). As `transfer`. */
  async transferTo(other: PhoneCall, target: string): Promise<number> {
    return await this.transfer(`${target}?Replaces=${encodeURIComponent(other.#dialog.replaces)}`);
  }

  /** BYE when talking, CANCEL while it rings. Resolves when the call is over. */
  async hangup(): Promise<void> {
    if (this.#state === 'over') return;
    if (this.#state === 'talking') {
      this.#state = 'over';
      await this.#ask('BYE').catch(() => {});
      this.#over('local');
    } else if (this.#invite) {
      this.reject(486);
    } else {
      this.#send(this.#dialog.request('CANCEL', this.#inviteBranch, 1));
      await this.ended;
    }
  }

  receive(message: SipText): void {
    const status = statusOf(message);
    if (status > 0) {
      this.#waiting.get(header(message, 'cseq'))?.(message);
      return;
    }
    const method = message.start.split(' ')[0];
    if (method === 'ACK') return this.#repeats.stop();
    if (method === 'CANCEL' && this.#invite && this.#state === 'ringing') {
      this.#send(this.#dialog.response(message, 200, 'OK'));
      this.#send(this.#dialog.response(this.#invite, 487, 'Request Terminated'));
      return this.#over('remote');
    }
    if (method === 'INVITE' && this.#invite && this.#inviteAnswer && header(message, 'cseq') === header(this.#invite, 'cseq'))
      return this.#send(this.#inviteAnswer);
    if (method === 'INVITE' && this.#state === 'talking') {
      const media = mediaOf(message.body);
      if (media.port > 0) this.line.start(media, this.#says);
      this.#version += 1;
      return this.#send(this.#dialog.response(message, 200, 'OK', sdpText(this.#wire.local.address, this.line.port, this.#version)));
    }
    this.#send(this.#dialog.response(message, 200, 'OK'));
    if (method === 'NOTIFY') this.reports.push(Number(message.body.slice(8, 11)));
    if (method === 'BYE') this.#over('remote');
  }

  #inviteAnswered(response: SipText, tookMs: number): void {
    const status = statusOf(response);
    this.#repeats.stop();
    if (status < 200) {
      if (status > 100 && this.ringMs < 0) this.ringMs = tookMs;
      if (status > 100) this.#ringing.resolve();
      return;
    }
    if (this.#ackBytes) return this.#send(this.#ackBytes); // our ACK was lost
    this.status = status;
    this.#dialog.to = header(response, 'to');
    if (status >= 300) {
      this.retryAfter = Number(header(response, 'retry-after').split(/[ ;(]/)[0] || 0);
      this.#ackBytes = this.#dialog.request('ACK', this.#inviteBranch, 1);
      this.#send(this.#ackBytes);
      return this.#refused(status);
    }
    this.answerMs = tookMs;
    if (this.ringMs < 0) this.ringMs = tookMs;
    this.#dialog.target = uriOf(header(response, 'contact')) || this.#dialog.target;
    this.#ackBytes = this.#dialog.request('ACK', newBranch(), 1);
    this.#send(this.#ackBytes);
    this.#state = 'talking';
    this.line.start(mediaOf(response.body), this.#says);
    this.#answered.resolve();
  }

  #refused(status: number): void {
    this.status = status;
    this.#answered.reject(new Error(`the call was refused with ${status}`));
    this.#over('refused');
  }

  #over(by: 'local' | 'remote' | 'refused'): void {
    if (this.#isOver) return; // both sides may hang up at the same moment
    this.#isOver = true;
    this.#repeats.stop();
    this.#state = 'over';
    this.line.close();
    this.#ended.resolve(by);
  }

  /** Sends a request in the dialog and waits for its final answer. */
  #ask(method: string, body = '', type = '', more: ReadonlyArray<readonly [string, string]> = []): Promise<SipText> {
    this.#cseq += 1;
    const cseq = this.#cseq;
    return new Promise((resolve, reject) => {
      this.#repeat(this.#dialog.request(method, newBranch(), cseq, body, type, more), () =>
        reject(new Error(`${method} was not answered`)),
      );
      this.#waiting.set(`${cseq} ${method}`, (response) => {
        if (statusOf(response) < 200) return;
        this.#waiting.delete(`${cseq} ${method}`);
        this.#repeats.stop();
        resolve(response);
      });
    });
  }

  #repeat(bytes: Buffer, giveUp: () => void): void {
    this.#repeats.start(() => this.#send(bytes), giveUp);
  }

  #send(bytes: Buffer): void {
    this.#wire.send(bytes, this.#remote);
  }
}
