/** However a call ends, each of its transactions ends too: the INVITE server and the REFER have no timer that would do it for us (RFC 3261 §17.2). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentBench, PATIENT, SDP, tagOf } from '../../fixtures/sip/agent-bench.ts';
import { header } from '../../fixtures/sip/wire-peer.ts';
import type { Referral } from './user-agent.ts';

const ANSWER = SDP.replaceAll('\n', '\r\n');
/** Longer than any timer of a transaction. */
const QUIET_MS = 100_000;

let bench: AgentBench;
beforeEach(async () => {
  bench = await AgentBench.open();
});
afterEach(() => bench.close());

async function nothingIsLeft(): Promise<void> {
  bench.clock.advance(QUIET_MS);
  await expect.poll(() => bench.agent.counters(), PATIENT).toMatchObject({ transactions: 0, dialogs: 0 });
}

describe('a call in that is lost before its answer', () => {
  it.each(['481 Gone', '408 Request Timeout', null])(
    'by an UPDATE of ours that gets %s: the INVITE gets 487, and no BYE goes out (RFC 3261 §15)',
    async (status) => {
      const call = await bench.offered({ more: 'Supported: 100rel\r\nAllow: INVITE, UPDATE, PRACK' });
      call.progress(ANSWER);
      const early = await bench.peer.hear('183');
      bench.say({ method: 'PRACK', cseq: 2, toTag: tagOf(early), more: `RAck: ${header(early, 'RSeq')} 1 INVITE` });
      await bench.peer.hear('200 OK');
      const changed = call.reinvite(ANSWER);
      const update = await bench.peer.hear('UPDATE');
      if (status === null) bench.clock.advance(32_000);
      else bench.replyTo(update, status);
      await expect(changed).rejects.toMatchObject({ code: 'SIP_REINVITE_REFUSED' });
      expect(header(await bench.peer.hear('487'), 'CSeq')).toBe('1 INVITE');
      expect(await call.ended).toMatchObject({ why: 'dialog_lost' });
      expect(bench.peer.waiting.filter((text) => text.startsWith('BYE'))).toEqual([]);
      await nothingIsLeft();
    },
  );
});

describe('a call out whose far end says BYE before its answer', () => {
  it('is cancelled, for nothing else would end the INVITE once it rang', async () => {
    const call = bench.agent.invite(`sip:phone@127.0.0.1:${bench.peer.port}`, ANSWER, {
      from: { uri: 'sip:1@127.0.0.1', displayName: '' },
    });
    const invite = await bench.peer.hear('INVITE');
    bench.replyTo(invite, '180 Ringing', '', 'one');
    await call.ringing;
    const party = `From: ${header(invite, 'To')};tag=one\r\nTo: ${header(invite, 'From')}\r\nCall-ID: ${header(invite, 'Call-ID')}`;
    const via = `Via: SIP/2.0/UDP 127.0.0.1:${bench.peer.port};branch=z9hG4bKbye`;
    bench.peer.say(
      bench.agent.port,
      `BYE sip:us@127.0.0.1 SIP/2.0\r\n${via}\r\n${party}\r\nCSeq: 1 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(header(await bench.peer.hear('200 OK'), 'CSeq')).toBe('1 BYE');
    bench.replyTo(await bench.peer.hear('CANCEL'), '200 OK');
    await expect(call.answered).rejects.toMatchObject({ code: 'SIP_INVITE_UNANSWERED' });
    expect(await call.ended).toEqual({ by: 'remote', why: 'bye' });
    await nothingIsLeft();
  });
});

describe('a reference nobody decides on', () => {
  const referring = async (): Promise<{ toTag: string; referrals: Referral[] }> => {
    const { call, toTag } = await bench.talking();
    const referrals: Referral[] = [];
    call.onRefer((referral) => referrals.push(referral));
    bench.say({ method: 'REFER', cseq: 2, toTag, more: 'Refer-To: <sip:9001@192.0.2.5>' });
    await expect.poll(() => referrals.length, PATIENT).toBe(1);
    return { toTag, referrals };
  };

  it('is refused after 20 s, and a late consent changes nothing', async () => {
    const { toTag, referrals } = await referring();
    bench.clock.advance(20_000);
    expect(header(await bench.peer.hear('603'), 'CSeq')).toBe('2 REFER');
    referrals[0]?.accept();
    referrals[0]?.report(200);
    expect(bench.peer.waiting).toEqual([]);
    bench.say({ method: 'BYE', cseq: 3, toTag });
    await bench.peer.hear('200 OK');
    await nothingIsLeft();
  });

  it('is refused when the call ends', async () => {
    const { toTag } = await referring();
    bench.say({ method: 'BYE', cseq: 3, toTag });
    const said = [await bench.peer.hear('SIP/2.0'), await bench.peer.hear('SIP/2.0')].map(
      (text) => text.slice(8, 11) + header(text, 'CSeq'),
    );
    expect(said.toSorted()).toEqual(['2003 BYE', '6032 REFER']);
    await nothingIsLeft();
  });
});
