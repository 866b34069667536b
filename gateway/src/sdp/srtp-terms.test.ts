/** Keys in offer and answer: policy against profile, suites, parameters we must not pass over (RFC 4568, RFC 8643). */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readCrypto } from './crypto-attribute.ts';
import { acceptAnswer, answerAudio, type LocalAudio, offerAudio } from './offer-answer.ts';
import { canOffer, newSrtpTerms, type SrtpPolicy, wipeTerms } from './srtp-terms.ts';

const KEY = Buffer.alloc(30, 1).toString('base64');
const GCM_KEY = Buffer.alloc(28, 2).toString('base64');
const CM80 = `crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}`;
const GCM = `crypto:2 AEAD_AES_128_GCM inline:${GCM_KEY}`;

const at = (policy: SrtpPolicy, mayNameKeys = true): LocalAudio & { readonly srtp: ReturnType<typeof newSrtpTerms> } => ({
  address: '10.0.0.5',
  rtpPort: 30_000,
  sessionId: 42,
  version: 1,
  srtp: newSrtpTerms(policy, mayNameKeys, randomBytes),
});
const offer = (...streams: ReadonlyArray<readonly [protocol: string, ...attributes: string[]]>): string =>
  ['v=0', 'o=- 1 1 IN IP4 10.0.0.9', 's=-', 'c=IN IP4 10.0.0.9', 't=0 0']
    .concat(streams.flatMap(([protocol, ...lines], i) => [`m=audio ${4000 + 2 * i} ${protocol} 8`, ...lines.map((line) => `a=${line}`)]))
    .map((line) => `${line}\r\n`)
    .join('');

describe('an offer', () => {
  it.each<[SrtpPolicy, boolean, string, string[], string]>([
    ['required', true, 'RTP/SAVP', [CM80], 'AES_CM_128_HMAC_SHA1_80'],
    ['required', true, 'RTP/SAVPF', [GCM, CM80], 'AEAD_AES_128_GCM'],
    ['required', true, 'RTP/AVP', [CM80], 'AES_CM_128_HMAC_SHA1_80'],
    ['required', true, 'RTP/AVP', [], 'srtp_required'],
    ['required', false, 'RTP/AVP', [CM80], 'srtp_required'],
    ['required', false, 'RTP/SAVP', [CM80], 'srtp_needs_tls'],
    ['preferred', true, 'RTP/SAVP', [CM80], 'AES_CM_128_HMAC_SHA1_80'],
    ['preferred', true, 'RTP/AVP', [CM80], 'AES_CM_128_HMAC_SHA1_80'],
    ['preferred', true, 'RTP/AVP', [], 'plain'],
    ['preferred', false, 'RTP/AVP', [CM80], 'plain'],
    ['preferred', false, 'RTP/SAVP', [CM80], 'srtp_needs_tls'],
    ['preferred', true, 'RTP/SAVP', [], 'srtp_no_common_suite'],
    ['off', true, 'RTP/AVP', [CM80], 'plain'],
    ['off', true, 'RTP/SAVP', [CM80], 'srtp_off'],
    ['preferred', true, 'UDP/TLS/RTP/SAVPF', [CM80], 'srtp_not_supported'],
  ])('under %s (keys may be named: %s) as %s %j becomes %s', (policy, mayNameKeys, protocol, lines, becomes) => {
    const answer = answerAudio(offer([protocol, ...lines]), at(policy, mayNameKeys));
    expect(answer.ok ? (answer.remote.srtp?.suite ?? 'plain') : answer.why).toBe(becomes);
    if (answer.ok) expect(answer.sdp).toContain(`m=audio 30000 ${protocol} 8`);
    if (answer.ok) expect(answer.sdp.includes('a=crypto')).toBe(becomes !== 'plain');
  });

  it('is answered with the tag of the far end and a key of ours, and without the attributes of DTLS', () => {
    const local = at('required');
    const answer = answerAudio(offer(['RTP/SAVP', GCM, 'fingerprint:sha-256 00:11', 'setup:actpass']), local);
    if (!answer.ok) throw new Error(answer.why);
    const ours = Buffer.from(local.srtp.keys.AEAD_AES_128_GCM).toString('base64');
    expect(answer.sdp).toContain(`a=crypto:2 AEAD_AES_128_GCM inline:${ours}\r\n`);
    expect(answer.sdp).not.toMatch(/fingerprint|setup/);
    expect(Buffer.from(answer.remote.srtp?.receive ?? []).toString('base64')).toBe(GCM_KEY);
  });

  it('of both kinds is answered encrypted, whichever comes first', () => {
    for (const streams of [[['RTP/AVP'], ['RTP/SAVP', CM80]] as const, [['RTP/SAVP', CM80], ['RTP/AVP']] as const]) {
      const answer = answerAudio(offer(...streams), at('preferred'));
      if (!answer.ok) throw new Error(answer.why);
      expect(answer.remote.srtp?.suite).toBe('AES_CM_128_HMAC_SHA1_80');
      expect(answer.sdp.match(/^m=.*$/gm)?.filter((line) => line.includes(' 0 '))).toHaveLength(1);
    }
  });

  it('keeps our key at a second answer, so that our stream goes on under its counters', () => {
    const local = at('preferred');
    const [first, second] = [CM80, CM80.replace('AQEB', 'AgIC')].map((line) => answerAudio(offer(['RTP/SAVP', line]), local));
    if (!first?.ok || !second?.ok) throw new Error('refused');
    expect(second.remote.srtp?.send).toEqual(first.remote.srtp?.send);
    expect(second.remote.srtp?.receive).not.toEqual(first.remote.srtp?.receive);
  });
});

