import { describe, expect, it } from 'vitest';
import { answeredDirection } from './direction.ts';
import { acceptAnswer, answerAudio, type LocalAudio, offerAudio, succeedSdp } from './offer-answer.ts';

const LOCAL: LocalAudio = { address: '10.0.0.5', rtpPort: 30_000, sessionId: 42, version: 1 };

function offer(parts: { media?: string; lines?: string[]; connection?: string; session?: string[] } = {}): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 10.0.0.9',
    's=-',
    ...(parts.connection === '' ? [] : [`c=IN IP4 ${parts.connection ?? '10.0.0.9'}`]),
    't=0 0',
    ...(parts.session ?? []),
    `m=${parts.media ?? 'audio 4000 RTP/AVP 8 0 101'}`,
    'a=rtpmap:101 telephone-event/8000',
    ...(parts.lines ?? []),
    '',
  ].join('\r\n');
}
function answered(text: string, local = LOCAL) {
  const answer = answerAudio(text, local);
  if (!answer.ok) throw new Error(answer.why);
  return answer;
}

describe('answerAudio (RFC 3264 §6)', () => {
  it('answers the first format we speak in the order of the offer, with its key presses', () => {
    const { sdp, remote } = answered(offer({ media: 'audio 4000 RTP/AVP 18 0 8 101', lines: ['a=ptime:30'] }));
    expect(remote).toEqual({
      address: '10.0.0.9',
      port: 4000,
      codec: 'PCMU',
      payloadType: 0,
      dtmfPayloadType: 101,
      ptimeMs: 30,
      direction: 'sendrecv',
      held: false,
    });
    expect(sdp.split('\r\n')).toEqual([
      'v=0',
      'o=- 42 1 IN IP4 10.0.0.5',
      's=-',
      'c=IN IP4 10.0.0.5',
      't=0 0',
      'm=audio 30000 RTP/AVP 0 101',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-16',
      'a=ptime:30',
      'a=sendrecv',
      '',
    ]);
  });

  it('keeps the payload types of the offer, dynamic ones among them, and names compared without case', () => {
    const text = offer({ media: 'audio 4000 RTP/AVP 97 96', lines: ['a=rtpmap:97 pcma/8000/1', 'a=rtpmap:96 Telephone-Event/8000'] });
    expect(answered(text).remote).toMatchObject({ codec: 'PCMA', payloadType: 97, dtmfPayloadType: 96 });
  });

  it('takes no key presses of another clock rate (rtpengine#2044)', () => {
    const text = offer({
      media: 'audio 4000 RTP/AVP 8 102 103',
      lines: ['a=rtpmap:102 telephone-event/48000', 'a=rtpmap:103 telephone-event/8000'],
    });
    expect(answered(text).remote.dtmfPayloadType).toBe(103);
    expect(answered(offer({ media: 'audio 4000 RTP/AVP 8' })).remote.dtmfPayloadType).toBeNull();
  });

  it('does not take a payload type that was given another meaning', () => {
    expect(answerAudio(offer({ media: 'audio 4000 RTP/AVP 8', lines: ['a=rtpmap:8 opus/48000/2'] }), LOCAL)).toEqual({
      ok: false,
      why: 'no_common_codec',
    });
  });

  it('switches every other stream off in place', () => {
    const text = `${offer({ media: 'video 5000 RTP/AVP 96' })}m=audio 4000 RTP/AVP 8\r\nm=audio 4002 RTP/AVP 0\r\n`;
    expect(answered(text).sdp.match(/^m=.*$/gm)).toEqual(['m=video 0 RTP/AVP 96', 'm=audio 30000 RTP/AVP 8', 'm=audio 0 RTP/AVP 0']);
  });

  it('takes the address of the stream before that of the session', () => {
    expect(answered(offer({ lines: ['c=IN IP4 10.0.0.77'] })).remote.address).toBe('10.0.0.77');
  });

  it.each([
    ['SRTP where it is off', { media: 'audio 4000 RTP/SAVP 8' }, 'srtp_off'],
    ['DTLS', { media: 'audio 4000 UDP/TLS/RTP/SAVPF 8' }, 'srtp_not_supported'],
    ['no codec of ours', { media: 'audio 4000 RTP/AVP 18 101' }, 'no_common_codec'],
    ['audio switched off', { media: 'audio 0 RTP/AVP 8' }, 'no_audio'],
    ['video alone', { media: 'video 4000 RTP/AVP 96' }, 'no_audio'],
    ['no address', { connection: '' }, 'no_address'],
    ['a multicast address', { connection: '224.2.1.1/127' }, 'no_address'],
    ['an address of four numbers that is none', { connection: '10.0.0.256' }, 'no_address'],
  ])('refuses an offer with %s', (_name, parts, why) => {
    expect(answerAudio(offer(parts), LOCAL)).toEqual({ ok: false, why });
  });

  it('refuses what is no description', () => {
    expect(answerAudio('', LOCAL)).toEqual({ ok: false, why: 'malformed' });
  });

  it.each([
    ['sendonly', { lines: ['a=sendonly'] }, 'sendonly', 'recvonly', true],
    ['inactive', { lines: ['a=inactive'] }, 'inactive', 'inactive', true],
    ['sendonly for the whole session', { session: ['a=sendonly'] }, 'sendonly', 'recvonly', true],
    ['the address 0.0.0.0', { connection: '0.0.0.0' }, 'sendrecv', 'recvonly', true],
    ['0.0.0.0 and inactive', { connection: '0.0.0.0', lines: ['a=inactive'] }, 'inactive', 'inactive', true],
    ['recvonly, which is no hold', { lines: ['a=recvonly'] }, 'recvonly', 'sendonly', false],
    ['sendrecv after sendonly for the session', { session: ['a=sendonly'], lines: ['a=sendrecv'] }, 'sendrecv', 'sendrecv', false],
  ] as const)('understands %s (livekit/sip#779, #603; RFC 3264 §8.4)', (_name, parts, direction, mirrored, held) => {
    const { sdp, remote } = answered(
      offer({ ...parts, lines: [...('lines' in parts ? parts.lines : [])], session: [...('session' in parts ? parts.session : [])] }),
    );
    expect(remote).toMatchObject({ direction, held });
    expect(sdp).toContain(`a=${mirrored}\r\n`);
  });

  it.each([
    ['sendrecv', 'sendonly', 'sendonly'],
    ['sendonly', 'sendonly', 'inactive'],
    ['recvonly', 'sendonly', 'sendonly'],
    ['sendrecv', 'inactive', 'inactive'],
    ['inactive', 'sendrecv', 'inactive'],
  ] as const)('to %s, wanting %s, answers %s', (offered, wanted, expected) => {
    expect(answeredDirection(offered, wanted)).toBe(expected);
    expect(answered(offer({ lines: [`a=${offered}`] }), { ...LOCAL, direction: wanted }).sdp).toContain(`a=${expected}\r\n`);
  });
});

