import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyHeader, isRtcp, PAYLOAD_MAX_BYTES, readRtp, writeRtp } from './rtp-packet.ts';

interface Case {
  readonly why: string;
  readonly hex: string;
  readonly reads: object | null;
}
const cases = JSON.parse(readFileSync(new URL('../../fixtures/rtp/packets.json', import.meta.url), 'utf8')) as readonly Case[];
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('reading RTP (RFC 3550 §5.1)', () => {
  it.each(cases)('$why', ({ hex, reads }) => {
    const header = emptyHeader();
    expect(readRtp(bytes(hex), header)).toBe(reads !== null);
    if (reads !== null) expect(header).toEqual(reads);
  });

  it('never reads outside the datagram, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (packet) => {
        const header = emptyHeader();
        if (!readRtp(packet, header)) return;
        expect(header.payloadOffset).toBeGreaterThanOrEqual(12);
        expect(header.payloadLength).toBeGreaterThanOrEqual(0);
        expect(header.payloadOffset + header.payloadLength).toBeLessThanOrEqual(packet.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a payload longer than 200 ms', () => {
    const packet = new Uint8Array(12 + PAYLOAD_MAX_BYTES + 1);
    packet[0] = 0x80;
    expect(readRtp(packet, emptyHeader())).toBe(false);
    expect(readRtp(packet.subarray(0, -1), emptyHeader())).toBe(true);
  });

  it('gives back what was written, at any place of a datagram', () => {
    const word = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(
        fc.nat(127),
        fc.boolean(),
        fc.nat(0xffff),
        word,
        word,
        fc.nat(40),
        (payloadType, marker, sequence, timestamp, ssrc, at) => {
          const packet = new Uint8Array(at + 12 + 5).fill(0xff);
          writeRtp(packet, at, payloadType, marker, sequence, timestamp, ssrc);
          const header = emptyHeader();
          expect(readRtp(packet.subarray(at), header)).toBe(true);
          expect(header).toEqual({ payloadType, marker, sequence, timestamp, ssrc, payloadOffset: 12, payloadLength: 5 });
        },
      ),
    );
  });

  it('tells RTCP on a shared port by its packet type (RFC 5761 §4)', () => {
    expect(isRtcp(bytes('80c80006'))).toBe(true);
    expect(isRtcp(bytes('8088ffff'))).toBe(false);
  });
});
