/** PRACK, early media and UPDATE before the answer, both ways (RFC 3262, RFC 3311): real sockets, time turned by hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentBench, PATIENT, SDP, tagOf } from '../../fixtures/sip/agent-bench.ts';
import { header } from '../../fixtures/sip/wire-peer.ts';

let bench: AgentBench;
beforeEach(async () => {
  bench = await AgentBench.open();
});
afterEach(() => bench.close());

const ANSWER = SDP.replaceAll('\n', '\r\n');
const rack = (response: string, cseq = '1 INVITE'): string => `RAck: ${header(response, 'RSeq')} ${cseq}`;

describe('a caller that knows PRACK', () => {
  it('gets 183 again after 500, 1000, 2000 ms … until its PRACK, and the answer only then (RFC 3262 §3)', async () => {
    const call = await bench.offered({ more: 'Supported: 100rel' });
    call.progress(ANSWER);
    const early = await bench.peer.hear('183');
    expect(header(early, 'Require')).toBe('100rel');
    bench.clock.advance(500 + 1000 + 2000);
    for (let i = 0; i < 3; i++) expect(header(await bench.peer.hear('183'), 'RSeq')).toBe(header(early, 'RSeq'));
    call.answer(ANSWER);
    expect(bench.peer.waiting.filter((text) => text.startsWith('SIP/2.0 200'))).toEqual([]);
    bench.say({ method: 'PRACK', cseq: 2, toTag: tagOf(early), more: rack(early) });
    expect(header(await bench.peer.hear('200 OK'), 'CSeq')).toBe('2 PRACK');
    expect(header(await bench.peer.hear('200 OK'), 'CSeq')).toBe('1 INVITE');
    bench.clock.advance(10_000);
    expect(bench.peer.waiting.filter((text) => text.startsWith('SIP/2.0 183'))).toEqual([]);
  });

  it('gets 481 for a PRACK of another response, and 504 when it never sends one (RFC 3262 §3)', async () => {
    const call = await bench.offered({ more: 'Supported: 100rel' });
    call.progress(ANSWER);
    const early = await bench.peer.hear('183');
    const other = `RAck: ${Number(header(early, 'RSeq')) + 1} 1 INVITE`;
    bench.say({ method: 'PRACK', cseq: 2, toTag: tagOf(early), more: other });
    await bench.peer.hear('481');
    bench.clock.advance(32_000);
    await bench.peer.hear('504');
    expect(await call.ended).toEqual({ by: 'local', why: 'rejected', status: 504 });
  });

  it('that requires it gets 180 reliably, and no second reliable response before the first is acknowledged', async () => {
    const call = await bench.offered({ more: 'Require: 100rel' });
    call.ring();
    const ringing = await bench.peer.hear('180');
    call.progress(ANSWER);
    expect(bench.peer.waiting).toEqual([]);
    bench.say({ method: 'PRACK', cseq: 2, toTag: tagOf(ringing), more: rack(ringing) });
    const early = await bench.peer.hear('183');
    expect(Number(header(early, 'RSeq'))).toBe(Number(header(ringing, 'RSeq')) + 1);
  });

  it('may offer anew in its PRACK and is answered in the 200, or refused while the 183 stays acknowledged', async () => {
    const call = await bench.offered({ more: 'Supported: 100rel' });
    call.progress(ANSWER);
    const early = await bench.peer.hear('183');
    call.onReoffer(() => 'v=0\r\no=new\r\n');
    bench.say({ method: 'PRACK', cseq: 2, toTag: tagOf(early), more: rack(early), body: SDP });
    expect(await bench.peer.hear('200 OK')).toContain('o=new');
    bench.clock.advance(2_000);
    expect(bench.peer.waiting).toEqual([]);
  });

  it('without an offer gets ours in the 183 and answers in its PRACK; the 200 then carries none (RFC 3262 §5)', async () => {
    const call = await bench.offered({ body: '', more: 'Supported: 100rel' });
    call.progress(ANSWER);
    const early = await bench.peer.hear('183');
    bench.say({ method: 'PRACK', cseq: 2, toTag: tagOf(early), more: rack(early), body: 'v=0\n' });
    await bench.peer.hear('200 OK');
    expect(await call.lateAnswer).toBe('v=0\r\n');
    call.answer(ANSWER);
    expect(await bench.peer.hear('200 OK')).toContain('Content-Length: 0');
  });

  it('changes the session by UPDATE before the answer, and gets 500 while its first offer has no answer (RFC 3311 §5.2)', async () => {
    const call = await bench.offered({ more: 'Supported: 100rel' });
    call.ring();
    const toTag = tagOf(await bench.peer.hear('180'));
    call.onReoffer(() => 'v=0\r\no=held\r\n');
    bench.say({ method: 'UPDATE', cseq: 2, toTag, body: SDP });
    expect(header(await bench.peer.hear('500'), 'Retry-After')).toMatch(/^([0-9]|10)$/);
    call.progress(ANSWER);
    const early = await bench.peer.hear('183');
    bench.say({ method: 'PRACK', cseq: 3, toTag, more: rack(early) });
    await bench.peer.hear('200 OK');
    bench.say({ method: 'UPDATE', cseq: 4, toTag, body: SDP });
    expect(await bench.peer.hear('200 OK')).toContain('o=held');
  });
});

describe('a caller that does not know PRACK', () => {
  it('gets 183 with our answer once, and the same description in the 200', async () => {
    const call = await bench.offered();
    call.progress(ANSWER);
    const early = await bench.peer.hear('183');
    expect(header(early, 'RSeq')).toBe('');
    expect(early).toContain('m=audio 4000');
    bench.clock.advance(5_000);
    call.answer('v=0\r\nother');
    const answer = await bench.peer.hear('200 OK');
    expect(answer).toContain('m=audio 4000');
    expect(bench.peer.waiting).toEqual([]);
  });

  it('whose INVITE expires unanswered gets 487 (RFC 3261 §13.3.1), and its Timestamp back in the 100 (§8.2.6.1)', async () => {
    bench.say({ more: 'Expires: 20\r\nTimestamp: 54.21' });
    expect(header(await bench.peer.hear('100'), 'Timestamp')).toBe('54.21');
    bench.clock.advance(20_000);
    await bench.peer.hear('487');
  });
});

describe('a far end that sends reliable responses', () => {
  const make = (offer = ANSWER) =>
    bench.agent.invite(`sip:phone@127.0.0.1:${bench.peer.port}`, offer, { from: { uri: 'sip:95588@127.0.0.1', displayName: '' } });
  const reliable = (rseq: number): string => `Require: 100rel\r\nRSeq: ${rseq}\r\nAllow: INVITE, ACK, BYE, UPDATE, PRACK`;

  it('gets a PRACK for each in turn and none for one that comes again or too early; its answer there is the answer', async () => {
    const call = make();
    const heard: string[] = [];
    call.onEarlyMedia((sdp) => heard.push(sdp));
    const invite = await bench.peer.hear('INVITE');
    expect(header(invite, 'Supported')).toContain('100rel');
    bench.replyTo(invite, '183 Session Progress', 'v=0\r\no=early\r\n', 'one', reliable(7));
    const prack = await bench.peer.hear('PRACK');
    expect(header(prack, 'RAck')).toBe(`7 ${header(invite, 'CSeq')}`);
    bench.replyTo(prack, '200 OK');
    bench.replyTo(invite, '183 Session Progress', 'v=0\r\no=early\r\n', 'one', reliable(7));
    bench.replyTo(invite, '180 Ringing', '', 'one', reliable(9));
    bench.replyTo(invite, '180 Ringing', '', 'one', reliable(8));
    expect(header(await bench.peer.hear('PRACK'), 'RAck')).toBe(`8 ${header(invite, 'CSeq')}`);
    expect(bench.peer.waiting).toEqual([]);
    expect(heard).toEqual(['v=0\r\no=early\r\n']);
    bench.replyTo(invite, '200 OK', '', 'one');
    expect(await call.answered).toBe('v=0\r\no=early\r\n');
    await bench.peer.hear('ACK');
  });

  it('offers in its reliable 183 when our INVITE had no offer, and is answered by the PRACK', async () => {
    const call = make('');
    call.onReoffer((offer) => `${offer}a=ours\r\n`);
    const invite = await bench.peer.hear('INVITE');
    expect(header(invite, 'Content-Length')).toBe('0');
    bench.replyTo(invite, '183 Session Progress', 'v=0\r\n', 'one', reliable(1));
    expect(await bench.peer.hear('PRACK')).toContain('v=0\r\na=ours\r\n');
    bench.replyTo(invite, '200 OK', '', 'one');
    expect(await bench.peer.hear('ACK')).toContain('Content-Length: 0');
    await call.answered;
  });

  it('offers in its 200 when our INVITE had no offer, and is answered by the ACK; an offer nobody takes ends the call', async () => {
    const call = make('');
    call.onReoffer(() => 'v=0\r\na=ours\r\n');
    bench.replyTo(await bench.peer.hear('INVITE'), '200 OK', 'v=0\r\n', 'one');
    expect(await bench.peer.hear('ACK')).toContain('v=0\r\na=ours\r\n');
    expect(await call.answered).toBe('v=0\r\n');
    const other = make('');
    bench.replyTo(await bench.peer.hear('INVITE'), '200 OK', 'v=0\r\n', 'two');
    await bench.peer.hear('ACK');
    expect(header(await bench.peer.hear('BYE'), 'Reason')).toContain('cause=88');
    await expect(other.answered).rejects.toMatchObject({ code: 'SIP_INVITE_UNANSWERED' });
  });

  it('has several phones ring, each with its own dialog, and the first that answers is the call', async () => {
    const call = make();
    const invite = await bench.peer.hear('INVITE');
    for (const [tag, rseq] of [
      ['one', 5],
      ['two', 900],
    ] as const) {
      bench.replyTo(invite, '183 Session Progress', `v=0\r\no=${tag}\r\n`, tag, reliable(rseq));
      expect(header(await bench.peer.hear('PRACK'), 'To')).toContain(`tag=${tag}`);
    }
    expect(bench.agent.counters().dialogs).toBe(3);
    bench.replyTo(invite, '200 OK', '', 'two');
    expect(await call.answered).toBe('v=0\r\no=two\r\n');
    expect(bench.agent.counters().dialogs).toBe(1);
    await bench.peer.hear('ACK');
    bench.replyTo(invite, '200 OK', '', 'one');
    expect(header(await bench.peer.hear('BYE'), 'To')).toContain('tag=one');
    call.hangup();
    expect(header(await bench.peer.hear('BYE'), 'To')).toContain('tag=two');
  });

  it('changes the session by UPDATE in the early dialog; before its answer the UPDATE crosses our offer: 491', async () => {
    const call = make();
    call.onReoffer(() => 'v=0\r\no=changed\r\n');
    const invite = await bench.peer.hear('INVITE');
    bench.replyTo(invite, '180 Ringing', '', 'one', reliable(1));
    const prack = await bench.peer.hear('PRACK');
    const update = (cseq: number): void => {
      const party = `From: ${header(prack, 'To')}\r\nTo: ${header(prack, 'From')}\r\nCall-ID: ${header(prack, 'Call-ID')}`;
      const via = `Via: SIP/2.0/UDP 127.0.0.1:${bench.peer.port};branch=z9hG4bKup${cseq}`;
      const body = 'Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n';
      bench.peer.say(
        bench.agent.port,
        `UPDATE sip:us@127.0.0.1 SIP/2.0\r\n${via}\r\n${party}\r\nCSeq: ${cseq} UPDATE\r\nMax-Forwards: 70\r\n${body}`,
      );
    };
    update(1);
    await bench.peer.hear('491');
    bench.replyTo(invite, '183 Session Progress', 'v=0\r\n', 'one', reliable(2));
    await bench.peer.hear('PRACK');
    update(2);
    expect(await bench.peer.hear('200 OK')).toContain('o=changed');
    call.hangup();
    await bench.peer.hear('CANCEL');
    await expect.poll(() => bench.agent.counters().dialogs, PATIENT).toBe(0);
  });
});
