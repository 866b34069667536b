/**
 * One direction of an SRTP session (RFC 3711): what is sent of one SSRC, and what is received of several. Each source has its own rollover
 * counter and replay window; all share the key.
 */
import type { CryptoSuite } from '../sdp/crypto-attribute.ts';
import { read16, read32, rtpHeaderBytes, write32 } from './rtp-packet.ts';
import { cipherFor, PACKET_MAX_BYTES, type PacketCipher } from './srtp-cipher.ts';
import { likelyRollovers, ReplayWindow, SEQUENCES } from './packet-index.ts';
import { deriveKeys, type SessionKeys, wipe } from './srtp-keys.ts';

export type SrtpFault = 'malformed' | 'unauthentic' | 'replayed';

/** Sources under one key: a far end that names more is refused, for a forgotten source could be replayed. */
const SOURCES_MAX = 32;
const RTCP_HEADER_BYTES = 8;
const INDEX_WORD_BYTES = 4;
const ENCRYPTED = 0x8000_0000;
/** After this silence a source may have counted on unheard, ms. Half of all sequence numbers pass in 11 minutes of hold at 50 packets a second. */
const SILENCE_MS = 60_000;
/** Shortest packet, which counts fastest, ms. */
const PACKET_MS = 10;
const ROLLOVERS_MISSED_MAX = 8;

class Direction {
  readonly rtp: PacketCipher;
  readonly rtcp: PacketCipher;
  /** GCM has its index word behind the tag, counter mode before it (RFC 7714 §9, RFC 3711 §3.4). */
  readonly tagFirst: boolean;
  readonly #keys: readonly SessionKeys[];

  constructor(suite: CryptoSuite, master: Uint8Array) {
    const [rtp, rtcp] = [deriveKeys(master, suite, 'rtp'), deriveKeys(master, suite, 'rtcp')];
    this.rtp = cipherFor(suite, rtp, 'rtp');
    this.rtcp = cipherFor(suite, rtcp, 'rtcp');
    this.tagFirst = suite === 'AEAD_AES_128_GCM';
    this.#keys = [rtp, rtcp];
  }

  wipe(): void {
    this.#keys.forEach(wipe);
  }
}

export class SrtpSender {
  readonly #direction: Direction;
  /** What was sent: a second packet under one index would give the key stream away (RFC 3711 §9.1). */
  readonly #sent = new ReplayWindow();
  #reports = 0;

  constructor(suite: CryptoSuite, master: Uint8Array) {
    this.#direction = new Direction(suite, master);
  }

  /** A sealed copy of `length` bytes at `offset`, header without extension; undefined when its index was used before. */
  seal(packet: Uint8Array, offset: number, length: number): Buffer | undefined {
    const { rtp } = this.#direction;
    const sealed = Buffer.allocUnsafe(length + rtp.tagBytes);
    sealed.set(packet.length === length ? packet : packet.subarray(offset, offset + length));
    const sequence = read16(sealed, 2);
    const { newest } = this.#sent;
    const rollovers = newest === -1 ? 0 : likelyRollovers(newest, sequence);
    const index = rollovers * SEQUENCES + sequence;
    if (rollovers < 0 || !this.#sent.isFresh(index)) return undefined;
    rtp.seal(sealed, rtpHeaderBytes(sealed), length, read32(sealed, 8), index, rollovers);
    this.#sent.take(index);
    return sealed;
  }

  sealReport(packet: Uint8Array): Buffer {
    const { rtcp, tagFirst } = this.#direction;
    const index = ++this.#reports;
    const word = (ENCRYPTED | index) >>> 0;
    const sealed = Buffer.alloc(packet.length + INDEX_WORD_BYTES + rtcp.tagBytes);
    sealed.set(packet);
    rtcp.seal(sealed, RTCP_HEADER_BYTES, packet.length, read32(packet, 4), index, word);
    if (!tagFirst) sealed.copyWithin(packet.length + INDEX_WORD_BYTES, packet.length, packet.length + rtcp.tagBytes);
    write32(sealed, tagFirst ? packet.length + rtcp.tagBytes : packet.length, word);
    return sealed;
  }

  wipe(): void {
    this.#direction.wipe();
  }
}

interface Source {
  readonly window: ReplayWindow;
  heardMs: number;
}

export class SrtpReceiver {
  readonly #direction: Direction;
  readonly #sources = new Map<number, Source>();
  readonly #reports = new Map<number, ReplayWindow>();
  /** Newest index of each source under the key before: some far ends go on counting, others begin at 0. */
  readonly #before: ReadonlyMap<number, number>;

