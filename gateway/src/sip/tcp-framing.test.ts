import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, TcpFraming } from './tcp-framing.ts';

const MAX = 1000;
const message = (body: string, more = ''): string =>
  `INFO sip:a@b SIP/2.0\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const bodies = (frames: readonly Frame[]): string[] =>
  frames.map((frame) => (frame.is === 'message' ? frame.message.body.toString() : frame.is));

function feed(chunks: readonly Buffer[], max = MAX): Frame[] {
  const framing = new TcpFraming(max);
  return chunks.flatMap((chunk) => framing.take(chunk));
}

describe('TcpFraming (RFC 3261 §18.3)', () => {
  it('finds the same messages and pings byte by byte, in one piece, and cut anywhere', () => {
    const stream = Buffer.from(
      `\r\n\r\n${message('eins')}${message('')}\r\n${message('zwei 二')}\r\n\r\n\r\n\r\n${message('x'.repeat(800))}`,
    );
    const expected = ['ping', 'eins', '', 'zwei 二', 'ping', 'ping', 'x'.repeat(800)];
    expect(bodies(feed([stream]))).toEqual(expected);
    expect(bodies(feed([...stream].map((byte) => Buffer.from([byte]))))).toEqual(expected);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        const chunks = places.slice(1).map((end, i) => stream.subarray(places[i], end));
        expect(bodies(feed(chunks))).toEqual(expected);
      }),
    );
  });

  it('does not keep the memory of the chunk it was fed: a later one does not change a body', () => {
    const chunk = Buffer.from(message('eins'));
    const frames = feed([chunk]);
    chunk.fill(0x20);
    expect(bodies(frames)).toEqual(['eins']);
  });

  it.each([
    ['a head that does not end', 'x'.repeat(MAX), 'too_large'],
    ['a body larger than allowed', 'INFO sip:a@b SIP/2.0\r\nContent-Length: 999\r\n\r\n', 'too_large'],
    ['no Content-Length', 'INFO sip:a@b SIP/2.0\r\n\r\n', 'bad_content_length'],
    ['two lengths', 'INFO sip:a@b SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\n', 'bad_content_length'],
    ['no SIP at all', 'GET / HTTP/1.1\r\n\r\n', 'bad_head'],
  ])('gives up a stream with %s and says nothing after it', (_name, text, why) => {
    const frames = feed([Buffer.from(text), Buffer.from(message('after'))]);
    expect(frames).toHaveLength(1);
    expect(frames[0]).toMatchObject({ is: 'broken', why });
  });

  it('keeps at most one message in memory, whatever is sent', () => {
    const framing = new TcpFraming(MAX);
    const frames = Array.from({ length: 100 }, () => framing.take(Buffer.alloc(64, 0x61))).flat();
    expect(bodies(frames)).toEqual(['broken']);
    expect(framing.isInsideMessage).toBe(false);
  });

  it('never throws on bytes of any kind', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (chunks) => {
        expect(feed(chunks.map((chunk) => Buffer.from(chunk)))).toBeInstanceOf(Array);
      }),
      { numRuns: 500 },
    );
  });
});
