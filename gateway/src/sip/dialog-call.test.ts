/** What happens inside a call: real sockets, time turned by hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentBench, PATIENT, SDP } from '../../fixtures/sip/agent-bench.ts';
import { header } from '../../fixtures/sip/wire-peer.ts';
import { MAX_WAITING_REINVITES } from './limits.ts';

let bench: AgentBench;
beforeEach(async () => {
  bench = await AgentBench.open();
});
afterEach(() => bench.close());

describe('inside a call', () => {
  it('a request that counts backwards gets 500 (RFC 3261 §12.2.2)', async () => {
    const { toTag } = await bench.talking({ cseq: 10 });
    bench.say({ method: 'INFO', cseq: 9, toTag });
    expect(header(await bench.peer.hear('500'), 'CSeq')).toBe('9 INFO');
  });

  it('a re-INVITE gets the answer of its listener, 488 for none, and without an offer the answer comes with the ACK', async () => {
    const { call, toTag } = await bench.talking();
    bench.say({ cseq: 2, toTag });
    await bench.peer.hear('488');
    const offers: string[] = [];
    const answers: string[] = [];
    call.onReanswer((answer) => answers.push(answer));
    call.onReoffer((offer) => {
      offers.push(offer);
      return SDP;
    });
    bench.say({ cseq: 3, toTag, body: '', more: 'X: y' });
    await bench.peer.hear('200 OK');
    bench.say({ cseq: 4, toTag });
    expect(header(await bench.peer.hear('500'), 'Retry-After')).toMatch(/^([0-9]|10)$/); // the one before waits for its ACK (§14.2)
    bench.say({ method: 'ACK', cseq: 3, toTag, body: 'v=0\n' });
    await expect.poll(() => answers, PATIENT).toEqual(['v=0\r\n']);
    expect(offers).toEqual(['']);
  });

  it('two re-INVITEs that cross are both refused with 491, and ours is tried again after its pause (RFC 3261 §14)', async () => {
    const { call, toTag } = await bench.talking();
    const answer = call.reinvite(SDP);
    const ours = await bench.peer.hear('INVITE');
    bench.say({ cseq: 2, toTag });
    await bench.peer.hear('491');
    bench.replyTo(ours, '491 Request Pending');
    await bench.peer.hear('ACK');
    bench.clock.advance(2_000); // we do not own the Call-ID: 0 to 2 s
    const again = await bench.peer.hear('INVITE');
    expect(Number.parseInt(header(again, 'CSeq'), 10)).toBe(Number.parseInt(header(ours, 'CSeq'), 10) + 1);
    bench.replyTo(again, '200 OK', 'v=0\r\n');
    expect(await answer).toBe('v=0\r\n');
    expect(header(await bench.peer.hear('ACK'), 'CSeq')).toBe(header(again, 'CSeq').replace('INVITE', 'ACK'));
  });

  it('our re-INVITE refused leaves the call as it was; 481 ends it (RFC 3261 §12.2.1.2, §14.1)', async () => {
    const { call } = await bench.talking();
    const first = call.reinvite(SDP);
    bench.replyTo(await bench.peer.hear('INVITE'), '488 Not Acceptable Here');
    await expect(first).rejects.toMatchObject({ code: 'SIP_REINVITE_REFUSED', status: 488 });
    const second = call.reinvite(SDP);
    bench.replyTo(await bench.peer.hear('INVITE'), '481 Gone');
    await expect(second).rejects.toMatchObject({ status: 481 });
    expect(await call.ended).toEqual({ by: 'remote', why: 'dialog_lost', status: 481 });
  });

  it('our re-INVITE that only gets 100 is given up after 40 s, and the call goes on', async () => {
    const { call, toTag } = await bench.talking();
    const answer = call.reinvite(SDP);
    bench.replyTo(await bench.peer.hear('INVITE'), '100 Trying');
    await expect.poll(() => bench.agent.counters().messagesReceived, PATIENT).toBe(3);
    bench.clock.advance(40_000);
    await expect(answer).rejects.toMatchObject({ code: 'SIP_REINVITE_REFUSED', status: 0 });
    bench.say({ method: 'OPTIONS', cseq: 2, toTag });
    expect(header(await bench.peer.hear('200 OK'), 'CSeq')).toBe('2 OPTIONS');
  });

  it('more changes than may wait are refused at once, and all of them when the call ends', async () => {
    const { call } = await bench.talking();
    const wanted = Array.from({ length: MAX_WAITING_REINVITES + 2 }, () => call.reinvite(SDP));
    await expect(wanted.at(-1)).rejects.toMatchObject({ code: 'SIP_REINVITE_REFUSED' });
    call.hangup();
    const outcomes = await Promise.allSettled([...wanted, call.reinvite(SDP)]);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('a listener that fails costs the far end one 500 and nobody else anything', async () => {
    const { call, toTag } = await bench.talking();
    call.onReoffer(() => {
      throw new Error('fault of the house');
    });
    bench.say({ cseq: 2, toTag });
    expect(header(await bench.peer.hear('500'), 'CSeq')).toBe('2 INVITE');
    expect(bench.agent.counters()).toMatchObject({ listenerFaults: 1, dialogs: 1 });
  });

  it('INFO that is no key press is 415, a broken one 400, and neither reaches a listener', async () => {
    const { call, toTag } = await bench.talking();
    const digits: string[] = [];
    call.onDigit((digit) => digits.push(digit));
    bench.say({ method: 'INFO', cseq: 2, toTag, body: 'x', type: 'text/plain' });
    await bench.peer.hear('415');
    bench.say({ method: 'INFO', cseq: 3, toTag, body: 'Signal=%', type: 'application/dtmf-relay' });
    await bench.peer.hear('400');
    bench.say({ method: 'INFO', cseq: 4, toTag, body: 'Signal= 11\nDuration= 100\n', type: 'application/dtmf-relay' });
    bench.say({ method: 'INFO', cseq: 5, toTag, body: '7', type: 'application/dtmf' });
    await expect.poll(() => digits, PATIENT).toEqual(['#', '7']);
  });

  it('garbage of any kind on the port disturbs nothing', async () => {
    const { call, toTag } = await bench.talking();
    for (let i = 0; i < 500; i++) {
      const bytes = Buffer.from(bench.request({ method: 'BYE', cseq: 2, toTag }));
      for (let j = 0; j <= i % 40; j++) bytes[(i * 7919 + j * 104_729) % bytes.length] = (i * 31 + j) % 256;
      // A start line that stays whole could end the call rightly; this one never does.
      bytes.write(i % 2 === 0 ? '\0' : 'X', 0);
      bench.peer.sayBytes(bench.agent.port, bytes);
    }
    const digits: string[] = [];
    call.onDigit((digit) => digits.push(digit));
    bench.say({ method: 'INFO', cseq: 5000, toTag, body: '7', type: 'application/dtmf' });
    await expect.poll(() => digits, PATIENT).toEqual(['7']);
    expect(bench.agent.counters()).toMatchObject({ dialogs: 1, listenerFaults: 0 });
  });
});
