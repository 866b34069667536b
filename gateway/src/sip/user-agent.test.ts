/** The user agent as a peer on UDP meets it: real sockets, time turned by hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { header, WirePeer } from '../../fixtures/sip/wire-peer.ts';
import { type IncomingCall, UserAgent, type UserAgentOptions } from './user-agent.ts';

const SDP = 'v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 4000 RTP/AVP 8\n';
let clock: FakeClock;
let peer: WirePeer;
let agent: UserAgent;
let calls: IncomingCall[];
let verdict: 'accept' | 'refuse' | 'drop';

async function start(more: Partial<UserAgentOptions> = {}): Promise<void> {
  agent = await UserAgent.start({
    address: '127.0.0.1',
    port: 0,
    clock,
    product: 'Keepline test',
    limits: { maxMessageBytes: 4096, maxTransactions: 100, maxTcpConnections: 8 },
    admit: () => verdict,
    onInvite: (call) => calls.push(call),
    ...more,
  });
}

beforeEach(async () => {
  clock = new FakeClock();
  peer = await WirePeer.open();
  calls = [];
  verdict = 'accept';
  await start();
});
afterEach(async () => {
  await closed(agent);
  await peer.close();
});

async function closed(open: UserAgent): Promise<void> {
  const done = open.close();
  await clock.advanceAsync(2_000);
  await done;
}

interface Said {
  method?: string;
  uri?: string;
  version?: string;
  cseq?: number;
  branch?: string;
  toTag?: string;
  callId?: string;
  fromTag?: string;
  more?: string;
  body?: string;
  type?: string;
  via?: string;
}
let branches = 0;

/** A request of the peer's, whole unless the test breaks it. */
function request(said: Said = {}): string {
  const method = said.method ?? 'INVITE';
  const body = (said.body ?? (method === 'INVITE' ? SDP : '')).replaceAll('\n', '\r\n');
  const lines = [
    `${method} ${said.uri ?? `sip:95588@127.0.0.1:${agent.port}`} ${said.version ?? 'SIP/2.0'}`,
    said.via ?? `Via: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=${said.branch ?? `z9hG4bK-test-${branches++}`};rport`,
    `From: "Caller" <sip:13800000000@127.0.0.1>;tag=${said.fromTag ?? 'caller'}`,
    `To: <sip:95588@127.0.0.1>${said.toTag ? `;tag=${said.toTag}` : ''}`,
    `Call-ID: ${said.callId ?? 'call-1'}`,
    `CSeq: ${said.cseq ?? 1} ${method}`,
    `Contact: <sip:caller@127.0.0.1:${peer.port}>`,
    'Max-Forwards: 70',
  ];
  if (said.more) lines.push(said.more);
  if (body !== '') lines.push(`Content-Type: ${said.type ?? 'application/sdp'}`);
  lines.push(`Content-Length: ${body.length}`, '', body);
  return lines.join('\r\n');
}
const say = (said: Said = {}): void => peer.say(agent.port, request(said));
const tagOf = (message: string): string => /;tag=(\w+)/.exec(header(message, 'To'))?.[1] ?? '';
async function offered(said: Said = {}): Promise<IncomingCall> {
  const before = calls.length;
  say(said);
  await peer.hear('100 Trying');
  const call = calls[before];
  if (!call) throw new Error('no call was offered');
  return call;
}
/** A call in progress: answered and acknowledged. */
async function talking(said: Said = {}): Promise<{ call: IncomingCall; toTag: string }> {
  const call = await offered(said);
  call.answer(SDP);
  const toTag = tagOf(await peer.hear('200 OK'));
  say({ ...said, method: 'ACK', toTag });
  await call.acknowledged;
  return { call, toTag };
}

