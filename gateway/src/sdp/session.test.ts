import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerAudio } from './offer-answer.ts';
import { attributes, formatSdp, MAX_SDP_CHARS, MAX_SDP_MEDIA, parseSdp, type SdpSession } from './session.ts';

const HEAD = 'v=0\r\no=- 1 2 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\n';

describe('parseSdp (RFC 8866)', () => {
  it('reads back what formatSdp writes', () => {
    const line = fc.record({ type: fc.constantFrom('a', 'b', 'c', 'i'), value: fc.stringMatching(/^[ -~]{0,30}$/) });
    const lines = fc.array(line, { maxLength: 6 });
    const session: fc.Arbitrary<SdpSession> = fc.record({
      origin: fc.record({
        username: fc.stringMatching(/^[a-z0-9-]{1,8}$/),
        sessionId: fc.nat().map(String),
        version: fc.nat().map(String),
        address: fc.ipV4(),
      }),
      name: fc.constantFrom('-', 'a call'),
      lines: lines.map((more) => [...more, { type: 't', value: '0 0' }]),
      media: fc.array(
        fc.record({
          kind: fc.constantFrom('audio', 'video'),
          port: fc.integer({ min: 0, max: 65_535 }),
          protocol: fc.constantFrom('RTP/AVP', 'RTP/SAVP'),
          formats: fc.array(fc.nat({ max: 127 }).map(String), { minLength: 1, maxLength: 5 }),
          lines,
        }),
        { maxLength: 4 },
      ),
    });
    fc.assert(
      fc.property(session, (written) => {
        expect(parseSdp(formatSdp(written))).toEqual({ ok: true, session: written });
      }),
    );
  });

  it('takes lines that end in LF alone', () => {
    expect(parseSdp(HEAD.replaceAll('\r', ''))).toMatchObject({ ok: true });
  });

  it('tells an attribute from one whose name only begins the same', () => {
    const lines = [
      { type: 'a', value: 'ptime:20' },
      { type: 'a', value: 'ptimes:30' },
      { type: 'b', value: 'ptime:40' },
      { type: 'a', value: 'sendonly' },
    ];
    expect(attributes(lines, 'ptime')).toEqual(['20']);
    expect(attributes(lines, 'sendonly')).toEqual(['']);
  });

  it.each([
    ['another version', HEAD.replace('v=0', 'v=1'), 'bad_version'],
    ['no origin', HEAD.replace('o=', 'x='), 'bad_origin'],
    ['an origin too short', HEAD.replace(' IN IP4', ''), 'bad_origin'],
    ['no name', HEAD.replace('s=-\r\n', ''), 'bad_name'],
    ['no time', HEAD.replace('t=0 0\r\n', ''), 'no_time'],
    ['a line without equals sign', `${HEAD}a\r\n`, 'bad_line'],
    ['a carriage return inside a line', `${HEAD}a=x\ry\r\n`, 'bad_line'],
    ['a port that is none', `${HEAD}m=audio 70000 RTP/AVP 0\r\n`, 'bad_media'],
    ['a stream without formats', `${HEAD}m=audio 1 RTP/AVP\r\n`, 'bad_media'],
    ['too many streams', `${HEAD}${'m=audio 1 RTP/AVP 0\r\n'.repeat(MAX_SDP_MEDIA + 1)}`, 'too_many_media'],
    ['too many characters', `${HEAD}a=${'x'.repeat(MAX_SDP_CHARS)}\r\n`, 'too_long'],
    ['too many lines', `${HEAD}${'a=x\r\n'.repeat(600)}`, 'too_long'],
  ])('refuses %s', (_name, text, why) => {
    expect(parseSdp(text)).toEqual({ ok: false, why });
  });

  it('never throws, whatever the text, nor does the answer', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'v=0\r\n',
        'o=- 1 1 IN IP4 1.1.1.1\r\n',
        's=-\r\n',
        't=0 0\r\n',
        'c=IN IP4 ',
        'm=audio 1 RTP/AVP 8',
        'a=rtpmap:',
        '\r\n',
        ' ',
        '8',
      ),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const local = { address: '10.0.0.1', rtpPort: 4000, sessionId: 1, version: 1 };
        for (const text of [pieces.join(''), HEAD + pieces.join('')]) expect(answerAudio(text, local).ok).toBeTypeOf('boolean');
      }),
      { numRuns: 500 },
    );
  });
});
