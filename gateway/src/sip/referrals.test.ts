/** Transfer inside a call and calls that take another's place (RFC 3515, 3891, 4488, 7647): real sockets, time turned by hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentBench, PATIENT, SDP, tagOf } from '../../fixtures/sip/agent-bench.ts';
import { header } from '../../fixtures/sip/wire-peer.ts';
import { formatReplaces, parseReplaces } from './replaces.ts';
import type { IncomingCall, Referral } from './user-agent.ts';

let bench: AgentBench;
beforeEach(async () => {
  bench = await AgentBench.open();
});
afterEach(() => bench.close());

const ANSWER = SDP.replaceAll('\n', '\r\n');

/** A call whose referrals are kept. */
async function referring(): Promise<{ call: IncomingCall; toTag: string; referrals: Referral[] }> {
  const { call, toTag } = await bench.talking();
  const referrals: Referral[] = [];
  call.onRefer((referral) => referrals.push(referral));
  return { call, toTag, referrals };
}
const frag = (notify: string): string => notify.slice(notify.indexOf('\r\n\r\n') + 4);

describe('a far end that asks for a transfer', () => {
  it('gets 202 and a NOTIFY for each step, the last of which ends the subscription (RFC 3515 §2.4.5)', async () => {
    const { toTag, referrals } = await referring();
    bench.say({ method: 'REFER', cseq: 2, toTag, more: 'Refer-To: <sip:9001@192.0.2.5;x=y>\r\nReferred-By: <sip:agent@192.0.2.6>' });
    await expect.poll(() => referrals.length, PATIENT).toBe(1);
    const [referral] = referrals;
    expect(referral?.target).toMatchObject({ user: '9001', host: '192.0.2.5', headers: '' });
    expect(referral?.referredBy).toMatchObject({ user: 'agent' });
    expect(referral?.replaces).toBeNull();
    referral?.accept();
    await bench.peer.hear('202 Accepted');
    const trying = await bench.peer.hear('NOTIFY');
    expect([header(trying, 'Event'), header(trying, 'Content-Type'), frag(trying)]).toEqual([
      'refer;id=2',
      'message/sipfrag;version=2.0',
      'SIP/2.0 100 Trying\r\n',
    ]);
    bench.replyTo(trying, '200 OK');
    referral?.report(180);
    bench.replyTo(await bench.peer.hear('NOTIFY'), '200 OK');
    referral?.report(200);
    const last = await bench.peer.hear('NOTIFY');
    expect([header(last, 'Subscription-State'), frag(last)]).toEqual(['terminated;reason=noresource', 'SIP/2.0 200 OK\r\n']);
    referral?.report(486);
    expect(bench.peer.waiting).toEqual([]);
  });

  it('is told of the end of its subscription when the new call takes too long, and nothing at all when it wants no reports', async () => {
    const { toTag, referrals } = await referring();
    bench.say({ method: 'REFER', cseq: 2, toTag, more: 'Refer-To: <sip:1@192.0.2.5>\r\nRefer-Sub: false' });
    await expect.poll(() => referrals.length, PATIENT).toBe(1);
    referrals[0]?.accept();
    expect(header(await bench.peer.hear('202'), 'Refer-Sub')).toBe('false');
    referrals[0]?.report(200);
    bench.say({ method: 'REFER', cseq: 3, toTag, more: 'Refer-To: sip:2@192.0.2.5' });
    await expect.poll(() => referrals.length, PATIENT).toBe(2);
    referrals[1]?.accept();
    bench.replyTo(await bench.peer.hear('NOTIFY'), '200 OK');
    await expect.poll(() => bench.agent.counters().messagesReceived, PATIENT).toBe(5);
    bench.clock.advance(300_000);
    expect(header(await bench.peer.hear('NOTIFY'), 'Subscription-State')).toBe('terminated;reason=timeout');
  });

  it.each([
    ['nobody listens', 'Refer-To: <sip:1@h>', 603, false],
    ['two targets', 'Refer-To: <sip:1@h>\r\nRefer-To: <sip:2@h>', 400, true],
    ['no target', 'X: y', 400, true],
    ['a target that is no URI', 'Refer-To: <mailto:x@y>', 400, true],
  ])('with %s gets its status', async (_what, more, status, listens) => {
    const { call, toTag } = await bench.talking();
    if (listens) call.onRefer(() => expect.unreachable());
    bench.say({ method: 'REFER', cseq: 2, toTag, more });
    expect(header(await bench.peer.hear(`${status}`), 'CSeq')).toBe('2 REFER');
  });

  it('names the call it has with the new party: an attended transfer (RFC 3891 §1.1)', async () => {
    const { toTag, referrals } = await referring();
    const replaces = { callId: 'a@b', toTag: 't1', fromTag: 'f1', earlyOnly: true };
    const text = formatReplaces(replaces);
    expect(parseReplaces(text)).toEqual(replaces);
    bench.say({ method: 'REFER', cseq: 2, toTag, more: `Refer-To: <sip:1@h?Subject=x&Replaces=${encodeURIComponent(text)}>` });
    await expect.poll(() => referrals[0]?.replaces, PATIENT).toEqual(replaces);
    referrals[0]?.refuse(480);
    await bench.peer.hear('480');
  });

  it('cannot ask outside a call: 403', async () => {
    bench.say({ method: 'REFER', more: 'Refer-To: <sip:1@h>' });
    expect(header(await bench.peer.hear('403'), 'CSeq')).toBe('1 REFER');
  });
});

