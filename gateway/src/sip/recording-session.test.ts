/** Bodies in two parts as SRCs write them (RFC 7866 §9, RFC 2046 §5.1), and what cannot be taken apart. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Headers } from './message.ts';
import { asksToRecord, sessionBody } from './recording-session.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n';
const XML = '<recording xmlns="urn:ietf:params:xml:ns:recording:1"/>';
const read = (contentType: string, text: string) =>
  sessionBody({ headers: Headers.of([['Content-Type', contentType]]), body: Buffer.from(text) });
const mixed = (eol = '\r\n', mark = 'foobar', first = `Content-Type: application/sdp${eol}${eol}${SDP}`): string =>
  [
    '',
    `--${mark}`,
    first,
    `--${mark}`,
    `content-type:application/rs-metadata+xml`,
    'Content-Disposition: recording-session',
    '',
    XML,
    `--${mark}--`,
    '',
  ]
    .slice(1)
    .join(eol);

describe('the body of a recording session', () => {
  it('has both parts, whatever the case, the quotes and the line ends', () => {
    expect(read('multipart/mixed;boundary=foobar', mixed())).toEqual({ sdp: SDP, metadata: XML });
    expect(read('Multipart/Mixed; boundary="foo bar"', mixed('\r\n', 'foo bar'))).toEqual({ sdp: SDP, metadata: XML });
    expect(read('multipart/mixed; charset=utf-8; boundary=foobar', `preamble\r\n${mixed()}`)?.metadata).toBe(XML);
    expect(read('multipart/mixed;boundary=foobar', mixed('\n'))?.metadata).toBe(XML);
  });

  it('is a description alone, metadata alone, or nothing', () => {
    expect(read('application/sdp', SDP)).toEqual({ sdp: SDP, metadata: '' });
    expect(read('application/rs-metadata', XML)).toEqual({ sdp: '', metadata: XML });
    expect(read('application/rs-metadata+xml', XML)).toEqual({ sdp: '', metadata: XML });
    expect(sessionBody({ headers: Headers.of([]), body: Buffer.alloc(0) })).toEqual({ sdp: '', metadata: '' });
  });

  it('reads over parts it does not know', () => {
    expect(read('multipart/mixed;boundary=x', '--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x--')).toEqual({ sdp: '', metadata: '' });
  });

  it.each([
    ['without a boundary', 'multipart/mixed', mixed()],
    ['with another boundary', 'multipart/mixed;boundary=other', mixed()],
    ['cut off', 'multipart/mixed;boundary=foobar', mixed().slice(0, -10)],
    ['with a part that has no blank line', 'multipart/mixed;boundary=x', '--x\r\nContent-Type: application/sdp\r\n--x--'],
    ['with two descriptions', 'multipart/mixed;boundary=foobar', `--foobar\r\nContent-Type: application/sdp\r\n\r\n${SDP}\r\n${mixed()}`],
    ['with a hundred parts', 'multipart/mixed;boundary=x', `${'--x\r\nA: b\r\n\r\nc\r\n'.repeat(100)}--x--`],
  ])('is refused %s', (_, type, text) => {
    expect(read(type, text)).toBeNull();
  });

  it('never throws, and what it gives was in the body', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '--x',
        '--',
        '\r\n',
        '\n',
        'Content-Type: application/sdp',
        'Content-Type: application/rs-metadata',
        ':',
        'v=0',
        '<a/>',
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(pieces, (some) => {
        const text = some.join('');
        const body = read('multipart/mixed;boundary=x', text);
        expect(body === null || (text.includes(body.sdp) && text.includes(body.metadata))).toBe(true);
      }),
    );
  });
});

describe('who asks to record', () => {
  const asks = (...pairs: Array<[string, string]>): boolean => asksToRecord(Headers.of(pairs));
  it('says so in Require, or in its Contact alone', () => {
    expect(asks(['Require', '100rel, SIPREC'])).toBe(true);
    expect(asks(['Contact', '<sip:src@192.0.2.1>;+sip.src;expires=60'])).toBe(true);
    expect(asks(['Contact', '<sip:src@192.0.2.1>;+sip.src'])).toBe(true);
  });
  it('is not who merely knows of it', () => {
    expect(asks(['Supported', 'siprec'], ['Contact', '<sip:a@192.0.2.1>;+sip.srs'])).toBe(false);
    expect(asks(['Contact', '<sip:a@192.0.2.1>;+sip.srcs'])).toBe(false);
  });
});
