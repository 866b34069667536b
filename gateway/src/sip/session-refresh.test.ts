/** Session timers and signs of life (RFC 4028), hold that lasts, and redirection: real sockets, time turned by hand. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentBench, PATIENT, SDP } from '../../fixtures/sip/agent-bench.ts';
import { header } from '../../fixtures/sip/wire-peer.ts';
import { Headers } from './message.ts';
import { expiresAfterMs, refreshAfterMs, termsAsUac, termsAsUas } from './session-timer.ts';

let bench: AgentBench;
beforeEach(async () => {
  bench = await AgentBench.open();
});
afterEach(() => bench.close());

const ANSWER = SDP.replaceAll('\n', '\r\n');
const make = (more: object = {}) =>
  bench.agent.invite(`sip:phone@127.0.0.1:${bench.peer.port}`, ANSWER, { from: { uri: 'sip:95588@127.0.0.1', displayName: '' }, ...more });
const answeredWith = async (more: string) => {
  const call = make();
  bench.replyTo(await bench.peer.hear('INVITE'), '200 OK', ANSWER, 'phone', more);
  await call.answered;
  await bench.peer.hear('ACK');
  return call;
};

/** What the peer says has arrived before time goes on. */
const arrived = async (say: () => void): Promise<void> => {
  const before = bench.agent.counters().messagesReceived;
  say();
  await expect.poll(() => bench.agent.counters().messagesReceived, PATIENT).toBe(before + 1);
};

describe('terms of a session', () => {
  it('never go below what either side takes, and the far end may refresh only where it knows how', () => {
    const seconds = fc.integer({ min: 90, max: 7200 });
    fc.assert(
      fc.property(seconds, seconds, fc.constantFrom('', ';refresher=uac', ';refresher=uas'), fc.boolean(), (asked, minSe, who, knows) => {
        const request = Headers.of([
          ['Session-Expires', `${asked}${who}`],
          ['Min-SE', `${minSe}`],
          ...(knows ? [['Supported', 'timer'] as const] : []),
        ]);
        const { terms, headers } = termsAsUas(request);
        expect(terms.seconds).toBeGreaterThanOrEqual(Math.max(90, minSe));
        expect(terms.seconds).toBeLessThanOrEqual(Math.max(asked, minSe));
        expect(terms.weRefresh).toBe(!(knows && who === ';refresher=uac'));
        expect(headers.some(([name, value]) => name === 'Require' && value === 'timer')).toBe(!terms.weRefresh);
        // What we say, the far end reads as the same terms seen from its side.
        expect(termsAsUac(Headers.of(headers))).toEqual({ seconds: terms.seconds, weRefresh: !terms.weRefresh });
        expect(refreshAfterMs(terms.seconds)).toBeLessThan(expiresAfterMs(terms.seconds));
      }),
    );
  });
});