describe('a request outside any dialog', () => {
  it('is refused with 403 or not answered at all when its source is not admitted, and no call hears of it', async () => {
    verdict = 'refuse';
    say();
    expect(tagOf(await peer.hear('403 Forbidden'))).not.toBe('');
    say({ method: 'ACK' });
    await expect.poll(() => agent.counters().refused).toBe(2);
    verdict = 'drop';
    say({ method: 'OPTIONS' });
    await expect.poll(() => agent.counters().dropped).toBe(1);
    verdict = 'refuse';
    say({ method: 'OPTIONS' });
    await peer.hear('403');
    expect(peer.waiting).toEqual([]);
    expect(calls).toEqual([]);
    expect(agent.counters()).toMatchObject({ transactions: 0, refused: 3, dropped: 1 });
  });

  it.each<[string, Said, string, string?]>([
    ['a version nobody speaks', { version: 'SIP/7.0' }, '505'],
    ['a method not for us', { method: 'REGISTER' }, '405', 'Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO'],
    ['a method nobody knows', { method: 'DANCE' }, '501'],
    ['an extension we lack', { more: 'Require: 100rel, foo' }, '420', 'Unsupported: 100rel, foo'],
    ['a body that is no SDP', { type: 'text/plain' }, '415', 'Accept: application/sdp'],
    ['a packed body', { more: 'Content-Encoding: gzip' }, '415', 'Accept-Encoding: identity'],
    ['a URI of another kind', { uri: 'http://bank.example' }, '416'],
    ['a URI that is none', { uri: 'sip:a b@c' }, '400'],
    ['no hops left on the way to somebody else', { uri: 'sip:x@other.example', more: 'Max-Forwards: 0' }, '400'],
    ['a CSeq of another method', { more: 'CSeq: 1 BYE' }, '400'],
    ['a tag of no dialog', { toTag: 'unknown' }, '481'],
    ['BYE to nothing', { method: 'BYE' }, '481'],
    ['CANCEL of nothing', { method: 'CANCEL' }, '481'],
    ['a size beyond the limit', { more: `X-Fill: ${'x'.repeat(4000)}` }, '513'],
    ['no Contact to answer to', { more: 'X: y', via: 'Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKnc;rport\r\nNot-' }, '400'],
  ])('with %s gets its status (RFC 3261 §8.2)', async (_name, said, status, line = '') => {
    const text = request(said);
    peer.say(agent.port, said.via?.endsWith('Not-') ? text.replace('\r\nNot-\r\n', '\r\n').replace('Contact:', 'X-Contact:') : text);
    expect(await peer.hear(`SIP/2.0 ${status}`)).toContain(line);
    expect(calls).toEqual([]);
  });

  it('has gone astray when its last hop is used up and it is for somebody else, 483 (RFC 3261 §8.1.1.6)', async () => {
    const text = request({ method: 'OPTIONS', uri: 'sip:x@other.example' }).replace('Max-Forwards: 70', 'Max-Forwards: 0');
    peer.say(agent.port, text);
    expect(await peer.hear('483')).toContain('Too Many Hops');
  });

  it('comes a second time by another way: 482 (RFC 3261 §8.2.2.2)', async () => {
    await offered();
    say();
    await peer.hear('482');
    expect(calls).toHaveLength(1);
  });

  it('OPTIONS says what we can, the same again for a retransmission', async () => {
    say({ method: 'OPTIONS', branch: 'z9hG4bKsame' });
    const first = await peer.hear('200 OK');
    expect(header(first, 'Accept')).toBe('application/sdp');
    say({ method: 'OPTIONS', branch: 'z9hG4bKsame' });
    expect(await peer.hear('200 OK')).toBe(first);
  });

  it('is told where it was seen to come from, and answered there (RFC 3581)', async () => {
    say({ method: 'OPTIONS', via: 'Via: SIP/2.0/UDP 10.9.8.7:9;branch=z9hG4bKnat;rport, SIP/2.0/UDP far.example;branch=z9hG4bKfar' });
    const response = await peer.hear('200 OK');
    expect(header(response, 'Via')).toBe(`SIP/2.0/UDP 10.9.8.7:9;branch=z9hG4bKnat;received=127.0.0.1;rport=${peer.port}`);
    expect(response).toContain('\r\nVia: SIP/2.0/UDP far.example;branch=z9hG4bKfar\r\n');
  });

  it('is answered 503 with Retry-After when the table is full, while a call in progress can still be ended', async () => {
    const { toTag } = await talking();
    for (let i = 0; i < 100; i++) say({ callId: `flood-${i}` });
    expect(header(await peer.hear('503'), 'Retry-After')).toBe('5');
    say({ method: 'BYE', cseq: 2, toTag });
    await expect.poll(() => peer.waiting.some((text) => header(text, 'CSeq') === '2 BYE' && text.startsWith('SIP/2.0 200'))).toBe(true);
    expect(agent.counters().transactions).toBeLessThanOrEqual(101);
  });
});

