/**
 * Sealing and opening one packet in place, given its index: AES in counter mode with HMAC-SHA1 (RFC 3711 §4.1.1, §4.2.1) and AES-GCM
 * (RFC 7714 §8, §9). A packet that is not authentic is left as it was.
 */
import { createCipheriv, createDecipheriv, hash, type Cipheriv } from 'node:crypto';
import type { CryptoSuite } from '../sdp/crypto-attribute.ts';
import { PAYLOAD_MAX_BYTES, write32 } from './rtp-packet.ts';
import type { SessionKeys } from './srtp-keys.ts';

/** Longest packet sealed or opened, bytes: payload, header with everything it may carry, tag. */
export const PACKET_MAX_BYTES = PAYLOAD_MAX_BYTES + 400;

/** For one direction and one of RTP and RTCP. `from` to `to` is what is encrypted; the tag follows at `to`. */
export interface PacketCipher {
  readonly tagBytes: number;
  /** @param word what is authenticated behind the packet: rollover counter, or the index word of SRTCP (§3.4) */
  seal(packet: Uint8Array, from: number, to: number, ssrc: number, index: number, word: number): void;
  /** `tagAt` is `to`, or behind the index word in SRTCP of counter mode. */
  open(packet: Uint8Array, from: number, to: number, tagAt: number, ssrc: number, index: number, word: number): boolean;
}

export function cipherFor(suite: CryptoSuite, keys: SessionKeys, of: 'rtp' | 'rtcp'): PacketCipher {
  if (suite === 'AEAD_AES_128_GCM') return new Gcm(keys, of);
  return new CounterMode(keys, suite === 'AES_CM_128_HMAC_SHA1_32' && of === 'rtp' ? 4 : 10); // SRTCP keeps 80 bits, RFC 4568 §6.2.2
}

const HASH_BLOCK_BYTES = 64;
const BLOCK_BYTES = 16;
/** Of this thread; a packet is done with before the next one begins. */
const counters = new DataView(new ArrayBuffer(Math.ceil(PACKET_MAX_BYTES / BLOCK_BYTES) * BLOCK_BYTES));
const counterBytes = new Uint8Array(counters.buffer);

/**
 * A cipher or HMAC object for each packet would cost 16 µs each; counter mode is XOR with encrypted counters, so one AES object for the life
 * of the key does, and HMAC is two plain hashes (RFC 2104).
 */
class CounterMode implements PacketCipher {
  readonly tagBytes: number;
  readonly #aes: Cipheriv;
  readonly #salt: DataView;
  /** Key block, then the packet; key block, then the inner hash. */
  readonly #inner = new Uint8Array(HASH_BLOCK_BYTES + PACKET_MAX_BYTES + 4).fill(0x36, 0, HASH_BLOCK_BYTES);
  readonly #outer = new Uint8Array(HASH_BLOCK_BYTES + 20).fill(0x5c, 0, HASH_BLOCK_BYTES);

  constructor({ cipher, auth, salt }: SessionKeys, tagBytes: number) {
    this.tagBytes = tagBytes;
    this.#aes = createCipheriv('aes-128-ecb', cipher, null).setAutoPadding(false);
    this.#salt = new DataView(salt.buffer, salt.byteOffset, salt.length);
    auth.forEach((byte, i) => {
      this.#inner[i] = byte ^ 0x36;
      this.#outer[i] = byte ^ 0x5c;
    });
  }

  seal(packet: Uint8Array, from: number, to: number, ssrc: number, index: number, word: number): void {
    this.#crypt(packet, from, to, ssrc, index);
    const tag = this.#tag(packet, to, word);
    for (let i = 0; i < this.tagBytes; i++) packet[to + i] = tag[i] ?? 0;
  }

  open(packet: Uint8Array, from: number, to: number, tagAt: number, ssrc: number, index: number, word: number): boolean {
    const tag = this.#tag(packet, to, word);
    let difference = 0; // all bytes are looked at, so that time tells nothing
    for (let i = 0; i < this.tagBytes; i++) difference |= (tag[i] ?? 0) ^ (packet[tagAt + i] ?? 0);
    if (difference !== 0) return false;
    this.#crypt(packet, from, to, ssrc, index);
    return true;
  }

