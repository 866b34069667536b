/** TLS and IPv6 as peers meet them: real sockets, stock OpenSSL underneath on the other side, time turned by hand. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { freeUdpPort } from '@keepline/testkit/free-port';
import { Sipp } from '@keepline/testkit/sipp';
import { tempDir } from '@keepline/testkit/temp-dir';
import { systemClock } from '@keepline/contracts/clock';
import { join } from 'node:path';
import { PATIENT, SDP } from '../../fixtures/sip/agent-bench.ts';
import { answerAudio } from '../sdp/offer-answer.ts';
import { selfSigned } from '../certificate/self-signed.ts';
import { MAX_HANDSHAKES, PING_MS, PONG_MS, TCP_CONNECT_MS } from './limits.ts';
import { identitiesOf, isIdentity } from './transport-tls.ts';
import { type IncomingCall, type SipSource, UserAgent, type UserAgentOptions } from './user-agent.ts';

const DAY_MS = 86_400_000;
const made = (...names: string[]) => selfSigned(names, Date.now() - DAY_MS, Date.now() + DAY_MS);
const SITE = made('127.0.0.1', 'site.example');
/** Ours are for servers only, as browsers want them; a peer that shows its certificate as a client has one of a real authority's kind. */
const CARRIER = (() => {
  const folder = tempDir();
  const [key, certificate] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=carrier'];
  execFileSync('openssl', [...request, '-addext', 'subjectAltName=DNS:carrier.example,IP:127.0.0.1', '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  const pair = { certificate: readFileSync(certificate, 'utf8'), privateKey: readFileSync(key, 'utf8') };
  folder.remove();
  return pair;
})();

const clock = new FakeClock();
const agents: UserAgent[] = [];
const sockets: Array<{ destroy(): unknown }> = [];
let calls: IncomingCall[] = [];
let sources: SipSource[] = [];

async function start(more: Partial<UserAgentOptions> = {}): Promise<UserAgent> {
  const agent = await UserAgent.start({
    address: '127.0.0.1',
    port: 0,
    clock,
    product: 'Keepline test',
    limits: { maxMessageBytes: 8192, maxTransactions: 100, maxTcpConnections: 200 },
    tls: { port: 0, certificate: SITE.certificate, key: SITE.privateKey, authorities: CARRIER.certificate, requireCertificate: false },
    admit(source) {
      sources.push(source);
      return 'accept';
    },
    onInvite: (call) => calls.push(call),
    ...more,
  });
  agents.push(agent);
  return agent;
}
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const agent of agents.splice(0)) {
    const done = agent.close();
    await clock.advanceAsync(2_000);
    await done;
  }
  calls = [];
  sources = [];
});

/** A peer of OpenSSL's own. */
function dial(agent: UserAgent, options: object = {}): { readonly socket: TLSSocket; heard: string; closed: boolean } {
  const socket = connectTls({ host: '127.0.0.1', port: agent.tlsPort, ca: SITE.certificate, ...options });
  const peer = { socket, heard: '', closed: false };
  socket.on('data', (bytes) => (peer.heard += bytes.toString()));
  socket.on('error', () => {});
  socket.on('close', () => (peer.closed = true));
  sockets.push(socket);
  return peer;
}
const OPTIONS = [
  'OPTIONS sips:site@127.0.0.1 SIP/2.0',
  'Via: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bKtls;rport',
  'From: <sips:a@127.0.0.1>;tag=a',
  'To: <sips:site@127.0.0.1>',
  'Call-ID: tls-1',
  'CSeq: 1 OPTIONS',
  'Content-Length: 0',
  '\r\n',
].join('\r\n');