describe('a call that comes in', () => {
  it('gets its 200 again at 500, 1500, 3500 ms … and is ended with BYE after 32 s without ACK (RFC 3261 §13.3.1.4)', async () => {
    const call = await offered();
    call.answer(SDP);
    clock.advance(31_999);
    for (let i = 0; i < 11; i++) await peer.hear('200 OK');
    clock.advance(1);
    await peer.hear('BYE');
    expect(await call.ended).toEqual({ by: 'timeout', why: 'no_ack' });
    await expect(call.acknowledged).rejects.toMatchObject({ code: 'SIP_CALL_NOT_ACKNOWLEDGED' });
    expect(peer.waiting).toEqual([]);
  });

  it('hung up after the answer waits for the ACK before BYE (RFC 3261 §15)', async () => {
    const call = await offered();
    call.answer(SDP);
    const toTag = tagOf(await peer.hear('200 OK'));
    call.hangup({ cause: 16, text: 'done' });
    expect(await call.ended).toEqual({ by: 'local', why: 'bye' });
    say({ method: 'ACK', toTag });
    expect(header(await peer.hear('BYE'), 'Reason')).toBe('Q.850;cause=16;text="done"');
  });

  it('keeps to Record-Route and Contact in what we send later (RFC 3261 §12.1.1, §12.2.1.1)', async () => {
    const more = `Record-Route: <sip:127.0.0.1:${peer.port};lr>, <sip:inner.example;lr>`;
    const call = await offered({ more });
    call.ring();
    expect(await peer.hear('180')).toContain(`\r\n${more}\r\n`);
    call.answer(SDP);
    const toTag = tagOf(await peer.hear('200 OK'));
    say({ method: 'ACK', toTag });
    await call.acknowledged;
    call.hangup();
    const bye = await peer.hear('BYE');
    expect(bye).toContain(`BYE sip:caller@127.0.0.1:${peer.port} SIP/2.0\r\n`);
    expect(bye).toContain(`\r\nRoute: <sip:127.0.0.1:${peer.port};lr>\r\nRoute: <sip:inner.example;lr>\r\n`);
    expect(header(bye, 'To')).toBe('"Caller" <sip:13800000000@127.0.0.1>;tag=caller');
  });

  it('sends our offer when it brought none, and the answer comes with the ACK', async () => {
    const call = await offered({ body: '', more: 'Subject: late' });
    expect(call.offer.replaceAll('\r', '')).toBe('');
    call.answer(SDP);
    const toTag = tagOf(await peer.hear('200 OK'));
    say({ method: 'ACK', toTag, body: 'v=0\n' });
    expect(await call.lateAnswer).toBe('v=0\r\n');
  });

  it('rings again each minute while nobody answers (RFC 3261 §13.3.1.1)', async () => {
    const call = await offered();
    call.ring();
    clock.advance(120_000);
    for (let i = 0; i < 3; i++) await peer.hear('180 Ringing');
    call.reject(486);
    await peer.hear('486 Busy Here');
    expect(await call.ended).toEqual({ by: 'local', why: 'rejected', status: 486 });
  });

  it('is not ended by a CANCEL that crosses the answer, though the CANCEL gets its 200 (RFC 3261 §9.2)', async () => {
    const branch = 'z9hG4bKcross';
    const call = await offered({ branch });
    call.answer(SDP);
    const toTag = tagOf(await peer.hear('200 OK'));
    say({ method: 'CANCEL', branch });
    expect(header(await peer.hear('200 OK'), 'CSeq')).toBe('1 CANCEL');
    say({ method: 'ACK', toTag });
    await call.acknowledged;
    call.hangup();
    await peer.hear('BYE');
  });

  it('ends with BYE before the answer: 200 for it and 487 for the INVITE (RFC 3261 §15.1.2)', async () => {
    const call = await offered();
    call.ring();
    const toTag = tagOf(await peer.hear('180'));
    say({ method: 'BYE', cseq: 2, toTag });
    await peer.hear('200 OK');
    await peer.hear('487');
    expect(await call.ended).toEqual({ by: 'remote', why: 'bye' });
  });

  it('is rejected with 500 when its listener fails, and the next one is heard', async () => {
    await closed(agent);
    let first = true;
    await start({
      onInvite: (call) => {
        if (first) {
          first = false;
          throw new Error('fault of the house');
        }
        calls.push(call);
      },
    });
    say();
    await peer.hear('100');
    await peer.hear('500');
    await offered({ callId: 'call-2' });
    expect(agent.counters().listenerFaults).toBe(1);
  });

  it('is answered 503 once we drain, while calls in progress go on', async () => {
    const { toTag } = await talking();
    agent.drain();
    say({ callId: 'call-2' });
    await peer.hear('503');
    say({ method: 'INFO', cseq: 2, toTag });
    expect(header(await peer.hear('200 OK'), 'CSeq')).toBe('2 INFO');
  });
});