describe('a call with a session timer', () => {
  it('asked for too short a session gets 422 with what we take; one that does not know timers is served all the same', async () => {
    bench.say({ more: 'Supported: timer\r\nSession-Expires: 60' });
    expect(header(await bench.peer.hear('422'), 'Min-SE')).toBe('90');
    const { call } = await bench.talking({ callId: 'other', more: 'Session-Expires: 60' });
    call.hangup();
  });

  it('refreshed by us goes on by UPDATE without a description where the far end takes it, else by an unchanged re-INVITE', async () => {
    await bench.talking({ more: 'Supported: timer\r\nSession-Expires: 120;refresher=uas\r\nAllow: INVITE, ACK, BYE, UPDATE' });
    bench.clock.advance(60_000);
    const update = await bench.peer.hear('UPDATE');
    expect([header(update, 'Session-Expires'), header(update, 'Content-Length')]).toEqual(['120;refresher=uac', '0']);
    await arrived(() => bench.replyTo(update, '200 OK', '', 'x', 'Session-Expires: 120;refresher=uac'));
    await bench.talking({ callId: 'call-2', more: 'Supported: timer\r\nSession-Expires: 120;refresher=uas' });
    bench.clock.advance(60_000);
    const invite = await bench.peer.hear('INVITE');
    expect(invite).toContain('m=audio 4000');
    bench.replyTo(invite, '200 OK', ANSWER, 'x', 'Session-Expires: 120;refresher=uac');
    await bench.peer.hear('ACK');
  });

  it('that the far end does not refresh is ended with BYE a third of the time before it runs out (RFC 4028 §10)', async () => {
    const { call, toTag } = await bench.talking({ more: 'Supported: timer\r\nSession-Expires: 90;refresher=uac' });
    bench.clock.advance(50_000);
    bench.say({ method: 'UPDATE', cseq: 2, toTag, more: 'Supported: timer\r\nSession-Expires: 90;refresher=uac' });
    expect(header(await bench.peer.hear('200 OK'), 'Session-Expires')).toBe('90;refresher=uac');
    bench.clock.advance(59_999);
    expect(bench.peer.waiting).toEqual([]);
    bench.clock.advance(1);
    await bench.peer.hear('BYE');
    expect(await call.ended).toEqual({ by: 'timeout', why: 'session_expired' });
  });

  it('of ours asks again for as long a session as a 422 wants, once', async () => {
    const call = make();
    const first = await bench.peer.hear('INVITE');
    bench.replyTo(first, '422 Session Interval Too Small', '', 'a', 'Min-SE: 3600');
    await bench.peer.hear('ACK');
    const again = await bench.peer.hear('INVITE');
    expect([header(again, 'Session-Expires'), header(again, 'Min-SE')]).toEqual(['3600', '3600']);
    expect(header(again, 'Call-ID')).toBe(header(first, 'Call-ID'));
    expect(Number.parseInt(header(again, 'CSeq'), 10)).toBe(Number.parseInt(header(first, 'CSeq'), 10) + 1);
    bench.replyTo(again, '422 Session Interval Too Small', '', 'b', 'Min-SE: 3600');
    await expect(call.answered).rejects.toMatchObject({ status: 422 });
  });

  it('whose refresh is lost is over for both: 481 ends it', async () => {
    const call = await answeredWith('Session-Expires: 90;refresher=uac\r\nAllow: UPDATE');
    bench.clock.advance(45_000);
    bench.replyTo(await bench.peer.hear('UPDATE'), '481 Call/Transaction Does Not Exist');
    expect(await call.ended).toEqual({ by: 'remote', why: 'dialog_lost', status: 481 });
  });

  it('whose far end knows no timers is asked by OPTIONS every ten minutes, and any answer but 408 and 481 will do', async () => {
    const call = await answeredWith('Allow: INVITE');
    bench.clock.advance(600_000);
    const options = await bench.peer.hear('OPTIONS');
    await arrived(() => bench.replyTo(options, '501 Not Implemented'));
    bench.clock.advance(600_000);
    bench.replyTo(await bench.peer.hear('OPTIONS'), '481 Gone');
    expect(await call.ended).toMatchObject({ by: 'remote', why: 'dialog_lost' });
  });

  it('held for an hour in every dialect is kept alive and taken back from another address and port', async () => {
    const { call, toTag } = await bench.talking({ more: 'Supported: timer\r\nSession-Expires: 600;refresher=uas\r\nAllow: UPDATE' });
    const offers: string[] = [];
    call.onReoffer((offer) => {
      offers.push(offer);
      return ANSWER;
    });
    const hold = ['a=sendonly', 'a=inactive', 'c=IN IP4 0.0.0.0', 'a=sendrecv'];
    for (const [at, line] of hold.entries()) {
      const cseq = 2 + at;
      const from = line === 'a=sendrecv' ? SDP.replace('127.0.0.1\nt=', '192.0.2.44\nt=').replace('audio 4000', 'audio 5004') : SDP;
      bench.say({ cseq, toTag, more: 'Supported: timer\r\nSession-Expires: 600;refresher=uas\r\nAllow: UPDATE', body: `${from}${line}\n` });
      await bench.peer.hear('200 OK');
      await arrived(() => bench.say({ method: 'ACK', cseq, toTag }));
      for (let minutes = 0; minutes < 15; minutes += 5) {
        bench.clock.advance(300_000);
        const update = await bench.peer.hear('UPDATE');
        await arrived(() => bench.replyTo(update, '200 OK', '', 'x', 'Session-Expires: 600;refresher=uac'));
      }
    }
    expect(offers).toHaveLength(4);
    expect(offers.map((offer) => [/c=IN IP4 (\S+)\r\nt/.exec(offer)?.[1], /m=audio (\d+)/.exec(offer)?.[1]])).toEqual([
      ...Array<string[]>(3).fill(['127.0.0.1', '4000']),
      ['192.0.2.44', '5004'],
    ]);
    expect(bench.agent.counters().dialogs).toBe(1);
  });
});

describe('a far end that sends the call elsewhere', () => {
  it('is followed to the best target our policy allows, no further than it allows, and never twice to the same', async () => {
    const call = make({ redirect: { maxHops: 2, allows: ({ host }: { readonly host: string }) => host === '127.0.0.1' } });
    const target = (user: string) => `<sip:${user}@127.0.0.1:${bench.peer.port}>`;
    const move = async (to: string): Promise<string> => {
      const invite = await bench.peer.hear('INVITE');
      bench.replyTo(invite, '302 Moved Temporarily', '', 'r', `Contact: ${to}`);
      await bench.peer.hear('ACK');
      return invite;
    };
    await move(`<sip:fraud@198.51.100.9>;q=1, ${target('second')};q=0.5, ${target('first')};q=0.9`);
    expect(await move(`${target('phone')}, ${target('third')}`)).toContain('INVITE sip:first@');
    const third = await bench.peer.hear('INVITE');
    expect(third).toContain('INVITE sip:third@');
    bench.replyTo(third, '486 Busy Here', '', 'r');
    const second = await bench.peer.hear('INVITE');
    expect(second).toContain('INVITE sip:second@');
    bench.replyTo(second, '302 Moved Temporarily', '', 'r', `Contact: ${target('fourth')}`);
    await expect(call.answered).rejects.toMatchObject({ code: 'SIP_INVITE_REFUSED', status: 302 });
  });

  it('is not followed without a policy, and its reason is in the end of the call (RFC 3326)', async () => {
    const call = make();
    const more = `Contact: <sip:x@127.0.0.1:${bench.peer.port}>\r\nReason: Q.850;cause=23;text="redirection"`;
    bench.replyTo(await bench.peer.hear('INVITE'), '302 Moved Temporarily', '', 'r', more);
    expect(await call.ended).toEqual({ by: 'remote', why: 'rejected', status: 302, reason: { cause: 23, text: 'redirection' } });
  });
});
