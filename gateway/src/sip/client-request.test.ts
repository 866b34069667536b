/** Requests of ours that take more than one transaction: challenged ones, and those too large for UDP. Real sockets, time turned by hand. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentBench, PATIENT, SDP } from '../../fixtures/sip/agent-bench.ts';
import { header } from '../../fixtures/sip/wire-peer.ts';
import { ha1Of, parseCredentials, provesSecret } from './digest.ts';
import type { OutgoingCall } from './user-agent.ts';

const SECRET = { username: 'bank', password: 'long-enough' };
const challenge = (name: string, more = ''): string =>
  `${name}: Digest realm="carrier", nonce="n${more.length}", algorithm=SHA-256, qop="auth"${more}\r\n`;
let bench: AgentBench;

beforeEach(async () => {
  bench = await AgentBench.open({ secretFor: (_to, realm) => (realm === 'carrier' ? SECRET : null) });
});
afterEach(() => bench.close());

const call = (sdp = SDP): OutgoingCall =>
  bench.agent.invite(`sip:+8613800138000@127.0.0.1:${bench.peer.port}`, sdp, { from: { uri: 'sip:bank@127.0.0.1', displayName: '' } });
/** As `replyTo`, with a challenge. */
function challenged(message: string, status: string, line: string): void {
  const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq']
    .map((name) => `${name}: ${header(message, name)}${name === 'To' ? ';tag=x' : ''}\r\n`)
    .join('');
  bench.peer.say(bench.agent.port, `SIP/2.0 ${status}\r\n${copied}${line}Content-Length: 0\r\n\r\n`);
}
const cseq = (message: string): number => Number.parseInt(header(message, 'CSeq'), 10);
function proves(message: string, name: string, method: string): boolean {
  const claim = parseCredentials(header(message, name));
  return claim !== null && provesSecret(claim, ha1Of(SECRET, claim.algorithm, 'carrier') ?? '', method);
}

describe('a request of ours that is challenged (RFC 3261 §22.2)', () => {
  it.each([
    ['407 Proxy Authentication Required', 'Proxy-Authenticate', 'Proxy-Authorization'],
    ['401 Unauthorized', 'WWW-Authenticate', 'Authorization'],
  ])('is sent again after %s with a higher number, and the call goes on from there', async (status, asks, answers) => {
    const made = call();
    const first = await bench.peer.hear('INVITE sip:');
    challenged(first, status, challenge(asks));
    await bench.peer.hear('ACK sip:');
    const second = await bench.peer.hear('INVITE sip:');
    expect(cseq(second)).toBe(cseq(first) + 1);
    expect(header(second, 'Call-ID')).toBe(header(first, 'Call-ID'));
    expect(proves(second, answers, 'INVITE')).toBe(true);
    bench.replyTo(second, '200 OK', SDP);
    expect(await made.answered).toContain('m=audio');
    expect(cseq(await bench.peer.hear('ACK sip:'))).toBe(cseq(second));
    made.hangup();
    const bye = await bench.peer.hear('BYE sip:');
    challenged(bye, status, challenge(asks));
    const again = await bench.peer.hear('BYE sip:');
    expect(cseq(again)).toBe(cseq(bye) + 1);
    expect(proves(again, answers, 'BYE')).toBe(true);
  });

  it('is refused when the secret is wrong: asked again without stale, it does not go round', async () => {
    const made = call();
    challenged(await bench.peer.hear('INVITE sip:'), '407 No', challenge('Proxy-Authenticate'));
    await bench.peer.hear('ACK sip:');
    challenged(await bench.peer.hear('INVITE sip:'), '407 No', challenge('Proxy-Authenticate'));
    await expect(made.answered).rejects.toMatchObject({ code: 'SIP_INVITE_REFUSED', status: 407 });
  });

  it('is tried again for a stale nonce, but not for ever', async () => {
    const made = call();
    challenged(await bench.peer.hear('INVITE sip:'), '407 No', challenge('Proxy-Authenticate'));
    for (let tries = 0; tries < 2; tries++) {
      await bench.peer.hear('ACK sip:');
      challenged(await bench.peer.hear('INVITE sip:'), '407 No', challenge('Proxy-Authenticate', ', stale=true'));
    }
    await expect(made.answered).rejects.toMatchObject({ status: 407 });
  });

  it('is refused at once where we have no secret', async () => {
    const made = call();
    challenged(await bench.peer.hear('INVITE sip:'), '401 No', 'WWW-Authenticate: Digest realm="elsewhere", nonce="n"\r\n');
    await expect(made.answered).rejects.toMatchObject({ status: 401 });
  });

  it('works for requests outside calls', async () => {
    const target = `sip:127.0.0.1:${bench.peer.port}`;
    const done = bench.agent.request({ method: 'OPTIONS', target, from: 'sip:bank@127.0.0.1', to: target });
    challenged(await bench.peer.hear('OPTIONS sip:'), '401 No', challenge('WWW-Authenticate'));
    const second = await bench.peer.hear('OPTIONS sip:');
    expect(proves(second, 'Authorization', 'OPTIONS')).toBe(true);
    bench.replyTo(second, '200 OK');
    expect(await done).toMatchObject({ response: { status: 200 }, cseq: 2 });
  });
});

describe('a request too large for UDP (RFC 3261 §18.1.1)', () => {
  const LARGE = `${SDP}a=note:${'x'.repeat(1200)}\n`;

  it('goes over TCP where the peer listens, and says so in its Via', async () => {
    let heard = '';
    const server = createServer((socket) => void socket.on('data', (bytes) => (heard += bytes.toString())).on('error', () => {}));
    server.listen(bench.peer.port, '127.0.0.1');
    await once(server, 'listening');
    call(LARGE).hangup();
    await expect.poll(() => heard, PATIENT).toContain('INVITE sip:');
    expect(header(heard, 'Via')).toMatch(/^SIP\/2\.0\/TCP /);
    server.close();
  });

  it('comes back to UDP where nobody listens on TCP', async () => {
    const made = call(LARGE);
    const heard = await bench.peer.hear('INVITE sip:');
    expect(header(heard, 'Via')).toMatch(/^SIP\/2\.0\/UDP /);
    bench.replyTo(heard, '486 Busy Here');
    await expect(made.answered).rejects.toMatchObject({ status: 486 });
  });
});
