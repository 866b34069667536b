/** What the user agent refuses and what it lets in: real sockets, time turned by hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentBench, PATIENT, type Said, tagOf } from '../../fixtures/sip/agent-bench.ts';
import { header } from '../../fixtures/sip/wire-peer.ts';

let bench: AgentBench;
beforeEach(async () => {
  bench = await AgentBench.open();
});
afterEach(() => bench.close());

describe('a request outside any dialog', () => {
  it('is refused with 403 or not answered at all when its source is not admitted, and no call hears of it', async () => {
    bench.verdict = 'refuse';
    bench.say();
    expect(tagOf(await bench.peer.hear('403 Forbidden'))).not.toBe('');
    bench.say({ method: 'ACK' });
    await expect.poll(() => bench.agent.counters().refused, PATIENT).toBe(2);
    bench.verdict = 'drop';
    bench.say({ method: 'OPTIONS' });
    await expect.poll(() => bench.agent.counters().dropped, PATIENT).toBe(1);
    bench.verdict = 'refuse';
    bench.say({ method: 'OPTIONS' });
    await bench.peer.hear('403');
    expect(bench.peer.waiting).toEqual([]);
    expect(bench.calls).toEqual([]);
    expect(bench.agent.counters()).toMatchObject({ transactions: 0, refused: 3, dropped: 1 });
  });

  it.each<[string, Said, string, string?]>([
    ['a version nobody speaks', { version: 'SIP/7.0' }, '505'],
    ['a method not for us', { method: 'REGISTER' }, '405', 'Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO'],
    ['a method nobody knows', { method: 'DANCE' }, '501'],
    ['an extension we lack', { more: 'Require: 100rel, foo' }, '420', 'Unsupported: foo'],
    ['a body that is no SDP', { type: 'text/plain' }, '415', 'Accept: application/sdp'],
    ['a packed body', { more: 'Content-Encoding: gzip' }, '415', 'Accept-Encoding: identity'],
    ['a URI of another kind', { uri: 'http://bank.example' }, '416'],
    ['a URI that is none', { uri: 'sip:a b@c' }, '400'],
    ['two counts of hops', { more: 'Max-Forwards: 0' }, '400'],
    ['a CSeq of another method', { more: 'CSeq: 1 BYE' }, '400'],
    ['a tag of no dialog', { toTag: 'unknown' }, '481'],
    ['BYE to nothing', { method: 'BYE' }, '481'],
    ['CANCEL of nothing', { method: 'CANCEL' }, '481'],
    ['a size beyond the limit', { more: `X-Fill: ${'x'.repeat(4000)}` }, '513'],
    ['no Contact to answer to', { more: 'X: y', via: 'Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKnc;rport\r\nNot-' }, '400'],
  ])('with %s gets its status (RFC 3261 §8.2)', async (_name, said, status, line = '') => {
    const text = bench.request(said);
    bench.peer.say(
      bench.agent.port,
      said.via?.endsWith('Not-') ? text.replace('\r\nNot-\r\n', '\r\n').replace('Contact:', 'X-Contact:') : text,
    );
    expect(await bench.peer.hear(`SIP/2.0 ${status}`)).toContain(line);
    expect(bench.calls).toEqual([]);
  });

  it('comes a second time by another way: 482 (RFC 3261 §8.2.2.2)', async () => {
    await bench.offered();
    bench.say();
    await bench.peer.hear('482');
    expect(bench.calls).toHaveLength(1);
  });

  it('OPTIONS says what we can, the same again for a retransmission', async () => {
    bench.say({ method: 'OPTIONS', branch: 'z9hG4bKsame' });
    const first = await bench.peer.hear('200 OK');
    expect(header(first, 'Accept')).toBe('application/sdp');
    bench.say({ method: 'OPTIONS', branch: 'z9hG4bKsame' });
    expect(await bench.peer.hear('200 OK')).toBe(first);
  });

  it('is told where it was seen to come from, and answered there (RFC 3581)', async () => {
    bench.say({ method: 'OPTIONS', via: 'Via: SIP/2.0/UDP 10.9.8.7:9;branch=z9hG4bKnat;rport, SIP/2.0/UDP far.example;branch=z9hG4bKfar' });
    const response = await bench.peer.hear('200 OK');
    expect(header(response, 'Via')).toBe(`SIP/2.0/UDP 10.9.8.7:9;branch=z9hG4bKnat;received=127.0.0.1;rport=${bench.peer.port}`);
    expect(response).toContain('\r\nVia: SIP/2.0/UDP far.example;branch=z9hG4bKfar\r\n');
  });

  it('is answered 503 with Retry-After when the table is full, while a call in progress can still be ended', async () => {
    const { toTag } = await bench.talking();
    for (let i = 0; i < 101; i++) bench.say({ callId: `flood-${i}` });
    expect(header(await bench.peer.hear('503'), 'Retry-After')).toBe('5');
    bench.say({ method: 'BYE', cseq: 2, toTag });
    await expect
      .poll(() => bench.peer.waiting.some((text) => header(text, 'CSeq') === '2 BYE' && text.startsWith('SIP/2.0 200')), PATIENT)
      .toBe(true);
    expect(bench.agent.counters().transactions).toBeLessThanOrEqual(102);
  });
});