describe('inside a call', () => {
  it('a request that counts backwards gets 500 (RFC 3261 §12.2.2)', async () => {
    const { toTag } = await talking({ cseq: 10 });
    say({ method: 'INFO', cseq: 9, toTag });
    expect(header(await peer.hear('500'), 'CSeq')).toBe('9 INFO');
  });

  it('a re-INVITE gets the answer of its listener, 488 for none, and without an offer the answer comes with the ACK', async () => {
    const { call, toTag } = await talking();
    say({ cseq: 2, toTag });
    await peer.hear('488');
    const offers: string[] = [];
    const answers: string[] = [];
    call.onReanswer((answer) => answers.push(answer));
    call.onReoffer((offer) => {
      offers.push(offer);
      return SDP;
    });
    say({ cseq: 3, toTag, body: '', more: 'X: y' });
    await peer.hear('200 OK');
    say({ cseq: 4, toTag });
    expect(header(await peer.hear('500'), 'Retry-After')).toMatch(/^([0-9]|10)$/); // the one before waits for its ACK (§14.2)
    say({ method: 'ACK', cseq: 3, toTag, body: 'v=0\n' });
    await expect.poll(() => answers).toEqual(['v=0\r\n']);
    expect(offers).toEqual(['']);
  });

  it('two re-INVITEs that cross are both refused with 491, and ours is tried again after its pause (RFC 3261 §14)', async () => {
    const { call, toTag } = await talking();
    const answer = call.reinvite(SDP);
    const ours = await peer.hear('INVITE');
    say({ cseq: 2, toTag });
    await peer.hear('491');
    peer.say(agent.port, replyTo(ours, '491 Request Pending'));
    await peer.hear('ACK');
    clock.advance(2_000); // we do not own the Call-ID: 0 to 2 s
    const again = await peer.hear('INVITE');
    expect(Number.parseInt(header(again, 'CSeq'), 10)).toBe(Number.parseInt(header(ours, 'CSeq'), 10) + 1);
    peer.say(agent.port, replyTo(again, '200 OK', 'v=0\r\n'));
    expect(await answer).toBe('v=0\r\n');
    expect(header(await peer.hear('ACK'), 'CSeq')).toBe(header(again, 'CSeq').replace('INVITE', 'ACK'));
  });

  it('our re-INVITE refused leaves the call as it was; 481 ends it (RFC 3261 §12.2.1.2, §14.1)', async () => {
    const { call } = await talking();
    const first = call.reinvite(SDP);
    peer.say(agent.port, replyTo(await peer.hear('INVITE'), '488 Not Acceptable Here'));
    await expect(first).rejects.toMatchObject({ code: 'SIP_REINVITE_REFUSED', status: 488 });
    const second = call.reinvite(SDP);
    peer.say(agent.port, replyTo(await peer.hear('INVITE'), '481 Gone'));
    await expect(second).rejects.toMatchObject({ status: 481 });
    expect(await call.ended).toEqual({ by: 'remote', why: 'dialog_lost', status: 481 });
  });

  it('INFO that is no key press is 415, a broken one 400, and neither reaches a listener', async () => {
    const { call, toTag } = await talking();
    const digits: string[] = [];
    call.onDigit((digit) => digits.push(digit));
    say({ method: 'INFO', cseq: 2, toTag, body: 'x', type: 'text/plain' });
    await peer.hear('415');
    say({ method: 'INFO', cseq: 3, toTag, body: 'Signal=%', type: 'application/dtmf-relay' });
    await peer.hear('400');
    say({ method: 'INFO', cseq: 4, toTag, body: 'Signal= 11\nDuration= 100\n', type: 'application/dtmf-relay' });
    say({ method: 'INFO', cseq: 5, toTag, body: '7', type: 'application/dtmf' });
    await expect.poll(() => digits).toEqual(['#', '7']);
  });

  it('garbage of any kind on the port disturbs nothing', async () => {
    const { call, toTag } = await talking();
    for (let i = 0; i < 500; i++) {
      const bytes = Buffer.from(request({ method: 'BYE', cseq: 2, toTag }));
      for (let j = 0; j <= i % 40; j++) bytes[(i * 7919 + j * 104_729) % bytes.length] = (i * 31 + j) % 256;
      // A start line that stays whole could end the call rightly; this one never does.
      bytes.write(i % 2 === 0 ? '\0' : 'X', 0);
      peer.sayBytes(agent.port, bytes);
    }
    const digits: string[] = [];
    call.onDigit((digit) => digits.push(digit));
    say({ method: 'INFO', cseq: 5000, toTag, body: '7', type: 'application/dtmf' });
    await expect.poll(() => digits).toEqual(['7']);
    expect(agent.counters()).toMatchObject({ dialogs: 1, listenerFaults: 0 });
  });
});