describe('our offer', () => {
  it.each<[SrtpPolicy, boolean, string, number]>([
    ['required', true, 'RTP/SAVP', 2],
    ['preferred', true, 'RTP/AVP', 2],
    ['preferred', false, 'RTP/AVP', 0],
    ['off', true, 'RTP/AVP', 0],
  ])('under %s (keys may be named: %s) is %s with %d keys', (policy, mayNameKeys, protocol, keys) => {
    const sdp = offerAudio(at(policy, mayNameKeys));
    expect(sdp).toContain(`m=audio 30000 ${protocol} `);
    expect(sdp.match(/^a=crypto:/gm) ?? []).toHaveLength(keys);
  });

  it('cannot be made where encryption is required and its keys may not be named', () => {
    expect(canOffer(newSrtpTerms('required', false, randomBytes))).toBe(false);
    expect(canOffer(newSrtpTerms('preferred', false, randomBytes))).toBe(true);
  });

  it('takes the key whose tag the answer names', () => {
    const local = at('required');
    const remote = acceptAnswer(offerAudio(local), offer(['RTP/SAVP', GCM]));
    expect(remote.srtp).toMatchObject({ suite: 'AEAD_AES_128_GCM', send: local.srtp.keys.AEAD_AES_128_GCM });
  });

  it.each<[SrtpPolicy, string, string[]]>([
    ['required', 'RTP/AVP', []],
    ['required', 'RTP/SAVP', []],
    ['required', 'RTP/SAVP', [CM80.replace('crypto:1', 'crypto:7')]],
    ['required', 'RTP/SAVP', [GCM.replace('crypto:2', 'crypto:1')]],
    ['off', 'RTP/SAVP', [CM80]],
  ])('under %s is not answered by %s %j', (policy, protocol, lines) => {
    expect(() => acceptAnswer(offerAudio(at(policy)), offer([protocol, ...lines]))).toThrow(/srtp_required/);
  });

  it('under preferred may be answered in the clear', () => {
    expect(acceptAnswer(offerAudio(at('preferred')), offer(['RTP/AVP'])).srtp).toBeUndefined();
  });
});

describe('a=crypto (RFC 4568 §9.1)', () => {
  const read = (value: string) => readCrypto([{ type: 'a', value }]);
  it.each([
    [CM80, 'as it is'],
    [`${CM80}|2^31`, 'a lifetime'],
    [`${CM80}|2147483648`, 'a lifetime in full'],
    [`${CM80} WSH=64`, 'a window hint'],
    [`${CM80} -XYZ=1`, 'a parameter that may be left out'],
    [CM80.replace('inline', 'INLINE'), 'another case'],
  ])('takes %s (%s)', (line) => {
    expect(read(line)).toMatchObject([{ tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80' }]);
  });
  it.each([
    [`${CM80}|2^10`, 'a key for 1024 packets'],
    [`${CM80}|2^31|1:4`, 'a master key identifier'],
    [`${CM80}|1:4`, 'an identifier alone'],
    [`${CM80};inline:${KEY}`, 'several keys'],
    [`${CM80} KDR=1`, 'another derivation rate'],
    [`${CM80} UNENCRYPTED_SRTP`, 'no encryption'],
    [`${CM80} UNAUTHENTICATED_SRTP`, 'no authentication'],
    [`${CM80} UNENCRYPTED_SRTCP`, 'reports in the clear'],
    [`crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${GCM_KEY}`, 'a key too short'],
    [`crypto:1 F8_128_HMAC_SHA1_80 inline:${KEY}`, 'a suite we do not speak'],
    ['crypto:1 AES_CM_128_HMAC_SHA1_80', 'no key'],
    [`crypto:x AES_CM_128_HMAC_SHA1_80 inline:${KEY}`, 'no tag'],
  ])('passes over %s (%s)', (line) => {
    expect(read(line)).toEqual([]);
  });
  it('is looked at sixteen times at most', () => {
    expect(readCrypto(Array.from({ length: 40 }, () => ({ type: 'a', value: CM80 })))).toHaveLength(16);
  });
});

describe('keys of a leg', () => {
  it('differ for each leg and are zeros once it is over', () => {
    const [one, two] = [newSrtpTerms('required', true, randomBytes), newSrtpTerms('required', true, randomBytes)];
    expect(one.keys.AES_CM_128_HMAC_SHA1_80).not.toEqual(two.keys.AES_CM_128_HMAC_SHA1_80);
    wipeTerms(one);
    expect(Object.values(one.keys).every((key) => key.every((byte) => byte === 0))).toBe(true);
  });
});