describe('SIP over TLS', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('answers on %s', async (version) => {
    const agent = await start();
    const peer = dial(agent, { minVersion: version, maxVersion: version });
    peer.socket.write(OPTIONS);
    await expect.poll(() => peer.heard, PATIENT).toContain('SIP/2.0 200 OK');
    expect(peer.socket.getProtocol()).toBe(version);
  });

  it('does not speak TLS 1.1', async () => {
    const agent = await start();
    const peer = dial(agent, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
    await expect.poll(() => peer.closed, PATIENT).toBe(true);
  });

  it('takes a new certificate while connections and a call on them stay, and refuses a pair that does not fit', async () => {
    const agent = await start();
    const before = dial(agent);
    await once(before.socket, 'secureConnect');
    const next = made('127.0.0.1', 'site.example');
    const terms = { certificate: next.certificate, authorities: CARRIER.certificate, requireCertificate: false };
    expect(() => agent.renewTls({ ...terms, key: SITE.privateKey })).toThrow('key values mismatch');
    await once(dial(agent).socket, 'secureConnect'); // shows the old one: its peer trusts no other
    agent.renewTls({ ...terms, key: next.privateKey });
    const after = dial(agent, { ca: next.certificate });
    await once(after.socket, 'secureConnect');
    for (const [i, peer] of [before, after].entries()) {
      peer.socket.write(OPTIONS.replace('z9hG4bKtls', `z9hG4bKtls${i}`).replace('tls-1', `tls-renewed-${i}`));
      await expect.poll(() => peer.heard, PATIENT).toContain('SIP/2.0 200 OK');
    }
    const caller = await start();
    caller.renewTls({ ...terms, authorities: next.certificate, key: next.privateKey }); // and dials with it too
    const call = caller.invite(`sips:95588@127.0.0.1:${agent.tlsPort}`, SDP, { from: { uri: 'sips:a@127.0.0.1', displayName: '' } });
    await expect.poll(() => calls.length, PATIENT).toBe(1);
    calls[0]?.answer(SDP);
    expect(await call.answered).toBe(SDP);
  });

  it('calls a sips: URI, and the whole call stays on that connection', async () => {
    const far = await start({ tls: { port: 0, certificate: CARRIER.certificate, key: CARRIER.privateKey, requireCertificate: false } });
    const near = await start();
    const call = near.invite(`sips:95588@127.0.0.1:${far.tlsPort}`, SDP, { from: { uri: 'sips:a@127.0.0.1', displayName: '' } });
    await expect.poll(() => calls.length, PATIENT).toBe(1);
    calls[0]?.answer(SDP);
    expect(await call.answered).toBe(SDP);
    expect(calls[0]?.source.transport).toBe('tls');
    call.hangup();
    expect(await calls[0]?.ended).toMatchObject({ by: 'remote', why: 'bye' });
    expect(far.counters().tcpConnections).toBe(1);
  });

  it('does not call a place whose certificate is for another name or of another authority (RFC 5922 §7.3)', async () => {
    const stranger = made('stranger.example');
    for (const [certificate, authorities] of [
      [stranger, stranger.certificate],
      [CARRIER, SITE.certificate],
    ] as const) {
      const far = await start({
        tls: { port: 0, certificate: certificate.certificate, key: certificate.privateKey, requireCertificate: false },
      });
      const near = await start({
        tls: { port: 0, certificate: SITE.certificate, key: SITE.privateKey, authorities, requireCertificate: false },
      });
      const call = near.invite(`sips:95588@127.0.0.1:${far.tlsPort}`, SDP, { from: { uri: 'sips:a@127.0.0.1', displayName: '' } });
      await expect(call.answered).rejects.toMatchObject({ code: 'SIP_INVITE_UNANSWERED' });
      expect(calls).toHaveLength(0);
    }
  });

  it('uses an open connection for another domain only where its certificate is for that one too (RFC 5922 §7.3)', async () => {
    const far = await start({ tls: { port: 0, certificate: CARRIER.certificate, key: CARRIER.privateKey, requireCertificate: false } });
    const near = await start();
    const ask = async (domain?: string): Promise<number | string> => {
      const hop: SipSource = { address: '127.0.0.1', port: far.tlsPort, transport: 'tls', ...(domain === undefined ? {} : { domain }) };
      const party = 'sips:a@127.0.0.1';
      const answer = await near.request({ method: 'OPTIONS', target: `sips:127.0.0.1:${far.tlsPort}`, from: party, to: party, hop });
      return typeof answer === 'string' ? answer : answer.response.status;
    };
    expect(await ask()).toBe(200);
    expect(await ask('Carrier.Example')).toBe(200);
    expect(near.counters().tcpConnections).toBe(1);
    expect(await ask('other.example')).toBe('transport');
    expect(sources).toHaveLength(2 + 1); // two requests and the connection: nothing meant for the other domain got there
  });

  it('knows a peer by its certificate, and one without by nothing', async () => {
    const agent = await start();
    const carrier = dial(agent, { cert: CARRIER.certificate, key: CARRIER.privateKey });
    carrier.socket.write(OPTIONS);
    await expect.poll(() => carrier.heard, PATIENT).toContain('200 OK');
    expect(sources.at(-1)?.identities).toEqual(['carrier.example', '127.0.0.1']);
    const liar = dial(agent, { cert: SITE.certificate, key: SITE.privateKey });
    liar.socket.write(OPTIONS.replace('z9hG4bKtls', 'z9hG4bKliar').replace('tls-1', 'tls-3'));
    await expect.poll(() => liar.heard, PATIENT).toContain('200 OK');
    expect(sources.at(-1)?.identities).toBeUndefined();
  });

  it('lets nobody in without a certificate where mutual TLS is asked for', async () => {
    const terms = { port: 0, certificate: SITE.certificate, key: SITE.privateKey, authorities: CARRIER.certificate };
    const agent = await start({ tls: { ...terms, requireCertificate: true } });
    const stranger = dial(agent);
    stranger.socket.write(OPTIONS);
    await expect.poll(() => stranger.closed, PATIENT).toBe(true);
    expect(stranger.heard).toBe('');
    const carrier = dial(agent, { cert: CARRIER.certificate, key: CARRIER.privateKey });
    carrier.socket.write(OPTIONS);
    await expect.poll(() => carrier.heard, PATIENT).toContain('200 OK');
  });

  it('closes a handshake that does not end, and bounds how many may be open', async () => {
    const agent = await start();
    let closed = 0;
    const silent = Array.from({ length: MAX_HANDSHAKES + 5 }, () => {
      const socket = connect(agent.tlsPort, '127.0.0.1');
      socket.on('close', () => closed++).on('error', () => {});
      sockets.push(socket);
      return once(socket, 'connect');
    });
    await Promise.all(silent);
    await expect.poll(() => closed, PATIENT).toBe(5);
    clock.advance(TCP_CONNECT_MS + 2_000);
    await expect.poll(() => closed, PATIENT).toBe(MAX_HANDSHAKES + 5);
  });

  it('asks a silent connection for a sign of life, and closes one that has answered before and no longer does (RFC 5626 §3.5.1)', async () => {
    const agent = await start();
    const peer = dial(agent);
    peer.socket.write(OPTIONS);
    await expect.poll(() => peer.heard, PATIENT).toContain('200 OK');
    peer.heard = '';
    clock.advance(PING_MS + 2_000);
    await expect.poll(() => peer.heard, PATIENT).toBe('\r\n\r\n');
    clock.advance(PONG_MS + 2_000); // it may not know how: kept
    peer.socket.write('\r\n');
    peer.socket.write(OPTIONS.replace('tls-1', 'tls-2').replace('z9hG4bKtls', 'z9hG4bKtls2'));
    await expect.poll(() => peer.heard, PATIENT).toContain('200 OK');
    expect(peer.closed).toBe(false);
    clock.advance(PING_MS + 2_000);
    clock.advance(PONG_MS + 2_000);
    await expect.poll(() => peer.closed, PATIENT).toBe(true);
  });
});

