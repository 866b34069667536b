/**
 * SRTP of a leg: seals what it sends and opens what it is sent, once its SDP has named keys; without keys everything passes as it is. Keys are
 * wiped when they are replaced and when the leg ends; they never reach a log or a report.
 */
import type { SrtpKeys } from '../sdp/offer-answer.ts';
import { type SrtpFault, SrtpReceiver, SrtpSender } from './srtp.ts';

/** How long packets under the key before are still taken: those on the way when the far end changed it (RFC 4568 §7.1.4), ms. */
const REKEY_GRACE_MS = 2000;

export class LegSecurity {
  #keys: SrtpKeys | undefined;
  #sender: SrtpSender | undefined;
  #receiver: SrtpReceiver | undefined;
  #before: { readonly receiver: SrtpReceiver; readonly untilMs: number } | undefined;
  /** Dropped: the tag does not fit, so it is forged, or the far end holds another key. */
  unauthentic = 0;
  /** Dropped: seen before, or older than the replay window. */
  replayed = 0;

  get isOn(): boolean {
    return this.#receiver !== undefined;
  }

  /** Takes the keys of an SDP. A direction whose key is the same goes on with its counters: to begin anew would look like a replay. */
  agree(keys: SrtpKeys | undefined, nowMs: number): void {
    const last = this.#keys;
    if (keys === undefined) return this.wipe();
    const sameSuite = keys.suite === last?.suite;
    if (!sameSuite || !sameBytes(keys.send, last.send)) {
      this.#sender?.wipe();
      this.#sender = new SrtpSender(keys.suite, keys.send);
    }
    if (!sameSuite || !sameBytes(keys.receive, last.receive)) {
      this.#before?.receiver.wipe();
      this.#before = this.#receiver && { receiver: this.#receiver, untilMs: nowMs + REKEY_GRACE_MS };
      this.#receiver = new SrtpReceiver(keys.suite, keys.receive, this.#receiver);
    }
    last?.send.fill(0);
    last?.receive.fill(0);
    this.#keys = keys;
  }

  /** Opens a packet in place; undefined when it must be dropped, which is counted, and `malformed` when it is no SRTP at all. */
  open(packet: Buffer, nowMs: number): Buffer | 'malformed' | undefined {
    return this.#opened(packet, (receiver) => receiver.open(packet, nowMs), nowMs);
  }

  openReport(packet: Buffer, nowMs: number): Buffer | 'malformed' | undefined {
    return this.#opened(packet, (receiver) => receiver.openReport(packet), nowMs);
  }

  /** Undefined when the packet must not be sent: its index has been used. */
  seal(packet: Uint8Array, offset: number, length: number): Buffer | undefined {
    return this.#sender?.seal(packet, offset, length);
  }

  sealReport(packet: Uint8Array): Uint8Array {
    return this.#sender?.sealReport(packet) ?? packet;
  }

  wipe(): void {
    for (const one of [this.#sender, this.#receiver, this.#before?.receiver]) one?.wipe();
    this.#keys?.send.fill(0);
    this.#keys?.receive.fill(0);
    this.#keys = undefined;
    this.#sender = undefined;
    this.#receiver = undefined;
    this.#before = undefined;
  }

  #opened(packet: Buffer, open: (receiver: SrtpReceiver) => number | SrtpFault, nowMs: number): Buffer | 'malformed' | undefined {
    if (!this.#receiver) return packet;
    let length = open(this.#receiver);
    const before = this.#before;
    if (length === 'unauthentic' && before) {
      if (nowMs < before.untilMs) length = open(before.receiver);
      else {
        before.receiver.wipe();
        this.#before = undefined;
      }
    }
    if (typeof length === 'number') return packet.subarray(0, length);
    if (length === 'malformed') return length;
    this[length] += 1;
    return undefined;
  }
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
