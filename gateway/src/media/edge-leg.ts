/**
 * A leg in its worker thread: one far end, what it sends and what it is sent. Packets go on as they arrive; there is no jitter buffer.
 * Times are monotonic ms.
 */
import type { Clock } from '@keepline/contracts/clock';
import { DigitReader } from './dtmf.ts';
import type { LegPlace, PlayEnd, RtpRemote } from './edge-messages.ts';
import { ALAW_SILENCE, alawToUlaw, ulawToAlaw } from './g711.ts';
import { LegReports } from './leg-reports.ts';
import { LegSockets } from './leg-sockets.ts';
import { PACKET_SAMPLES, Player } from './player.ts';
import { type LegQuality, ReceptionQuality } from './quality.ts';
import { emptyHeader, isRtcp, readRtp, RTP_HEADER_BYTES, type RtpHeader, writeRtp } from './rtp-packet.ts';
import { SourceGuard } from './source-guard.ts';
import { StreamAnchor } from './stream-anchor.ts';

export interface LegEvents {
  digit(digit: string): void;
  lost(): void;
  firstPacket(): void;
  playEnd(play: number, end: PlayEnd): void;
}
/** Where the sound of a leg goes: the call decides. The payload is A-law and may be changed by whoever sends it on. */
export type SoundOut = (from: EdgeLeg, header: RtpHeader, packet: Buffer, nowMs: number) => void;

export interface Drops {
  foreign: number;
  malformed: number;
  unexpectedType: number;
}

/** Longer than the jitter of a bridged far end, so that its late packets are not mixed with silence of ours, ms. */
const FILL_AFTER_MS = 200;

export class EdgeLeg {
  readonly id: string;
  /** Tells sources apart in `StreamAnchor`; above 0. */
  readonly number: number;
  muted = false;
  readonly drops: Drops = { foreign: 0, malformed: 0, unexpectedType: 0 };

  readonly #clock: Clock;
  readonly #events: LegEvents;
  readonly #soundOut: SoundOut;
  readonly #silenceWatch: boolean;
  readonly #anchor: StreamAnchor;
  readonly #guard = new SourceGuard();
  readonly #quality = new ReceptionQuality();
  readonly #digits = new DigitReader();
  readonly #reports: LegReports;
  readonly #header = emptyHeader();
  #sockets: LegSockets | undefined;
  #remote: RtpRemote | undefined;
  #player: { readonly play: number; readonly player: Player } | undefined;
  #heardAny = false;
  #heardMs = 0;
  #lost = false;
  #sent = 0;
  #sentMs = 0;
  #sentBytes = 0;

  constructor(place: LegPlace, number: number, clock: Clock, events: LegEvents, soundOut: SoundOut) {
    this.id = place.legId;
    this.number = number;
    this.#clock = clock;
    this.#events = events;
    this.#soundOut = soundOut;
    this.#silenceWatch = place.silenceWatch;
    this.#anchor = new StreamAnchor(place.ssrc, place.firstSequence, place.firstTimestamp);
    this.#reports = new LegReports(place.ssrc, place.legId);
  }

  get isPlaying(): boolean {
    return this.#player !== undefined;
  }
  get sendFailed(): number {
    return this.#sockets?.sendFailed ?? 0;
  }