describe('what a certificate says its holder is (RFC 5922 §7.1)', () => {
  it.each([
    ['DNS:a.example, URI:sip:b.example', ['b.example']],
    ['DNS:A.example, DNS:*.wild.example, IP Address:192.0.2.1', ['a.example', '192.0.2.1']],
    ['URI:sip:someone@b.example, DNS:a.example', ['a.example']],
    ['URI:https://b.example, DNS:a.example', ['a.example']],
    ['DNS:"a.example, DNS:evil.example"', []],
    ['', []],
  ])('%s', (subjectaltname, identities) => {
    expect(identitiesOf({ subjectaltname })).toEqual(identities);
  });

  it('compares names without letter case and IPv6 in any spelling, and knows no wildcard', () => {
    expect(isIdentity('Carrier.Example', ['carrier.example'])).toBe(true);
    expect(isIdentity('2001:db8::1', ['2001:DB8:0:0:0:0:0:1'])).toBe(true);
    expect(isIdentity('sip.carrier.example', ['carrier.example'])).toBe(false);
    expect(isIdentity('a.wild.example', ['*.wild.example'])).toBe(false);
  });
});

/** The media of this scenario stays on IPv4: what is tested is the signalling. */
function answered(offer: string): string | null {
  const answer = answerAudio(offer.replaceAll('[::1]', '127.0.0.1'), { address: '127.0.0.1', rtpPort: 20_000, sessionId: 7, version: 1 });
  return answer.ok ? answer.sdp : null;
}

describe.each([
  ['UDP', 'u1'],
  ['TCP', 't1'],
])('an IPv6 caller on %s', (_name, transport) => {
  it('is answered, holds and hangs up, and sees our address in brackets', async () => {
    const scratch = tempDir();
    const texts: string[] = [];
    const agent = await start({
      addresses: ['::1'],
      clock: systemClock,
      onInvite: (call) => {
        texts.push(`${call.source.address} ${call.source.local}`);
        call.onReoffer(answered);
        call.ring();
        call.answer(answered(call.offer) ?? '');
      },
    });
    const sipp = await Sipp.start({
      scenario: join(import.meta.dirname, '../../fixtures/sip/uac-talks.xml'),
      folder: scratch.path,
      address: '::1',
      port: await freeUdpPort(),
      remote: { address: '[::1]', port: agent.port },
      options: ['-t', transport],
    });
    try {
      await sipp.done();
      expect(texts).toEqual(['::1 ::1']);
      expect(agent.sentBy({ address: '::1', port: 1, transport: 'udp' })).toBe(`[::1]:${agent.port}`);
      expect(agent.sentBy({ address: '127.0.0.1', port: 1, transport: 'udp' })).toBe(`127.0.0.1:${agent.port}`);
    } finally {
      await sipp.close();
      scratch.remove();
      agents.splice(agents.indexOf(agent), 1);
      await agent.close();
    }
  }, 60_000);
});
