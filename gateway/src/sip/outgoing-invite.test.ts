/** Calls we make: real sockets, time turned by hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentBench, PATIENT, SDP } from '../../fixtures/sip/agent-bench.ts';
import { header } from '../../fixtures/sip/wire-peer.ts';

let bench: AgentBench;
beforeEach(async () => {
  bench = await AgentBench.open();
});
afterEach(() => bench.close());

describe('a call we make', () => {
  const make = (timeoutMs = 60_000) =>
    bench.agent.invite(`sip:phone@127.0.0.1:${bench.peer.port}`, SDP, {
      from: { uri: 'sip:95588@127.0.0.1', displayName: 'Bank' },
      timeoutMs,
    });

  it('acknowledges and ends every further answer of a fork (RFC 3261 §13.2.2.4)', async () => {
    const call = make();
    const invite = await bench.peer.hear('INVITE');
    bench.replyTo(invite, '200 OK', 'v=0\r\n', 'one');
    expect(await call.answered).toBe('v=0\r\n');
    await bench.peer.hear('ACK');
    bench.replyTo(invite, '200 OK', 'v=0\r\n', 'two');
    expect(header(await bench.peer.hear('ACK'), 'To')).toContain('tag=two');
    expect(header(await bench.peer.hear('BYE'), 'To')).toContain('tag=two');
    bench.replyTo(invite, '200 OK', 'v=0\r\n', 'one');
    expect(header(await bench.peer.hear('ACK'), 'To')).toContain('tag=one');
    expect(bench.peer.waiting).toEqual([]);
  });

  it('given up early sends CANCEL only after a provisional response, and ends an answer that crosses it (RFC 3261 §9.1)', async () => {
    const call = make();
    const invite = await bench.peer.hear('INVITE');
    call.hangup();
    expect(await call.ended).toEqual({ by: 'local', why: 'cancel' });
    await expect(call.answered).rejects.toMatchObject({ code: 'SIP_INVITE_UNANSWERED' });
    expect(bench.peer.waiting).toEqual([]);
    bench.replyTo(invite, '180 Ringing');
    const cancel = await bench.peer.hear('CANCEL');
    expect(header(cancel, 'Via')).toBe(header(invite, 'Via'));
    expect(header(cancel, 'CSeq')).toBe(header(invite, 'CSeq').replace('INVITE', 'CANCEL'));
    bench.replyTo(invite, '200 OK', 'v=0\r\n');
    await bench.peer.hear('ACK');
    await bench.peer.hear('BYE');
  });

  it('cancelled to a far end that never says 487 leaves no transaction behind (RFC 3261 §9.1)', async () => {
    const call = make();
    bench.replyTo(await bench.peer.hear('INVITE'), '180 Ringing');
    await call.ringing;
    call.hangup();
    bench.replyTo(await bench.peer.hear('CANCEL'), '200 OK');
    await expect.poll(() => bench.agent.counters().messagesReceived, PATIENT).toBe(2);
    bench.clock.advance(32_000);
    expect(bench.agent.counters().transactions).toBe(0);
  });

  it('cannot be changed before it is answered', async () => {
    await expect(make().reinvite(SDP)).rejects.toMatchObject({ code: 'SIP_REINVITE_REFUSED' });
  });

  it('that rings too long is cancelled', async () => {
    const call = make(20_000);
    bench.replyTo(await bench.peer.hear('INVITE'), '180 Ringing');
    await call.ringing;
    bench.clock.advance(20_000);
    await bench.peer.hear('CANCEL');
    expect(await call.ended).toEqual({ by: 'timeout', why: 'no_answer' });
  });

  it('that is refused says with which status, and acknowledges on the same branch', async () => {
    const call = make();
    const invite = await bench.peer.hear('INVITE');
    bench.replyTo(invite, '486 Busy Here');
    await expect(call.answered).rejects.toMatchObject({ code: 'SIP_INVITE_REFUSED', status: 486 });
    expect(header(await bench.peer.hear('ACK'), 'Via')).toBe(header(invite, 'Via'));
    expect(await call.ended).toEqual({ by: 'remote', why: 'rejected', status: 486 });
  });

  it('to nobody ends after 32 s, and no promise of it needs a listener', async () => {
    const call = make();
    bench.clock.advance(32_000);
    expect(await call.ended).toEqual({ by: 'timeout', why: 'no_answer' });
    for (let i = 0; i < 7; i++) await bench.peer.hear('INVITE');
  });

  it('to what is no sip: URI is refused before anything is sent', () => {
    expect(() => bench.agent.invite('tel:+8613800000000', SDP, { from: { uri: 'sip:a@b', displayName: '' } })).toThrow(
      expect.objectContaining({ code: 'SIP_TARGET_INVALID' }),
    );
  });
});