describe('a call we make', () => {
  const make = (timeoutMs = 60_000) =>
    agent.invite(`sip:phone@127.0.0.1:${peer.port}`, SDP, { from: { uri: 'sip:95588@127.0.0.1', displayName: 'Bank' }, timeoutMs });

  it('acknowledges and ends every further answer of a fork (RFC 3261 §13.2.2.4)', async () => {
    const call = make();
    const invite = await peer.hear('INVITE');
    peer.say(agent.port, replyTo(invite, '200 OK', 'v=0\r\n', 'one'));
    expect(await call.answered).toBe('v=0\r\n');
    await peer.hear('ACK');
    peer.say(agent.port, replyTo(invite, '200 OK', 'v=0\r\n', 'two'));
    expect(header(await peer.hear('ACK'), 'To')).toContain('tag=two');
    expect(header(await peer.hear('BYE'), 'To')).toContain('tag=two');
    peer.say(agent.port, replyTo(invite, '200 OK', 'v=0\r\n', 'one'));
    expect(header(await peer.hear('ACK'), 'To')).toContain('tag=one');
    expect(peer.waiting).toEqual([]);
  });

  it('given up early sends CANCEL only after a provisional response, and ends an answer that crosses it (RFC 3261 §9.1)', async () => {
    const call = make();
    const invite = await peer.hear('INVITE');
    call.hangup();
    expect(await call.ended).toEqual({ by: 'local', why: 'cancel' });
    await expect(call.answered).rejects.toMatchObject({ code: 'SIP_INVITE_UNANSWERED' });
    expect(peer.waiting).toEqual([]);
    peer.say(agent.port, replyTo(invite, '180 Ringing'));
    const cancel = await peer.hear('CANCEL');
    expect(header(cancel, 'Via')).toBe(header(invite, 'Via'));
    expect(header(cancel, 'CSeq')).toBe(header(invite, 'CSeq').replace('INVITE', 'CANCEL'));
    peer.say(agent.port, replyTo(invite, '200 OK', 'v=0\r\n'));
    await peer.hear('ACK');
    await peer.hear('BYE');
  });

  it('that rings too long is cancelled', async () => {
    const call = make(20_000);
    peer.say(agent.port, replyTo(await peer.hear('INVITE'), '180 Ringing'));
    await call.ringing;
    clock.advance(20_000);
    await peer.hear('CANCEL');
    expect(await call.ended).toEqual({ by: 'timeout', why: 'no_answer' });
  });

  it('that is refused says with which status, and acknowledges on the same branch', async () => {
    const call = make();
    const invite = await peer.hear('INVITE');
    peer.say(agent.port, replyTo(invite, '486 Busy Here'));
    await expect(call.answered).rejects.toMatchObject({ code: 'SIP_INVITE_REFUSED', status: 486 });
    expect(header(await peer.hear('ACK'), 'Via')).toBe(header(invite, 'Via'));
    expect(await call.ended).toEqual({ by: 'remote', why: 'rejected', status: 486 });
  });

  it('to nobody ends after 32 s, and no promise of it needs a listener', async () => {
    const call = make();
    clock.advance(32_000);
    expect(await call.ended).toEqual({ by: 'timeout', why: 'no_answer' });
    for (let i = 0; i < 7; i++) await peer.hear('INVITE');
  });

  it('to what is no sip: URI is refused before anything is sent', () => {
    expect(() => agent.invite('tel:+8613800000000', SDP, { from: { uri: 'sip:a@b', displayName: '' } })).toThrow(
      expect.objectContaining({ code: 'SIP_TARGET_INVALID' }),
    );
  });
});

