/** SRTP against the vectors of RFC 3711, RFC 7714 and libsrtp's reference packet, and against what a network and an attacker do to packets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CryptoSuite } from '../sdp/crypto-attribute.ts';
import { KEY_BYTES } from '../sdp/crypto-attribute.ts';
import { writeRtp } from './rtp-packet.ts';
import { SrtpReceiver, SrtpSender } from './srtp.ts';
import { cipherFor } from './srtp-cipher.ts';
import { likelyRollovers, ReplayWindow } from './packet-index.ts';
import { deriveKeys } from './srtp-keys.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const SUITES = Object.keys(KEY_BYTES) as CryptoSuite[];
const master = (suite: CryptoSuite, first = 1): Uint8Array => Uint8Array.from({ length: KEY_BYTES[suite] }, (_, i) => (i + first) & 0xff);

function packet(sequence: number, ssrc = 0xcafe_babe, payload = 160): Buffer {
  const bytes = Buffer.alloc(12 + payload, 0xd5);
  writeRtp(bytes, 0, 8, false, sequence, sequence * 160, ssrc);
  return bytes;
}
function seal(sender: SrtpSender, plain: Buffer): Buffer {
  const sealed = sender.seal(plain, 0, plain.length);
  if (!sealed) throw new Error('an index came twice');
  return sealed;
}

describe('published vectors', () => {
  it('derives the session keys of RFC 3711 B.3', () => {
    const keys = deriveKeys(hex('E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6'), 'AES_CM_128_HMAC_SHA1_80', 'rtp');
    expect(Buffer.from(keys.cipher).toString('hex').toUpperCase()).toBe('C61E7A93744F39EE10734AFE3FF7A087');
    expect(Buffer.from(keys.salt).toString('hex').toUpperCase()).toBe('30CBBC08863D8C85D49DB34A9AE1');
    expect(Buffer.from(keys.auth).toString('hex').toUpperCase()).toBe('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4');
  });

  it('makes the key stream of RFC 3711 B.2', () => {
    const keys = { cipher: hex('2B7E151628AED2A6ABF7158809CF4F3C'), auth: new Uint8Array(20), salt: hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD') };
    const zeros = new Uint8Array(48 + 10);
    cipherFor('AES_CM_128_HMAC_SHA1_80', keys, 'rtp').seal(zeros, 0, 48, 0, 0, 0);
    expect(Buffer.from(zeros.subarray(0, 48)).toString('hex').toUpperCase()).toBe(
      'E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0',
    );
  });

  it('seals and opens the reference packet of libsrtp', () => {
    const key = hex('e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6');
    const plain = hex('800f1234 decafbad cafebabe abababab abababab abababab abababab');
    const sealed = hex('800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402 b78d6acc 99ea179b 8dbb');
    expect(seal(new SrtpSender('AES_CM_128_HMAC_SHA1_80', key), plain)).toEqual(sealed);
    const opened = Buffer.from(sealed);
    expect(new SrtpReceiver('AES_CM_128_HMAC_SHA1_80', key).open(opened, 0)).toBe(plain.length);
    expect(opened.subarray(0, plain.length)).toEqual(plain);
  });

  it('seals and opens the packet of RFC 7714 §16.1 and the report of §17.1', () => {
    const keys = { cipher: hex('000102030405060708090a0b0c0d0e0f'), auth: new Uint8Array(0), salt: hex('517569642070726f2071756f') };
    const rtp = hex('8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573');
    const srtp = hex(
      '8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce',
    );
    const out = Buffer.concat([rtp, Buffer.alloc(16)]);
    cipherFor('AEAD_AES_128_GCM', keys, 'rtp').seal(out, 12, rtp.length, 0x5501a0b2, 0xf17b, 0);
    expect(out).toEqual(srtp);
    expect(cipherFor('AEAD_AES_128_GCM', keys, 'rtp').open(out, 12, rtp.length, rtp.length, 0x5501a0b2, 0xf17b, 0)).toBe(true);
    expect(out.subarray(0, rtp.length)).toEqual(rtp);

    const rtcp = hex('81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef');
    const sealed = Buffer.concat([rtcp, Buffer.alloc(16)]);
    cipherFor('AEAD_AES_128_GCM', keys, 'rtcp').seal(sealed, 8, rtcp.length, 0x4d617273, 0x5d4, 0x800005d4);
    expect(sealed.toString('hex')).toBe(
      '81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade',
    );
  });
});

describe.each(SUITES)('%s', (suite) => {
  it('opens what it sealed, whatever the payload, extension and contributing sources', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(65_535), fc.nat(15), fc.boolean(), (payload, sequence, sources, extended) => {
        const extension = extended ? hex('bede0001 1001aabb') : Buffer.alloc(0);
        const plain = Buffer.concat([packet(sequence, 7, 0), Buffer.alloc(sources * 4), extension, payload]);
        plain[0] = 0x80 | sources | (extended ? 0x10 : 0);
        const sealed = seal(new SrtpSender(suite, master(suite)), plain);
        expect(new SrtpReceiver(suite, master(suite)).open(sealed, 0)).toBe(plain.length);
        expect(sealed.subarray(0, plain.length)).toEqual(plain);
      }),
    );
  });

  it('refuses a wrong key, a changed bit anywhere, and a tag cut short, and leaves the packet as it was', () => {
    const sealed = seal(new SrtpSender(suite, master(suite)), packet(1));
    expect(new SrtpReceiver(suite, master(suite, 2)).open(Buffer.from(sealed), 0)).toBe('unauthentic');
    const receiver = new SrtpReceiver(suite, master(suite));
    fc.assert(
      fc.property(fc.integer({ min: 16, max: sealed.length * 8 - 1 }), (bit) => {
        const changed = Buffer.from(sealed);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const sent = Buffer.from(changed);
        expect(['unauthentic', 'malformed']).toContain(receiver.open(changed, 0));
        expect(changed).toEqual(sent);
      }),
    );
    for (let cut = 1; cut <= 12; cut++) expect(receiver.open(Buffer.from(sealed.subarray(0, -cut)), 0)).toBe('unauthentic');
    expect(receiver.open(Buffer.from(sealed.subarray(0, 13)), 0)).toBe('malformed');
    expect(receiver.open(Buffer.from(sealed), 0)).toBe(172); // and nothing of this moved its window
  });

  it('follows the sequence over its wrap, in any order within the window, and takes each packet once', () => {
    const sender = new SrtpSender(suite, master(suite));
    const receiver = new SrtpReceiver(suite, master(suite));
    const sealed = Array.from({ length: 300 }, (_, i) => seal(sender, packet((65_400 + i) & 0xffff)));
    for (let i = 0; i + 1 < sealed.length; i += 2) {
      for (const at of [i + 1, i]) expect(receiver.open(Buffer.from(sealed[at] ?? []), i)).toBe(172);
    }
    for (const at of [299, 298, 200, 10]) expect(receiver.open(Buffer.from(sealed[at] ?? []), 999)).toBe('replayed');
  });

  it('never seals two packets under one index', () => {
    const sender = new SrtpSender(suite, master(suite));
    seal(sender, packet(9));
    expect(sender.seal(packet(9), 0, 172)).toBeUndefined();
  });

  it('seals and opens reports, each once, and takes none in the clear', () => {
    const report = Buffer.alloc(52, 7);
    report.set([0x81, 200, 0, 12]);
    const sealed = new SrtpSender(suite, master(suite)).sealReport(report);
    expect(sealed.includes(report.subarray(8, 40))).toBe(false);
    const receiver = new SrtpReceiver(suite, master(suite));
    const open = Buffer.from(sealed);
    expect(receiver.openReport(open)).toBe(report.length);
    expect(open.subarray(0, report.length)).toEqual(report);
    expect(receiver.openReport(Buffer.from(sealed))).toBe('replayed');
    expect(new SrtpReceiver(suite, master(suite, 3)).openReport(Buffer.from(sealed))).toBe('unauthentic');
    expect(receiver.openReport(report)).toBe('malformed');
  });
});

describe('a receiver', () => {
  const suite = 'AES_CM_128_HMAC_SHA1_80';
  const key = master(suite);

  it('finds a far end again that counted on through a hold of 11, 30 or 60 minutes (janus#3640)', () => {
    for (const minutes of [11, 30, 60]) {
      const [sender, receiver] = [new SrtpSender(suite, key), new SrtpReceiver(suite, key)];
      expect(receiver.open(seal(sender, packet(20_000)), 0)).toBe(172);
      let last: Buffer = Buffer.alloc(0);
      for (let i = 1; i <= minutes * 60 * 50; i += 100) last = seal(sender, packet((20_000 + i) & 0xffff)); // unheard
      expect(receiver.open(last, minutes * 60_000)).toBe(172);
    }
  });

  it('keeps each source apart, takes a new SSRC at once, and bounds how many there are', () => {
    const receiver = new SrtpReceiver(suite, key);
    for (let ssrc = 1; ssrc <= 32; ssrc++) expect(receiver.open(seal(new SrtpSender(suite, key), packet(ssrc * 7, ssrc)), 0)).toBe(172);
    expect(receiver.open(seal(new SrtpSender(suite, key), packet(1, 99)), 0)).toBe('unauthentic');
    expect(receiver.open(seal(new SrtpSender(suite, key), packet(2000, 5)), 0)).toBe(172);
  });

  it('takes a new key with the rollover counter begun again or carried over', () => {
    const before = new SrtpReceiver(suite, key);
    const old = new SrtpSender(suite, key);
    for (const sequence of [65_535, 0]) expect(before.open(seal(old, packet(sequence)), 0)).toBe(172);
    const fresh = seal(new SrtpSender(suite, master(suite, 9)), packet(1));
    expect(new SrtpReceiver(suite, master(suite, 9), before).open(fresh, 0)).toBe(172);
    const carried = new SrtpSender(suite, master(suite, 9));
    seal(carried, packet(65_535));
    expect(new SrtpReceiver(suite, master(suite, 9), before).open(seal(carried, packet(1)), 0)).toBe(172);
    expect(new SrtpReceiver(suite, master(suite, 9)).open(seal(carried, packet(2)), 0)).toBe('unauthentic');
  });
});

describe('the index of a packet (RFC 3711 §3.3.1)', () => {
  it.each([
    [0, 1, 0],
    [10, 65_530, -1],
    [65_535, 0, 1],
    [65_536 + 5, 65_530, 0],
    [3 * 65_536 + 40_000, 100, 4],
    [3 * 65_536 + 30_000, 100, 3],
  ])('after %d a sequence number %d belongs to round %d', (newest, sequence, rollovers) => {
    expect(likelyRollovers(newest, sequence)).toBe(rollovers);
  });

  it('knows every index of its window once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 400 }), (indexes) => {
        const window = new ReplayWindow();
        const taken = new Set<number>();
        for (const index of indexes) {
          const fresh = window.isFresh(index);
          if (taken.has(index)) expect(fresh).toBe(false);
          else expect(fresh).toBe(index > window.newest - 128);
          if (fresh) window.take(index);
          if (fresh) taken.add(index);
        }
      }),
    );
  });
});
