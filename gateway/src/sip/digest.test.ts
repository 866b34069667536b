/** Digest against the worked examples of the RFCs, and our own door against guessers. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { FakeClock } from '@keepline/testkit/fake-clock';
import {
  authorization,
  bestChallenge,
  type DigestAlgorithm,
  type DigestCredentials,
  type DigestSecret,
  digestResponse,
  ha1Of,
  parseChallenge,
  parseCredentials,
} from './digest.ts';
import { DigestGuard, NONCE_MS, type Proof } from './digest-guard.ts';
import { Headers, NO_BODY, SIP_VERSION, type SipRequest } from './message.ts';

/** RFC 7616 §3.9.1; the responses for both algorithms are printed there. */
const MUFASA: DigestSecret = { username: 'Mufasa', password: 'Circle of Life' };
const RFC7616 = { nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v', uri: '/dir/index.html', qop: 'auth', nc: '00000001' } as const;
const CNONCE = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

describe('digest answers', () => {
  it.each([
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ] as const)('are those of RFC 7616 §3.9.1 for %s', (algorithm, response) => {
    const ha1 = ha1Of(MUFASA, algorithm, 'http-auth@example.org') ?? '';
    expect(digestResponse(ha1, 'GET', { ...RFC7616, algorithm, cnonce: CNONCE })).toBe(response);
  });

  it('are those of RFC 2617 §3.5, whose realm and password differ', () => {
    const ha1 = ha1Of({ username: 'Mufasa', password: 'Circle Of Life' }, 'MD5', 'testrealm@host.com') ?? '';
    const claim = {
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
      uri: '/dir/index.html',
      qop: 'auth',
      nc: '00000001',
      cnonce: '0a4f113b',
    } as const;
    expect(digestResponse(ha1, 'GET', { ...claim, algorithm: 'MD5' })).toBe('6629fae49393a05397450978507c4ef1');
  });

  it('know the form without qop of RFC 2069 §2.4, as corrected by its erratum', () => {
    const ha1 = ha1Of({ username: 'Mufasa', password: 'CircleOfLife' }, 'MD5', 'testrealm@host.com') ?? '';
    const claim = { nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093', uri: '/dir/index.html', qop: '', nc: '', cnonce: '' } as const;
    expect(digestResponse(ha1, 'GET', { ...claim, algorithm: 'MD5' })).toBe('1949323746fe6a43ef61f9606e7febea');
  });

  it('choose the strongest challenge, wherever it stands, and pass over what they cannot do (RFC 8760 §2.4)', () => {
    const values = [
      'Digest realm="a", nonce="1", algorithm=MD5, qop="auth"',
      'Basic realm="a"',
      'Digest realm="a", nonce="2", algorithm=SHA-256, qop="auth,auth-int"',
      'Digest realm="a", nonce="3", algorithm=SHA-256-sess, qop="auth"',
    ];
    expect(bestChallenge(values)).toMatchObject({ nonce: '2', algorithm: 'SHA-256', qop: 'auth' });
    expect(bestChallenge(['Digest realm="a", nonce="4", qop="auth-int"'])).toBeNull();
    expect(parseChallenge('Digest nonce="4"')).toBeNull();
    expect(parseChallenge('Digest realm="a", realm="b", nonce="4"')).toBeNull();
  });

  it('survive the way through the header, whatever the name and realm are', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string(),
        fc.constantFrom('MD5', 'SHA-256', 'SHA-512-256'),
        (name, realm, algorithm: DigestAlgorithm) => {
          const challenge = {
            realm: realm.replace(/[^ -~]/g, ''),
            nonce: 'n',
            opaque: 'o,"',
            algorithm,
            qop: 'auth',
            stale: false,
          } as const;
          const username = `u${name.replace(/\p{Cc}/gu, '').toWellFormed()}`;
          const value = authorization(challenge, { username, password: 'p' }, { method: 'REGISTER', uri: 'sip:a', cnonce: 'c', count: 17 });
          const claim = parseCredentials(value ?? '');
          expect(claim).toMatchObject({ username, realm: challenge.realm, algorithm, nc: '00000011' });
        },
      ),
    );
  });
});

