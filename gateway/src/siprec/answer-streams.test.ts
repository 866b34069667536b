/** Offers of SRCs and the answers to them: heard only, labelled, each stream in its seat (RFC 7866 §7, RFC 3264). */
import { describe, expect, it } from 'vitest';
import { newSrtpTerms } from '../sdp/srtp-terms.ts';
import { answerStreams, type Place, type Seating, type StreamsAnswer } from './answer-streams.ts';

const LOCAL = { address: '192.0.2.9', sessionId: 7, version: 1 };
const PLACES: readonly [Place, Place] = [{ rtpPort: 20_000 }, { rtpPort: 20_002 }];
const line = (port: number, label: string, direction = 'sendonly', more: readonly string[] = []): string[] => [
  `m=audio ${port} RTP/AVP 8 0`,
  ...(label === '' ? [] : [`a=label:${label}`]),
  `a=${direction}`,
  ...more,
];
const offer = (...media: string[][]): string =>
  `${['v=0', 'o=SRC 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...media.flat()].join('\r\n')}\r\n`;
const accepted = (text: string, before?: Seating, places = PLACES): Extract<StreamsAnswer, { ok: true }> => {
  const answer = answerStreams(text, LOCAL, places, before);
  if (!answer.ok) throw new Error(answer.why);
  return answer;
};
const mediaOf = (sdp: string): string[] =>
  sdp.split('\r\n').filter((one) => /^m=|^a=(label|sendonly|recvonly|sendrecv|inactive)/.test(one));

describe('the answer to an SRC', () => {
  it('listens to both streams under their labels and sends nothing', () => {
    const { sdp, streams } = accepted(offer(line(6000, '96'), line(6002, '97')));
    expect(mediaOf(sdp)).toEqual([
      'm=audio 20000 RTP/AVP 8',
      'a=recvonly',
      'a=label:96',
      'm=audio 20002 RTP/AVP 8',
      'a=recvonly',
      'a=label:97',
    ]);
    expect(streams.map(({ seat, label, sends, remote }) => [seat, label, sends, remote.port, remote.direction])).toEqual([
      [0, '96', true, 6000, 'sendonly'],
      [1, '97', true, 6002, 'sendonly'],
    ]);
  });

  it('takes one mixed stream, one without labels, and one that also offers to listen', () => {
    const { sdp, streams, seating } = accepted(offer(line(6000, '', 'sendrecv')));
    expect(mediaOf(sdp)).toEqual(['m=audio 20000 RTP/AVP 8', 'a=recvonly']);
    expect(streams.map(({ label }) => label)).toEqual(['1']);
    expect([...seating]).toEqual([[0, 0]]);
  });

  it('hears each stream from the address of its own line', () => {
    const { streams } = accepted(offer(line(6000, '1'), [...line(6002, '2'), 'c=IN IP4 198.51.100.7']));
    expect(streams.map(({ remote }) => remote.address)).toEqual(['192.0.2.1', '198.51.100.7']);
  });

  it('follows a pause of one or both', () => {
    const { sdp, streams } = accepted(offer(line(6000, '1', 'inactive'), line(6002, '2')));
    expect(mediaOf(sdp)).toContain('a=inactive');
    expect(streams.map(({ sends }) => sends)).toEqual([false, true]);
  });

  it('leaves every stream in its seat, and gives a seat that is free to a line that is new', () => {
    const first = accepted(offer(line(6000, '1'), line(6002, '2')));
    const without = accepted(offer(line(0, '1'), line(6002, '2')), first.seating);
    expect(without.streams.map(({ seat, label }) => [seat, label])).toEqual([[1, '2']]);
    expect(mediaOf(without.sdp)[0]).toBe('m=audio 0 RTP/AVP 8 0');
    const again = accepted(offer(line(0, '1'), line(6002, '2'), line(6004, '3')), without.seating);
    expect(again.streams.map(({ seat, label }) => [seat, label])).toEqual([
      [1, '2'],
      [0, '3'],
    ]);
  });

  it('switches off a third stream, video, and what it cannot read', () => {
    const { sdp } = accepted(
      offer(['m=video 7000 RTP/AVP 96'], line(6000, '1'), ['m=audio 6008 RTP/AVP 18'], line(6002, '2'), line(6004, '3')),
    );
    expect(mediaOf(sdp).filter((one) => one.startsWith('m='))).toEqual([
      'm=video 0 RTP/AVP 96',
      'm=audio 20000 RTP/AVP 8',
      'm=audio 0 RTP/AVP 18',
      'm=audio 20002 RTP/AVP 8',
      'm=audio 0 RTP/AVP 8 0',
    ]);
  });

  it('keeps a session whose streams are all switched off for a while', () => {
    const first = accepted(offer(line(6000, '1'), line(6002, '2')));
    expect(accepted(offer(line(0, '1'), line(0, '2')), first.seating).streams).toEqual([]);
  });

  it('refuses what has no sound for it', () => {
    const refusal = (text: string): string => {
      const answer = answerStreams(text, LOCAL, PLACES);
      return answer.ok ? 'ok' : answer.why;
    };
    expect(refusal('nonsense')).toBe('malformed');
    expect(refusal(offer(['m=video 7000 RTP/AVP 96']))).toBe('no_audio');
    expect(refusal(offer(['m=audio 6008 RTP/AVP 18']))).toBe('no_common_codec');
  });

  it('seals each stream with keys of its own, as the policy of the trunk says', () => {
    let n = 0;
    const places = ([20_000, 20_002] as const).map((rtpPort) => ({
      rtpPort,
      srtp: newSrtpTerms('required', true, (bytes) => Buffer.alloc(bytes, ++n)),
    }));
    const [left, right] = places;
    if (!left || !right) throw new Error('two places');
    const crypto = ['a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz'];
    const sealed = (port: number, label: string): string[] =>
      line(port, label, 'sendonly', crypto).map((one) => one.replace('RTP/AVP', 'RTP/SAVP'));
    const { sdp, streams } = accepted(offer(sealed(6000, '1'), sealed(6002, '2')), undefined, [left, right]);
    const keys = sdp.split('\r\n').filter((one) => one.startsWith('a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:'));
    expect(new Set(keys).size).toBe(2);
    expect(streams.every(({ remote }) => remote.srtp?.suite === 'AES_CM_128_HMAC_SHA1_80')).toBe(true);
    expect(answerStreams(offer(line(6000, '1')), LOCAL, [left, right])).toEqual({ ok: false, why: 'srtp_required' });
  });
});
