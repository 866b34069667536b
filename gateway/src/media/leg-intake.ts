/**
 * What a leg lets in, in this order: the right address, opened when it is encrypted, the right port, RTP of a type that was agreed, a source
 * that is current, and each packet once. Whatever is dropped is counted. Times are monotonic ms.
 */
import type { RtpRemote } from './edge-messages.ts';
import { LegSecurity } from './leg-security.ts';
import { ReceptionQuality } from './quality.ts';
import { emptyHeader, isRtcp, readRtp } from './rtp-packet.ts';
import { SourceGuard } from './source-guard.ts';

export interface Drops {
  foreign: number;
  malformed: number;
  unexpectedType: number;
  unauthentic: number;
  replayed: number;
}
/** `double` is a packet that came twice: it is life, but nothing to hear. */
export type Taken = 'sound' | 'digit' | 'noise' | 'report' | 'double' | undefined;

/** RFC 3551 Table 4: gateways send it without having said so in their SDP. */
export const COMFORT_NOISE = 13;

export class LegIntake {
  readonly guard = new SourceGuard();
  readonly security = new LegSecurity();
  readonly quality = new ReceptionQuality();
  /** Of the packet taken last, as is `packet`, opened. */
  readonly header = emptyHeader();
  packet: Buffer = Buffer.alloc(0);
  readonly #drops = { foreign: 0, malformed: 0, unexpectedType: 0 };
  #remote: RtpRemote | undefined;

  get drops(): Drops {
    const { unauthentic, replayed } = this.security;
    return { ...this.#drops, unauthentic, replayed };
  }

  expect(remote: RtpRemote, nowMs: number): void {
    this.#remote = remote;
    this.guard.expect(remote.address, remote.port, nowMs);
    this.security.agree(remote.srtp, nowMs);
  }

  /** Takes what came to the RTP port. */
  take(datagram: Buffer, address: string, port: number, nowMs: number): Taken {
    const remote = this.#remote;
    const { guard, header } = this;
    // A key proves more than a port: a port is learnt only from a packet that is authentic.
    if (!remote || (this.security.isOn ? address !== guard.address : !guard.accepts(address, port, nowMs))) {
      this.#drops.foreign++;
      return undefined;
    }
    if (isRtcp(datagram)) return this.takeReport(datagram, address, nowMs);
    let packet = datagram;
    if (this.security.isOn) {
      const opened = this.#opened(this.security.open(datagram, nowMs));
      if (opened === undefined) return undefined;
      if (!guard.accepts(address, port, nowMs)) {
        this.#drops.foreign++;
        return undefined;
      }
      packet = opened;
    }
    if (!readRtp(packet, header)) {
      this.#drops.malformed++;
      return undefined;
    }
    const type = header.payloadType;
    const taken =
      type === remote.payloadType ? 'sound' : type === remote.dtmfPayloadType ? 'digit' : type === COMFORT_NOISE ? 'noise' : undefined;
    if (taken === undefined) {
      this.#drops.unexpectedType++;
      return undefined;
    }
    // Digits may come on an SSRC of their own beside the sound, so only sound is asked.
    if (taken !== 'digit' && !guard.isCurrent(header.ssrc, nowMs)) {
      this.#drops.foreign++;
      return undefined;
    }
    this.packet = packet;
    return this.quality.received(header.ssrc, header.sequence, header.timestamp, taken === 'sound', nowMs) ? taken : 'double';
  }

  /** Takes what came to the RTCP port. That may be any: a NAT maps RTCP on its own, and nothing is sent back to it. */
  takeReport(datagram: Buffer, address: string, nowMs: number): 'report' | undefined {
    if (address !== this.guard.address) {
      this.#drops.foreign++;
      return undefined;
    }
    const opened = this.#opened(this.security.openReport(datagram, nowMs));
    if (opened === undefined) return undefined;
    this.packet = opened;
    return 'report';
  }

  refuseReport(): void {
    this.#drops.malformed++;
  }

  /** Ends it: the keys are wiped. */
  close(): void {
    this.#remote = undefined;
    this.security.wipe();
  }

  #opened(opened: Buffer | 'malformed' | undefined): Buffer | undefined {
    if (opened !== 'malformed') return opened;
    this.#drops.malformed++;
    return undefined;
  }
}
