/** Our offer to an SRC that makes none, and what its answers agree on (RFC 3264, RFC 3261 §13.2.1). */
import { describe, expect, it } from 'vitest';
import { newSrtpTerms } from '../sdp/srtp-terms.ts';
import type { Place, Seating } from './answer-streams.ts';
import { acceptStreams, offerStreams } from './offer-streams.ts';

const LOCAL = { address: '192.0.2.9', sessionId: 7, version: 1 };
const PLACES: readonly [Place, Place] = [{ rtpPort: 20_000 }, { rtpPort: 20_002 }];
const offered = (places = PLACES): string => {
  const offer = offerStreams(LOCAL, places);
  if (!offer.ok) throw new Error(offer.why);
  return offer.sdp;
};
const answer = (...media: string[][]): string =>
  `${['v=0', 'o=SRC 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...media.flat()].join('\r\n')}\r\n`;
const line = (port: number, label: string, direction = 'sendonly', more: readonly string[] = []): string[] => [
  `m=audio ${port} RTP/AVP 8`,
  ...(label === '' ? [] : [`a=label:${label}`]),
  `a=${direction}`,
  ...more,
];
const seats = (text: string, seating?: Seating, places = PLACES) => {
  const agreed = acceptStreams(offered(places), text, seating);
  return agreed.ok ? agreed.streams.map(({ seat, label, sends, remote }) => [seat, label, sends, remote.port]) : agreed.why;
};
const sealedPlaces = (policy: 'required' | 'preferred', mayNameKeys: boolean): readonly [Place, Place] => {
  let n = 0;
  const place = (rtpPort: number): Place => ({ rtpPort, srtp: newSrtpTerms(policy, mayNameKeys, (bytes) => Buffer.alloc(bytes, ++n)) });
  return [place(20_000), place(20_002)];
};

describe('our offer to an SRC', () => {
  it('is two streams that are only heard, in G.711, under no label: those are the SRC’s to give', () => {
    const lines = offered().split('\r\n');
    expect(lines.filter((one) => /^m=|^a=(recvonly|send|inactive|label)/.test(one))).toEqual([
      'm=audio 20000 RTP/AVP 8 0 101',
      'a=recvonly',
      'm=audio 20002 RTP/AVP 8 0 101',
      'a=recvonly',
    ]);
  });

  it('has keys of its own for each stream, and is not made where they are required and cannot be named', () => {
    const keys = offered(sealedPlaces('required', true))
      .split('\r\n')
      .filter((one) => one.startsWith('a=crypto:'));
    expect(keys.length).toBeGreaterThan(2);
    expect(new Set(keys.map((one) => one.split('inline:')[1])).size).toBe(keys.length);
    expect(offered(sealedPlaces('required', true))).toContain('m=audio 20000 RTP/SAVP');
    expect(offerStreams(LOCAL, sealedPlaces('required', false))).toEqual({ ok: false, why: 'srtp_needs_tls' });
    expect(offered(sealedPlaces('preferred', false))).not.toContain('crypto');
  });
});

describe('the answer to it', () => {
  it.each([
    [
      'both streams under their labels',
      answer(line(6000, '96'), line(6002, '97')),
      [
        [0, '96', true, 6000],
        [1, '97', true, 6002],
      ],
    ],
    [
      'no labels',
      answer(line(6000, ''), line(6002, '')),
      [
        [0, '1', true, 6000],
        [1, '2', true, 6002],
      ],
    ],
    ['one mixed stream', answer(line(6000, '5'), line(0, '')), [[0, '5', true, 6000]]],
    ['only the second', answer(line(0, ''), line(6002, '5')), [[1, '5', true, 6002]]],
    ['one m= line where two were offered', answer(line(6000, '5')), [[0, '5', true, 6000]]],
    [
      'a stream that is paused',
      answer(line(6000, '1', 'inactive'), line(6002, '2')),
      [
        [0, '1', false, 6000],
        [1, '2', true, 6002],
      ],
    ],
    ['streams of an SRC that would listen too', answer(line(6000, '1', 'sendrecv')), [[0, '1', true, 6000]]],
    [
      'a third that nobody offered',
      answer(line(6000, '1'), line(6002, '2'), line(6004, '3')),
      [
        [0, '1', true, 6000],
        [1, '2', true, 6002],
      ],
    ],
    ['no stream at all', answer(line(0, ''), line(0, '')), 'no_audio'],
    ['another codec', answer(['m=audio 6000 RTP/AVP 18']), 'no_common_codec'],
    ['nonsense', 'nonsense', 'malformed'],
    ['nothing', '', 'malformed'],
  ])('with %s', (_what, text, expected) => {
    expect(seats(text)).toEqual(expected);
  });

  it('names the keys it seals with, or is of no use where they are required', () => {
    const places = sealedPlaces('required', true);
    const crypto = ['a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz'];
    const sealed = (port: number): string[] => line(port, '', 'sendonly', crypto).map((one) => one.replace('RTP/AVP', 'RTP/SAVP'));
    const offer = offered(places);
    const tag = /a=crypto:(\d+) AES_CM_128_HMAC_SHA1_80 /.exec(offer)?.[1] ?? '';
    const agreed = acceptStreams(offer, answer(sealed(6000), sealed(6002)).replaceAll('crypto:1', `crypto:${tag}`));
    const suites = agreed.ok ? agreed.streams.map(({ remote }) => remote.srtp?.suite) : agreed.why;
    expect(suites).toEqual(['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_80']);
    expect(seats(answer(line(6000, ''), line(6002, '')), undefined, places)).toBe('srtp_required');
  });

  it('in a session that goes on keeps everybody in the seat they had', () => {
    expect(
      seats(
        answer(line(6000, 'b'), line(6002, 'a')),
        new Map([
          [0, 1],
          [1, 0],
        ]),
      ),
    ).toEqual([
      [1, 'b', true, 6000],
      [0, 'a', true, 6002],
    ]);
  });
});