describe('a transfer that we ask for', () => {
  const notify = (toTag: string, cseq: number, more: string, body = ''): void =>
    bench.say({ method: 'NOTIFY', cseq, toTag, more, body, type: 'message/sipfrag' });

  it('says how the new call went, by the NOTIFY with a final status', async () => {
    const { call, toTag } = await bench.talking();
    const other = { callId: 'c@d', toTag: 'x', fromTag: 'y', earlyOnly: false };
    const done = call.refer('sip:9001@192.0.2.5', { replaces: other, referredBy: 'sip:95588@bank.example' });
    const refer = await bench.peer.hear('REFER');
    expect(header(refer, 'Refer-To')).toBe('<sip:9001@192.0.2.5?Replaces=c%40d%3Bto-tag%3Dx%3Bfrom-tag%3Dy>');
    expect(header(refer, 'Referred-By')).toBe('<sip:95588@bank.example>');
    bench.replyTo(refer, '202 Accepted');
    notify(toTag, 2, 'Event: refer\r\nSubscription-State: active;expires=60', 'SIP/2.0 180 Ringing\n');
    await bench.peer.hear('200 OK');
    notify(toTag, 3, `Event: refer;id=${Number.parseInt(header(refer, 'CSeq'), 10)}\r\nSubscription-State: terminated`, 'SIP/2.0 200 OK\n');
    await bench.peer.hear('200 OK');
    expect(await done).toBe(200);
    notify(toTag, 4, 'Event: refer\r\nSubscription-State: terminated', 'SIP/2.0 200 OK\n');
    await bench.peer.hear('481');
    notify(toTag, 5, 'Event: presence\r\nSubscription-State: active');
    await bench.peer.hear('489');
  });

  it('fails with the status of a refusal, with the end of the reports, and with the end of the call', async () => {
    const { call, toTag } = await bench.talking();
    const refused = call.refer('sip:1@192.0.2.5');
    bench.replyTo(await bench.peer.hear('REFER'), '603 Decline');
    await expect(refused).rejects.toMatchObject({ code: 'SIP_REFER_REFUSED', status: 603 });
    const silent = call.refer('sip:1@192.0.2.5');
    bench.replyTo(await bench.peer.hear('REFER'), '202 Accepted');
    notify(toTag, 2, 'Event: refer\r\nSubscription-State: terminated;reason=giveup', 'SIP/2.0 100 Trying\n');
    await expect(silent).rejects.toMatchObject({ status: 0 });
    const cut = call.refer('sip:1@192.0.2.5');
    bench.replyTo(await bench.peer.hear('REFER'), '202 Accepted');
    call.hangup();
    await expect(cut).rejects.toMatchObject({ status: 0 });
    await expect(call.refer('no uri')).rejects.toMatchObject({ code: 'SIP_REFER_REFUSED' });
  });
});

describe('an INVITE that wants to take the place of a call (RFC 3891 §3)', () => {
  const replacing = (toTag: string, more = '', callId = 'call-1'): void =>
    bench.say({ callId: 'new', more: `Require: replaces\r\nReplaces: ${callId};to-tag=${toTag};from-tag=caller${more}` });

  it('is offered with the call it names, which goes on until the house ends it', async () => {
    const { call, toTag } = await bench.talking();
    replacing(toTag);
    await expect.poll(() => bench.calls.length, PATIENT).toBe(2);
    expect(bench.replaced).toEqual([call]);
    expect(bench.agent.counters().dialogs).toBe(2);
  });

  it('of an answered call, but early only: 486; of one that rings here or that nobody knows: 481; of one that ended: 603', async () => {
    const { call, toTag } = await bench.talking();
    replacing(toTag, ';early-only');
    await bench.peer.hear('486');
    replacing('unknown');
    await bench.peer.hear('481');
    call.hangup();
    await bench.peer.hear('BYE');
    replacing(toTag);
    await bench.peer.hear('603');
    const ringing = await bench.offered({ callId: 'call-2' });
    ringing.ring();
    replacing(tagOf(await bench.peer.hear('180')), '', 'call-2');
    await bench.peer.hear('481');
    bench.say({ callId: 'new', more: 'Replaces: call-1;to-tag=x' });
    await bench.peer.hear('400');
    expect(bench.calls).toHaveLength(2); // the two that asked for nobody's place
  });

  it('is declined where the house lets nobody take calls over', async () => {
    const strict = await AgentBench.open({ onReplaces: undefined });
    try {
      const { toTag } = await strict.talking();
      strict.say({ callId: 'new', more: `Replaces: call-1;to-tag=${toTag};from-tag=caller` });
      expect(header(await strict.peer.hear('603'), 'Call-ID')).toBe('new');
    } finally {
      await strict.close();
    }
  });

  it('of a call of ours that still rings there takes it over', async () => {
    const target = `sip:phone@127.0.0.1:${bench.peer.port}`;
    const call = bench.agent.invite(target, ANSWER, { from: { uri: 'sip:95588@127.0.0.1', displayName: '' } });
    const invite = await bench.peer.hear('INVITE');
    bench.replyTo(invite, '180 Ringing', '', 'desk');
    await call.ringing;
    const ours = /tag=(\w+)/.exec(header(invite, 'From'))?.[1];
    bench.say({ callId: 'new', more: `Replaces: ${header(invite, 'Call-ID')};to-tag=${ours};from-tag=desk;early-only` });
    await expect.poll(() => bench.replaced, PATIENT).toEqual([call]);
  });
});