describe('the digest guard', () => {
  const clock = new FakeClock();
  const secret: DigestSecret = { username: 'agent1', password: 'long enough' };
  const secretOf = (username: string): DigestSecret | null => (username === 'agent1' ? secret : null);
  const asked = (value?: string): SipRequest => ({
    kind: 'request',
    method: 'REGISTER',
    uri: 'sip:bank.example',
    version: SIP_VERSION,
    headers: Headers.of(value === undefined ? [] : [['Authorization', value]]),
    body: NO_BODY,
  });
  const guard = (): DigestGuard => new DigestGuard({ realm: 'bank', clock, status: 401 });
  const challengeOf = (proof: Proof): string[] => (proof.ok ? [] : proof.headers.map(([, value]) => value));
  const answer = (proof: Proof, count = 1, as = secret, uri = 'sip:bank.example'): string => {
    const challenge = bestChallenge(challengeOf(proof));
    if (challenge === null) throw new Error('no challenge');
    return authorization(challenge, as, { method: 'REGISTER', uri, cnonce: 'c', count }) ?? '';
  };

  it('asks, and lets in who knows the secret, once for each count', () => {
    const door = guard();
    const first = door.check(asked(), secretOf);
    expect(first).toMatchObject({ ok: false, why: 'missing', status: 401 });
    expect(challengeOf(first).map((value) => parseChallenge(value)?.algorithm)).toEqual(['SHA-256', 'MD5']);
    expect(door.check(asked(answer(first)), secretOf)).toEqual({ ok: true, username: 'agent1' });
    expect(door.check(asked(answer(first)), secretOf)).toMatchObject({ ok: false, why: 'stale' });
    expect(door.check(asked(answer(first, 3)), secretOf)).toMatchObject({ ok: true });
    expect(door.check(asked(answer(first, 2)), secretOf)).toMatchObject({ ok: false, why: 'stale' });
  });

  it('refuses a wrong secret, an unknown name, an answer to another address and a nonce of its own making', () => {
    const door = guard();
    const first = door.check(asked(), secretOf);
    const wrong = { ok: false, why: 'wrong' };
    expect(door.check(asked(answer(first, 1, { username: 'agent1', password: 'guess' })), secretOf)).toMatchObject(wrong);
    expect(door.check(asked(answer(first, 1, { username: 'nobody', password: 'guess' })), secretOf)).toMatchObject(wrong);
    expect(door.check(asked(answer(first, 1, secret, 'sip:other.example')), secretOf)).toMatchObject(wrong);
    const forged = answer(guard().check(asked(), secretOf));
    expect(door.check(asked(forged), secretOf)).toMatchObject({ ok: false, why: 'stale' });
  });

  it('says stale, not wrong, when a nonce has grown old, so that the phone asks nobody for the password', () => {
    const door = guard();
    const first = door.check(asked(), secretOf);
    clock.advance(NONCE_MS + 1);
    const late = door.check(asked(answer(first)), secretOf);
    expect(late).toMatchObject({ ok: false, why: 'stale' });
    expect(challengeOf(late)[0]).toContain('stale=true');
  });

  it('forgets the oldest nonces beyond its bound without letting any be used again', () => {
    const door = new DigestGuard({ realm: 'bank', clock, status: 401, algorithms: ['MD5'], maxNonces: 50 });
    const first = door.check(asked(), secretOf);
    expect(door.check(asked(answer(first)), secretOf).ok).toBe(true);
    clock.advance(1);
    for (let i = 0; i < 50; i++) expect(door.check(asked(answer(door.check(asked(), secretOf))), secretOf).ok).toBe(true);
    expect(door.check(asked(answer(first)), secretOf)).toMatchObject({ ok: false, why: 'stale' });
  });

  it('takes the hashed secret as well as the password, for its own realm only', () => {
    const door = guard();
    const ha1 = { 'SHA-256': ha1Of(secret, 'SHA-256', 'bank') ?? '' };
    const hashed = (realm: string) => () => ({ username: 'agent1', realm, ha1 });
    const first = door.check(asked(), hashed('bank'));
    expect(door.check(asked(answer(first)), hashed('bank')).ok).toBe(true);
    expect(door.check(asked(answer(first, 2)), hashed('elsewhere')).ok).toBe(false);
  });

  it('never lets in anything that is not a credential', () => {
    const door = guard();
    fc.assert(fc.property(fc.string(), (text) => !door.check(asked(`Digest ${text}`), secretOf).ok));
    const claim: Partial<DigestCredentials> | null = parseCredentials('Digest username="a"');
    expect(claim).toBeNull();
  });
});