describe('offerAudio and acceptAnswer', () => {
  it('offers PCMA before PCMU, and reads what the far end answers', () => {
    const text = offerAudio({ ...LOCAL, direction: 'sendonly' });
    expect(text).toContain('m=audio 30000 RTP/AVP 8 0 101\r\n');
    expect(text).toContain('a=sendonly\r\n');
    const answer = answered(text, { ...LOCAL, address: '10.0.0.9', rtpPort: 6000 });
    expect(acceptAnswer(text, answer.sdp)).toMatchObject({
      address: '10.0.0.9',
      port: 6000,
      codec: 'PCMA',
      payloadType: 8,
      dtmfPayloadType: 101,
      direction: 'recvonly',
      held: false,
    });
  });

  it.each([
    ['nothing', ''],
    ['the audio refused', offer({ media: 'audio 0 RTP/AVP 8' })],
    ['another codec', offer({ media: 'audio 4000 RTP/AVP 18' })],
    ['no stream', 'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nt=0 0\r\n'],
  ])('refuses an answer with %s', (_name, answer) => {
    expect(() => acceptAnswer(offerAudio(LOCAL), answer)).toThrow(expect.objectContaining({ code: 'SDP_ANSWER_UNUSABLE' }));
  });
});

describe('succeedSdp (RFC 3264 §8)', () => {
  it('counts the version up by one when anything changed, and gives the last one back when nothing did', () => {
    const last = offerAudio({ ...LOCAL, version: 7 });
    expect(succeedSdp(last, offerAudio({ ...LOCAL, version: 1 }))).toBe(last);
    const held = succeedSdp(last, offerAudio({ ...LOCAL, version: 1, direction: 'sendonly' }));
    expect(held).toContain('o=- 42 8 IN IP4 10.0.0.5\r\n');
  });
});