  /** @throws the system's error when the ports cannot be had */
  async open(address: string, port: number): Promise<void> {
    this.#sockets = await LegSockets.open(
      address,
      port,
      (packet, from, fromPort) => this.#onRtp(packet, from, fromPort),
      (packet, from) => this.#onRtcp(packet, from),
    );
  }

  setRemote(remote: RtpRemote): void {
    const nowMs = this.#clock.monotonicMs();
    this.#guard.expect(remote.address, remote.port, nowMs);
    if (remote.local === true) this.#sockets?.connect(remote.address, remote.port);
    this.#remote = remote;
    this.#heardMs = nowMs; // silence counts from here: a resume after a long hold is not a loss
  }

  play(play: number, sounds: readonly Uint8Array[], loop: boolean): void {
    this.stopPlaying();
    this.#anchor.pause();
    this.#player = { play, player: new Player(sounds, loop) };
  }

  stopPlaying(): void {
    this.#endPlaying('stopped');
  }

  /** Sends a packet of another leg on to this far end, unless a prompt is playing. The header is written over the old one. */
  forward(from: EdgeLeg, header: RtpHeader, packet: Buffer, nowMs: number): void {
    if (this.#player !== undefined || header.payloadLength === 0 || !this.#maySend()) return;
    const anchor = this.#anchor;
    const { ssrc, sequence, timestamp, payloadLength, marker } = header;
    if (!anchor.forward(from.number, ssrc, sequence, timestamp, payloadLength, marker, nowMs)) return;
    this.#send(packet, header.payloadOffset - RTP_HEADER_BYTES, payloadLength, nowMs);
  }

  /** Sends 20 ms made here from several voices, unless a prompt is playing. */
  say(alaw: Uint8Array, nowMs: number): void {
    if (this.#player !== undefined || !this.#maySend()) return;
    const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + PACKET_SAMPLES);
    packet.set(alaw, RTP_HEADER_BYTES);
    this.#anchor.own(PACKET_SAMPLES, nowMs);
    this.#send(packet, 0, PACKET_SAMPLES, nowMs);
  }

  /** A packet of `from` that stays here (a digit): closes the gap it would leave. */
  skip(from: EdgeLeg, header: RtpHeader): void {
    this.#anchor.swallow(from.number, header.ssrc, header.sequence);
  }

  /** Every 20 ms: the next packet of a prompt, or silence when nothing else has been sent for a while. */
  tick(nowMs: number): void {
    if (this.#player === undefined) return this.#fillSilence(nowMs);
    const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + PACKET_SAMPLES);
    if (!this.#player.player.next(packet, RTP_HEADER_BYTES)) return this.#endPlaying('finished');
    if (!this.#maySend()) return; // time passes for a prompt nobody hears, as for one that is heard
    this.#anchor.own(PACKET_SAMPLES, nowMs);
    this.#send(packet, 0, PACKET_SAMPLES, nowMs);
  }

  /** Carriers and firewalls take a stream that stops for a call that is dead: a menu that waits for a key still sends. */
  #fillSilence(nowMs: number): void {
    if (this.#sent === 0 || nowMs - this.#sentMs < FILL_AFTER_MS || this.#remote?.local === true || !this.#maySend()) return;
    const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + PACKET_SAMPLES);
    packet.fill(ALAW_SILENCE, RTP_HEADER_BYTES);
    this.#anchor.own(PACKET_SAMPLES, nowMs);
    const lastSoundMs = this.#sentMs;
    this.#send(packet, 0, PACKET_SAMPLES, nowMs);
    this.#sentMs = lastSoundMs; // silence does not count as sound, or it would come in bursts
  }

  /** Every second: whether the far end has fallen silent though it should send. Reported once per silence; a desk is judged by its socket. */
  watchSilence(nowMs: number, timeoutMs: number): void {
    const remote = this.#remote;
    if (!this.#silenceWatch || !remote || remote.local === true) return;
    if (remote.held || remote.direction === 'recvonly' || remote.direction === 'inactive') {
      this.#heardMs = nowMs;
      return;
    }
    if (this.#lost || nowMs - this.#heardMs < timeoutMs) return;
    this.#lost = true;
    this.#events.lost();
  }

  /** Every 5 s (RFC 3550 §6.2): tells the far end how it is heard. */
  sendReport(nowMs: number): void {
    if (!this.#remote || this.#guard.port === 0 || this.#remote.address === '0.0.0.0') return;
    const sent = this.#sent > 0 ? { timestamp: this.#anchor.timestampAt(nowMs), packets: this.#sent, bytes: this.#sentBytes } : null;
    const report = this.#reports.write(sent, this.#quality.report(), this.#clock.now());
    this.#sockets?.sendRtcp(report, this.#guard.address, this.#guard.port);
  }

  quality(): LegQuality {
    const { packets, lost, reordered, duplicates, jitterMs } = this.#quality;
    const { roundTripMs, lostByRemote } = this.#reports;
    return {
      packets,
      lost,
      reordered,
      duplicates,
      jitterMs: Math.round(jitterMs * 100) / 100,
      sent: this.#sent,
      roundTripMs,
      lostByRemote,
    };
  }

  close(): void {
    this.stopPlaying();
    this.#remote = undefined;
    this.#sockets?.close();
    this.#sockets = undefined;
  }

  #onRtp(packet: Buffer, address: string, port: number): void {
    const nowMs = this.#clock.monotonicMs();
    const remote = this.#remote;
    if (!remote || !this.#guard.accepts(address, port, nowMs)) {
      this.drops.foreign++;
      return;
    }
    if (isRtcp(packet)) return this.#readReport(packet);
    const header = this.#header;
    if (!readRtp(packet, header)) {
      this.drops.malformed++;
      return;
    }
    const isDigit = header.payloadType === remote.dtmfPayloadType;
    if (!isDigit && header.payloadType !== remote.payloadType) {
      this.drops.unexpectedType++;
      return;
    }
    // Digits may come on an SSRC of their own beside the sound, so only sound is asked.
    if (!isDigit && !this.#guard.isCurrent(header.ssrc, nowMs)) {
      this.drops.foreign++;
      return;
    }
    this.#heardMs = nowMs;
    this.#lost = false;
    if (!this.#quality.received(header.ssrc, header.sequence, header.timestamp, !isDigit, nowMs)) return;
    if (!this.#heardAny) {
      this.#heardAny = true;
      this.#events.firstPacket();
    }
    if (isDigit) this.#readDigit(packet, header, nowMs);
    else this.#hearSound(packet, header, remote.codec, nowMs);
  }

  #readDigit(packet: Buffer, header: RtpHeader, nowMs: number): void {
    const digit = this.#digits.read(header.ssrc, header.timestamp, packet, header.payloadOffset, header.payloadLength);
    if (digit !== undefined) this.#events.digit(digit);
    header.payloadLength = 0; // goes no further than its number
    this.#soundOut(this, header, packet, nowMs);
  }

  #hearSound(packet: Buffer, header: RtpHeader, codec: RtpRemote['codec'], nowMs: number): void {
    const from = header.payloadOffset;
    const to = from + header.payloadLength;
    // Muted is silence, not absence: a far end that hears nothing at all may take the call for dead.
    if (this.muted) packet.fill(ALAW_SILENCE, from, to);
    else if (codec === 'PCMU') ulawToAlaw(packet, from, to);
    this.#soundOut(this, header, packet, nowMs);
  }

  #onRtcp(packet: Buffer, address: string): void {
    // The port may be any: a NAT maps RTCP on its own. Nothing is sent back to it.
    if (address === this.#guard.address) this.#readReport(packet);
    else this.drops.foreign++;
  }

  #readReport(packet: Buffer): void {
    if (!this.#reports.read(packet, this.#clock.now())) this.drops.malformed++;
  }

  #maySend(): boolean {
    const remote = this.#remote;
    if (!remote || this.#guard.port === 0 || remote.address === '0.0.0.0') return false;
    return remote.direction !== 'sendonly' && remote.direction !== 'inactive';
  }

  #send(packet: Buffer, offset: number, payloadLength: number, nowMs: number): void {
    const remote = this.#remote;
    if (!remote) return;
    const payload = offset + RTP_HEADER_BYTES;
    if (remote.codec === 'PCMU') alawToUlaw(packet, payload, payload + payloadLength);
    const { marker, sequence, timestamp, ssrc } = this.#anchor;
    writeRtp(packet, offset, remote.payloadType, marker, sequence, timestamp, ssrc);
    this.#sockets?.sendRtp(packet, offset, RTP_HEADER_BYTES + payloadLength, this.#guard.address, this.#guard.port);
    this.#sent++;
    this.#sentMs = nowMs;
    this.#sentBytes += payloadLength;
  }

  #endPlaying(end: PlayEnd): void {
    const playing = this.#player;
    if (!playing) return;
    this.#player = undefined;
    this.#events.playEnd(playing.play, end);
  }
}
