/**
 * A leg in its worker thread: one far end, what it sends and what it is sent. Packets go on as they arrive; there is no jitter buffer.
 * Times are monotonic ms.
 */
import type { Clock } from '@keepline/contracts/clock';
import { ComfortNoise, QUIET_LEVEL } from './comfort-noise.ts';
import { DigitReader } from './dtmf.ts';
import type { LegPlace, PlayEnd, RtpRemote } from './edge-messages.ts';
import { ALAW_SILENCE, alawToUlaw, ulawToAlaw } from './g711.ts';
import { COMFORT_NOISE, type Drops, LegIntake } from './leg-intake.ts';
import { LegReports } from './leg-reports.ts';
import { LegSockets } from './leg-sockets.ts';
import { type LegSample, QualitySampler, legQuality, type LegQuality } from './leg-quality.ts';
import { PACKET_SAMPLES, Player } from './player.ts';
import { RTP_HEADER_BYTES, type RtpHeader, writeRtp } from './rtp-packet.ts';
import { StreamAnchor } from './stream-anchor.ts';

export interface LegEvents {
  digit(digit: string): void;
  lost(): void;
  firstPacket(): void;
  playEnd(play: number, end: PlayEnd): void;
}
/** Where the sound of a leg goes: the call decides. The payload is A-law and may be changed by whoever sends it on. */
export type SoundOut = (from: EdgeLeg, header: RtpHeader, packet: Buffer, nowMs: number) => void;

/** Longer than the jitter of a bridged far end, so that its late packets are not mixed with silence of ours, ms. */
const FILL_AFTER_MS = 200;
/** How long a far end may be silent behind comfort noise before the RTP timeout begins: some name their noise once and then stay quiet. */
const NOISE_MAX_MS = 5 * 60_000;
/** Comfort noise is sent every 200 ms, often enough for a firewall. */
const NOISE_EVERY_TICKS = 10;

export class EdgeLeg {
  readonly id: string;
  /** Tells sources apart in `StreamAnchor`; above 0. */
  readonly number: number;
  muted = false;

  readonly #clock: Clock;
  readonly #events: LegEvents;
  readonly #soundOut: SoundOut;
  readonly #silenceWatch: boolean;
  readonly #anchor: StreamAnchor;
  readonly #intake = new LegIntake();
  readonly #sampler = new QualitySampler();
  readonly #digits = new DigitReader();
  readonly reports: LegReports;
  /** What is made in place of a far end that is silent behind comfort noise; undefined while it sends. */
  #noise: ComfortNoise | undefined;
  #sockets: LegSockets | undefined;
  #remote: RtpRemote | undefined;
  #player: { readonly play: number; readonly player: Player } | undefined;
  #heardAny = false;
  #heardMs = 0;
  #lost = false;
  #sent = 0;
  #sentMs = 0;
  #sentBytes = 0;
  #silentTicks = 0;

  constructor(place: LegPlace, number: number, clock: Clock, events: LegEvents, soundOut: SoundOut) {
    this.id = place.legId;
    this.number = number;
    this.#clock = clock;
    this.#events = events;
    this.#soundOut = soundOut;
    this.#silenceWatch = place.silenceWatch;
    this.#anchor = new StreamAnchor(place.ssrc, place.firstSequence, place.firstTimestamp);
    this.reports = new LegReports(place.ssrc, place.legId);
  }