describe('closing', () => {
  it('hangs up what is in progress, then nothing is left', async () => {
    const { call } = await talking();
    await closed(agent);
    await peer.hear('BYE');
    expect(await call.ended).toEqual({ by: 'local', why: 'bye' });
    expect(agent.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
    expect(clock.pending).toBe(0);
  });

  it('frees the port, which a second agent cannot have before', async () => {
    const { port } = agent;
    const second = {
      address: '127.0.0.1',
      port,
      clock,
      product: 'x',
      limits: { maxMessageBytes: 4096, maxTransactions: 10, maxTcpConnections: 1 },
    };
    const start2 = (): Promise<UserAgent> => UserAgent.start({ ...second, admit: () => 'drop', onInvite: () => {} });
    await expect(start2()).rejects.toMatchObject({ code: 'SIP_PORT_TAKEN' });
    await closed(agent);
    await closed(await start2());
  });
});

/** The peer's response to a request of ours. */
function replyTo(message: string, status: string, body = '', tag = 'phone'): string {
  const lines = [`SIP/2.0 ${status}`];
  for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq']) {
    const value = header(message, name);
    lines.push(`${name}: ${name === 'To' && !value.includes('tag=') ? `${value};tag=${tag}` : value}`);
  }
  lines.push(`Contact: <sip:phone@127.0.0.1:${peer.port}>`, `Content-Length: ${body.length}`, '', body);
  return lines.join('\r\n');
}