  #crypt(packet: Uint8Array, from: number, to: number, ssrc: number, index: number): void {
    const blocks = Math.ceil((to - from) / BLOCK_BYTES);
    const salt = this.#salt;
    const [a, b] = [salt.getUint32(0), salt.getUint32(4) ^ ssrc];
    const c = salt.getUint32(8) ^ Math.floor(index / 0x1_0000);
    const d = (salt.getUint16(12) ^ (index & 0xffff)) << 16;
    for (let block = 0; block < blocks; block++) {
      const at = block * BLOCK_BYTES;
      counters.setUint32(at, a);
      counters.setUint32(at + 4, b);
      counters.setUint32(at + 8, c);
      counters.setUint32(at + 12, d | block);
    }
    const stream = this.#aes.update(counterBytes.subarray(0, blocks * BLOCK_BYTES));
    for (let i = from, k = 0; i < to; i++, k++) packet[i] = (packet[i] ?? 0) ^ (stream[k] ?? 0);
  }

  #tag(packet: Uint8Array, to: number, word: number): Buffer {
    const inner = this.#inner;
    inner.set(to === packet.length ? packet : packet.subarray(0, to), HASH_BLOCK_BYTES);
    write32(inner, HASH_BLOCK_BYTES + to, word);
    this.#outer.set(hash('sha1', inner.subarray(0, HASH_BLOCK_BYTES + to + 4), 'buffer'), HASH_BLOCK_BYTES);
    return hash('sha1', this.#outer, 'buffer');
  }
}

/** Node starts no GCM anew with another IV, so here it is an object for each packet. */
class Gcm implements PacketCipher {
  readonly tagBytes = 16;
  readonly #key: Uint8Array;
  readonly #salt: Uint8Array;
  readonly #of: 'rtp' | 'rtcp';

  constructor({ cipher, salt }: SessionKeys, of: 'rtp' | 'rtcp') {
    this.#key = cipher;
    this.#salt = salt;
    this.#of = of;
  }

  seal(packet: Uint8Array, from: number, to: number, ssrc: number, index: number, word: number): void {
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#iv(ssrc, index)).setAAD(this.#header(packet, from, word));
    packet.set(cipher.update(packet.subarray(from, to)), from);
    cipher.final();
    packet.set(cipher.getAuthTag(), to);
  }

  open(packet: Uint8Array, from: number, to: number, tagAt: number, ssrc: number, index: number, word: number): boolean {
    const cipher = createDecipheriv('aes-128-gcm', this.#key, this.#iv(ssrc, index)).setAAD(this.#header(packet, from, word));
    cipher.setAuthTag(packet.subarray(tagAt, tagAt + this.tagBytes));
    const plain = cipher.update(packet.subarray(from, to));
    try {
      cipher.final();
    } catch {
      return false;
    }
    packet.set(plain, from);
    return true;
  }

  /** RFC 7714 §8.1: two zero bytes, SSRC, 48 bits of index (that of SRTCP has 31, §9.1), all over the salt. */
  #iv(ssrc: number, index: number): Uint8Array {
    const iv = new Uint8Array(12);
    write32(iv, 2, ssrc);
    write32(iv, 6, Math.floor(index / 0x1_0000));
    iv[10] = (index >>> 8) & 0xff;
    iv[11] = index & 0xff;
    this.#salt.forEach((byte, i) => {
      iv[i] = (iv[i] ?? 0) ^ byte;
    });
    return iv;
  }

  /** SRTCP authenticates its index word too, RFC 7714 §9.2. */
  #header(packet: Uint8Array, from: number, word: number): Uint8Array {
    if (this.#of === 'rtp') return packet.subarray(0, from);
    const header = new Uint8Array(from + 4);
    header.set(packet.subarray(0, from));
    write32(header, from, word);
    return header;
  }
}
