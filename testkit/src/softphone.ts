/**
 * A soft phone over UDP for demos, tests and benches: calls a number, presses keys, holds, hangs up, and says what it heard. It knows
 * only what a decent phone must (RFC 3261 §8, §13, §17) and shares no line with the gateway's own stack.
 */
import { createSocket, type Socket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PhoneCall } from './softphone/phone-call.ts';
import { header, parseSip, type SipText, statusOf } from './softphone/sip-text.ts';

export interface CallOptions {
  /** What the caller says, Hz; empty for silence. */
  readonly says?: readonly number[];
  /** Caller's number and name as in From. */
  readonly number?: string;
  readonly name?: string;
  /** The call whose place it is to take (RFC 3891). */
  readonly replaces?: PhoneCall;
}
/** An incoming call that rings on this phone; answer it or let it ring. */
export interface RingingCall {
  readonly number: string;
  answer(says: readonly number[]): Promise<PhoneCall>;
  /** Is heard before it answers (183 with its description). */
  speakEarly(says: readonly number[]): PhoneCall;
  /** @param cause Q.850, for the Reason header (RFC 3326) */
  reject(status: number, cause?: number): void;
  readonly cancelled: Promise<void>;
}

export class Softphone {
  readonly address: string;
  readonly #socket: Socket;
  readonly #dialogs = new Map<string, (message: SipText) => void>();
  readonly #calls = new Set<PhoneCall>();
  /** Called for an INVITE that starts a call; without it the phone is busy (486). */
  onRinging: ((call: RingingCall) => void) | null = null;

  private constructor(socket: Socket, address: string) {
    this.#socket = socket;
    this.address = address;
    socket.on('message', (bytes) => this.#receive(parseSip(bytes.toString('utf8'))));
    socket.on('error', () => {}); // a port that closed at the far end; timers of the call notice
  }

  static async open(address = '127.0.0.1', port = 0): Promise<Softphone> {
    const socket = createSocket('udp4');
    socket.bind(port, address);
    await once(socket, 'listening');
    return new Softphone(socket, address);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /**
   * Calls `number` at the site. Resolves when the far end answered.
   * @throws Error with the SIP status when it refused
   */
  async call(site: { readonly address: string; readonly port: number }, number: string, options: CallOptions = {}): Promise<PhoneCall> {
    const call = await this.place(site, number, options);
    await call.answered;
    return call;
  }

  /** As `call`, but returns while it is still ringing. */
  async place(site: { readonly address: string; readonly port: number }, number: string, options: CallOptions = {}): Promise<PhoneCall> {
    const call = await PhoneCall.open({
      send: (bytes, to) => this.#socket.send(bytes, to.port, to.address),
      local: { address: this.address, port: this.port },
      remote: site,
      target: `sip:${number}@${site.address}:${site.port}`,
      from: `"${options.name ?? 'Caller'}" <sip:${options.number ?? 'caller'}@${this.address}:${this.port}>`,
      callId: `${randomBytes(8).toString('hex')}@${this.address}`,
      says: options.says ?? [440],
    });
    this.#track(call);
    call.invite(options.replaces);
    return call;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#calls].map((call) => call.hangup()));
    this.#socket.close();
  }

  #track(call: PhoneCall): void {
    this.#calls.add(call);
    this.#dialogs.set(call.callId, (message) => call.receive(message));
    void call.ended.then(() => {
      this.#calls.delete(call);
      // Late retransmissions of BYE are answered for a while yet.
      setTimeout(() => this.#dialogs.delete(call.callId), 2000).unref();
    });
  }

  #receive(message: SipText): void {
    const known = this.#dialogs.get(header(message, 'call-id'));
    if (known) return known(message);
    if (statusOf(message) === 0 && message.start.startsWith('INVITE ')) void this.#ringFor(message);
  }

  async #ringFor(invite: SipText): Promise<void> {
    const call = await PhoneCall.ringing({
      send: (bytes, to) => this.#socket.send(bytes, to.port, to.address),
      local: { address: this.address, port: this.port },
      invite,
    });
    this.#track(call);
    if (!this.onRinging) return call.reject(486);
    call.sendRinging();
    this.onRinging({
      number: call.remoteNumber,
      answer: (says) => call.accept(says),
      speakEarly: (says) => call.speakEarly(says),
      reject: (status, cause) => call.reject(status, cause),
      cancelled: call.ended.then(() => {}),
    });
  }
}
