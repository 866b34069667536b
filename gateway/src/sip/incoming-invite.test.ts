/** Calls that come in: real sockets, time turned by hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentBench, PATIENT, SDP, tagOf } from '../../fixtures/sip/agent-bench.ts';
import { header } from '../../fixtures/sip/wire-peer.ts';

let bench: AgentBench;
beforeEach(async () => {
  bench = await AgentBench.open();
});
afterEach(() => bench.close());

describe('a call that comes in', () => {
  it('gets its 200 again at 500, 1500, 3500 ms … and is ended with BYE after 32 s without ACK (RFC 3261 §13.3.1.4)', async () => {
    const call = await bench.offered();
    call.answer(SDP);
    bench.clock.advance(31_999);
    for (let i = 0; i < 11; i++) await bench.peer.hear('200 OK');
    bench.clock.advance(1);
    await bench.peer.hear('BYE');
    expect(await call.ended).toEqual({ by: 'timeout', why: 'no_ack' });
    await expect(call.acknowledged).rejects.toMatchObject({ code: 'SIP_CALL_NOT_ACKNOWLEDGED' });
    expect(bench.peer.waiting).toEqual([]);
  });

  it('hung up after the answer waits for the ACK before BYE (RFC 3261 §15)', async () => {
    const call = await bench.offered();
    call.answer(SDP);
    const toTag = tagOf(await bench.peer.hear('200 OK'));
    call.hangup({ cause: 16, text: 'done' });
    expect(await call.ended).toEqual({ by: 'local', why: 'bye' });
    bench.say({ method: 'OPTIONS', cseq: 2, toTag });
    await bench.peer.hear('200 OK');
    expect(bench.peer.waiting).toEqual([]); // no BYE yet
    bench.say({ method: 'ACK', toTag });
    expect(header(await bench.peer.hear('BYE'), 'Reason')).toBe('Q.850;cause=16;text="done"');
  });

  it('keeps to Record-Route and Contact in what we send later (RFC 3261 §12.1.1, §12.2.1.1)', async () => {
    const more = `Record-Route: <sip:127.0.0.1:${bench.peer.port};lr>, <sip:inner.example;lr>`;
    const call = await bench.offered({ more });
    call.ring();
    expect(await bench.peer.hear('180')).toContain(`\r\n${more}\r\n`);
    call.answer(SDP);
    const toTag = tagOf(await bench.peer.hear('200 OK'));
    bench.say({ method: 'ACK', toTag });
    await call.acknowledged;
    call.hangup();
    const bye = await bench.peer.hear('BYE');
    expect(bye).toContain(`BYE sip:caller@127.0.0.1:${bench.peer.port} SIP/2.0\r\n`);
    expect(bye).toContain(`\r\nRoute: <sip:127.0.0.1:${bench.peer.port};lr>\r\nRoute: <sip:inner.example;lr>\r\n`);
    expect(header(bye, 'To')).toBe('"Caller" <sip:13800000000@127.0.0.1>;tag=caller');
  });

  it('sends our offer when it brought none, and the answer comes with the ACK', async () => {
    const call = await bench.offered({ body: '', more: 'Subject: late' });
    expect(call.offer.replaceAll('\r', '')).toBe('');
    call.answer(SDP);
    const toTag = tagOf(await bench.peer.hear('200 OK'));
    bench.say({ method: 'ACK', toTag, body: 'v=0\n' });
    expect(await call.lateAnswer).toBe('v=0\r\n');
  });

  it('rings again each minute while nobody answers (RFC 3261 §13.3.1.1)', async () => {
    const call = await bench.offered();
    call.ring();
    bench.clock.advance(120_000);
    for (let i = 0; i < 3; i++) await bench.peer.hear('180 Ringing');
    call.reject(486);
    await bench.peer.hear('486 Busy Here');
    expect(await call.ended).toEqual({ by: 'local', why: 'rejected', status: 486 });
  });

  it('is not ended by a CANCEL that crosses the answer, though the CANCEL gets its 200 (RFC 3261 §9.2)', async () => {
    const branch = 'z9hG4bKcross';
    const call = await bench.offered({ branch });
    call.answer(SDP);
    const toTag = tagOf(await bench.peer.hear('200 OK'));
    bench.say({ method: 'CANCEL', branch });
    expect(header(await bench.peer.hear('200 OK'), 'CSeq')).toBe('1 CANCEL');
    bench.say({ method: 'ACK', toTag });
    await call.acknowledged;
    call.hangup();
    await bench.peer.hear('BYE');
  });

  it('ends with BYE before the answer: 200 for it and 487 for the INVITE (RFC 3261 §15.1.2)', async () => {
    const call = await bench.offered();
    call.ring();
    const toTag = tagOf(await bench.peer.hear('180'));
    bench.say({ method: 'BYE', cseq: 2, toTag });
    await bench.peer.hear('200 OK');
    await bench.peer.hear('487');
    expect(await call.ended).toEqual({ by: 'remote', why: 'bye' });
  });

  it('is rejected with 500 when its listener fails, and the next one is heard', async () => {
    let first = true;
    const faulty = await AgentBench.open({
      onInvite: (call) => {
        if (first) {
          first = false;
          throw new Error('fault of the house');
        }
        faulty.calls.push(call);
      },
    });
    try {
      faulty.say();
      await faulty.peer.hear('100');
      await faulty.peer.hear('500');
      await faulty.offered({ callId: 'call-2' });
      expect(faulty.agent.counters().listenerFaults).toBe(1);
    } finally {
      await faulty.close();
    }
  });

  it('is answered 503 once we drain, while calls in progress go on', async () => {
    const { toTag } = await bench.talking();
    bench.agent.drain();
    bench.say({ callId: 'call-2' });
    await bench.peer.hear('503');
    bench.say({ method: 'INFO', cseq: 2, toTag });
    expect(header(await bench.peer.hear('200 OK'), 'CSeq')).toBe('2 INFO');
  });
});

describe('what fuzzing found', () => {
  it('a change of a call that is not answered is refused here, not sent: it would end the call with its INVITE unanswered', async () => {
    const call = await bench.offered();
    await expect(call.reinvite('v=0\r\n')).rejects.toMatchObject({ code: 'SIP_REINVITE_REFUSED' });
    expect(bench.peer.waiting).toEqual([]);
    call.reject(486);
    await bench.peer.hear('486');
  });

  it('our re-INVITE that rings on when the call ends does not stay for ever', async () => {
    const { call, toTag } = await bench.talking();
    void call.reinvite('v=0\r\n').catch(() => {}); // the call ends first
    bench.replyTo(await bench.peer.hear('INVITE'), '183 Session Progress');
    await expect.poll(() => bench.agent.counters().messagesReceived, PATIENT).toBe(3);
    bench.say({ method: 'BYE', cseq: 2, toTag });
    await bench.peer.hear('200');
    bench.clock.advance(64_000);
    expect(bench.agent.counters().transactions).toBe(0);
  });
});