  /** @param before the receiver of the key that this one replaces */
  constructor(suite: CryptoSuite, master: Uint8Array, before?: SrtpReceiver) {
    this.#direction = new Direction(suite, master);
    this.#before = new Map(before ? [...before.#sources].map(([ssrc, { window }]) => [ssrc, window.newest]) : []);
  }

  /** Opens an RTP packet in place; the result is its length without the tag. */
  open(packet: Uint8Array, nowMs: number): number | SrtpFault {
    const { rtp } = this.#direction;
    const from = rtpHeaderBytes(packet);
    const to = packet.length - rtp.tagBytes;
    if (from === 0 || to < from || packet.length > PACKET_MAX_BYTES) return 'malformed';
    const [sequence, ssrc] = [read16(packet, 2), read32(packet, 8)];
    const source = this.#sources.get(ssrc);
    if (source === undefined && this.#sources.size >= SOURCES_MAX) return 'unauthentic';
    let fault: SrtpFault = 'unauthentic';
    for (const rollovers of this.#candidates(ssrc, source, sequence, nowMs)) {
      const index = rollovers * SEQUENCES + sequence;
      if (source?.window.isFresh(index) === false) {
        fault = 'replayed';
        continue;
      }
      if (!rtp.open(packet, from, to, to, ssrc, index, rollovers)) continue;
      const known = source ?? { window: new ReplayWindow(), heardMs: 0 };
      this.#sources.set(ssrc, known);
      known.window.take(index);
      known.heardMs = nowMs;
      return to;
    }
    return fault;
  }

  /** Opens an RTCP packet in place; the result is its length without index word and tag. */
  openReport(packet: Uint8Array): number | SrtpFault {
    const { rtcp, tagFirst } = this.#direction;
    const to = packet.length - INDEX_WORD_BYTES - rtcp.tagBytes;
    if (to < RTCP_HEADER_BYTES || packet.length > PACKET_MAX_BYTES) return 'malformed';
    const word = read32(packet, tagFirst ? to + rtcp.tagBytes : to);
    if (word < ENCRYPTED) return 'malformed'; // in the clear: nobody agreed to that
    const [ssrc, index] = [read32(packet, 4), word - ENCRYPTED];
    const known = this.#reports.get(ssrc);
    if (known === undefined && this.#reports.size >= SOURCES_MAX) return 'unauthentic';
    if (known?.isFresh(index) === false) return 'replayed';
    if (!rtcp.open(packet, RTCP_HEADER_BYTES, to, tagFirst ? to : to + INDEX_WORD_BYTES, ssrc, index, word)) return 'unauthentic';
    const window = known ?? new ReplayWindow();
    window.take(index);
    this.#reports.set(ssrc, window);
    return to;
  }

  wipe(): void {
    this.#direction.wipe();
  }

  /** The likely rollover counter first; authentication tells which is right. */
  *#candidates(ssrc: number, source: Source | undefined, sequence: number, nowMs: number): Generator<number> {
    if (source === undefined) {
      yield 0;
      const before = this.#before.get(ssrc) ?? 0;
      const carried = likelyRollovers(before, sequence);
      if (carried > 0) yield carried;
      return;
    }
    const likely = likelyRollovers(source.window.newest, sequence);
    if (likely >= 0) yield likely;
    const silentMs = nowMs - source.heardMs;
    if (silentMs < SILENCE_MS) return;
    const missed = Math.min(ROLLOVERS_MISSED_MAX, 1 + Math.floor(silentMs / PACKET_MS / SEQUENCES));
    for (let more = 1; more <= missed; more++) yield likely + more;
  }
}