  get isPlaying(): boolean {
    return this.#player !== undefined;
  }
  get drops(): Drops {
    return this.#intake.drops;
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
      (packet, from) => this.#readReport(this.#intake.takeReport(packet, from, this.#clock.monotonicMs())),
    );
  }

  setRemote(remote: RtpRemote): void {
    const nowMs = this.#clock.monotonicMs();
    this.#intake.expect(remote, nowMs);
    if (remote.local === true) this.#sockets?.connect(remote.address, remote.port, true);
    else if (!this.#intake.guard.isSteady(nowMs)) this.#sockets?.release();
    this.#remote = remote;
    this.#heardMs = nowMs; // silence counts from here: a resume after a long hold is not a loss
    this.#lost = false; // nor was it told of this far end
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

  /** Every 20 ms: noise for a far end that names it, and the next packet of a prompt, or silence when nothing else has been sent for a while. */
  tick(nowMs: number): void {
    if (this.#noise !== undefined) this.#makeNoise(this.#noise, nowMs);
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
    const lastSoundMs = this.#sentMs;
    if (this.#remote?.comfortNoise === true) this.#sendNoise(nowMs);
    else {
      const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + PACKET_SAMPLES);
      packet.fill(ALAW_SILENCE, RTP_HEADER_BYTES);
      this.#anchor.own(PACKET_SAMPLES, nowMs);
      this.#send(packet, 0, PACKET_SAMPLES, nowMs);
    }
    this.#sentMs = lastSoundMs; // silence does not count as sound, or it would come in bursts
  }

  /** Who takes comfort noise is told now and then how quiet it is (RFC 3389 §4), each time at the timestamp of that moment. */
  #sendNoise(nowMs: number): void {
    if (this.#silentTicks++ % NOISE_EVERY_TICKS !== 0) return;
    this.#anchor.pause();
    this.#anchor.own(PACKET_SAMPLES, nowMs);
    this.#anchor.marker = false; // that is for the first packet of speech, §4
    const packet = Buffer.alloc(RTP_HEADER_BYTES + 1, QUIET_LEVEL);
    this.#send(packet, 0, 1, nowMs, COMFORT_NOISE);
    this.#anchor.pause();
  }

  /** Every second: whether the far end has fallen silent though it should send. Reported once per silence; a desk is judged by its socket. */
  watchSilence(nowMs: number, timeoutMs: number): void {
    const { guard } = this.#intake;
    if (guard.isSteady(nowMs)) this.#sockets?.connect(guard.address, guard.port, this.#remote?.local === true);
    const remote = this.#remote;
    if (!this.#silenceWatch || !remote || remote.local === true) return;
    if (remote.held || remote.direction === 'recvonly' || remote.direction === 'inactive') {
      this.#heardMs = nowMs;
      return;
    }
    if (this.#noise && nowMs - this.#noise.sinceMs < NOISE_MAX_MS) return;
    if (this.#lost || nowMs - this.#heardMs < timeoutMs) return;
    this.#lost = true;
    this.#events.lost();
  }

  /** Every 5 s (RFC 3550 §6.2): tells the far end how it is heard. */
  sendReport(nowMs: number): void {
    const { guard, quality, security } = this.#intake;
    if (!this.#remote || guard.port === 0 || this.#remote.address === '0.0.0.0') return;
    const sent = this.#sent > 0 ? { timestamp: this.#anchor.timestampAt(nowMs), packets: this.#sent, bytes: this.#sentBytes } : null;
    const report = this.reports.write(sent, quality.report(), this.#clock.now());
    this.#sockets?.sendRtcp(security.sealReport(report), guard.address, guard.port);
  }

  quality(): LegQuality {
    return legQuality(this.#intake, this.reports, this.#sent, this.#sampler.worstMos);
  }

  /** How it was since the last time; undefined when nothing was to be heard. */
  sample(): LegSample | undefined {
    return this.#sampler.take(this.#intake.quality, this.reports);
  }

  close(): void {
    this.stopPlaying();
    this.#remote = undefined;
    this.#noise = undefined;
    this.#intake.close();
    this.#sockets?.close();
    this.#sockets = undefined;
  }

  #onRtp(datagram: Buffer, address: string, port: number): void {
    const nowMs = this.#clock.monotonicMs();
    const intake = this.#intake;
    const taken = intake.take(datagram, address, port, nowMs);
    if (taken === undefined) return;
    if (taken === 'report') return this.#readReport(taken);
    this.#heardMs = nowMs;
    this.#lost = false;
    if (taken === 'double') return;
    if (!this.#heardAny) {
      this.#heardAny = true;
      this.#events.firstPacket();
    }
    const { header, packet } = intake;
    if (taken === 'sound') {
      this.#noise = undefined;
      this.#hearSound(packet, header, nowMs);
    } else if (taken === 'digit') this.#readDigit(packet, header, nowMs);
    else this.#hearNoise(packet, header, nowMs);
  }

  #readDigit(packet: Buffer, header: RtpHeader, nowMs: number): void {
    const digit = this.#digits.read(header.ssrc, header.timestamp, packet, header.payloadOffset, header.payloadLength);
    if (digit !== undefined) this.#events.digit(digit);
    header.payloadLength = 0; // goes no further than its number
    this.#soundOut(this, header, packet, nowMs);
  }

  #hearSound(packet: Buffer, header: RtpHeader, nowMs: number): void {
    const from = header.payloadOffset;
    const to = from + header.payloadLength;
    // Muted is silence, not absence: a far end that hears nothing at all may take the call for dead.
    if (this.muted) packet.fill(ALAW_SILENCE, from, to);
    else if (this.#remote?.codec === 'PCMU') ulawToAlaw(packet, from, to);
    this.#soundOut(this, header, packet, nowMs);
  }

  #hearNoise(packet: Buffer, header: RtpHeader, nowMs: number): void {
    this.#noise ??= new ComfortNoise(header.ssrc, nowMs);
    this.#noise.hear(packet, header.payloadOffset, header.payloadLength);
  }

  #makeNoise(noise: ComfortNoise, nowMs: number): void {
    const { header, packet } = noise.next();
    if (this.muted) packet.fill(ALAW_SILENCE, RTP_HEADER_BYTES);
    this.#soundOut(this, header, packet, nowMs);
  }

  #readReport(taken: 'report' | undefined): void {
    if (taken && !this.reports.read(this.#intake.packet, this.#clock.now())) this.#intake.refuseReport();
  }

  #maySend(): boolean {
    const remote = this.#remote;
    if (!remote || this.#intake.guard.port === 0 || remote.address === '0.0.0.0') return false;
    return remote.direction !== 'sendonly' && remote.direction !== 'inactive';
  }

  #send(packet: Buffer, offset: number, payloadLength: number, nowMs: number, payloadType?: number): void {
    const remote = this.#remote;
    if (!remote) return;
    const { guard, security } = this.#intake;
    const payload = offset + RTP_HEADER_BYTES;
    const length = RTP_HEADER_BYTES + payloadLength;
    if (remote.codec === 'PCMU' && payloadType === undefined) alawToUlaw(packet, payload, payload + payloadLength);
    const { marker, sequence, timestamp, ssrc } = this.#anchor;
    writeRtp(packet, offset, payloadType ?? remote.payloadType, marker, sequence, timestamp, ssrc);
    if (security.isOn) {
      const sealed = security.seal(packet, offset, length);
      if (sealed) this.#sockets?.sendRtp(sealed, 0, sealed.length, guard.address, guard.port);
    } else this.#sockets?.sendRtp(packet, offset, length, guard.address, guard.port);
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
