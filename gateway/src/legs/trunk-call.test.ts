/** Which trunk a call out takes, and what each answer means; on the wire it is tested in `trunk-places.test.ts` and `test/early-media.test.ts`. */
import { newId } from '@keepline/contracts/ids';
import { parseSite } from '@keepline/contracts/site-file';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CallMedia } from '../media/edge.ts';
import { addressOf } from '../sip/dialog.ts';
import { InviteRefused, InviteUnanswered } from '../sip/errors.ts';
import type { SipEnd } from '../sip/call.ts';
import type { OutgoingCall, UserAgent } from '../sip/user-agent.ts';
import { TrunkTable } from '../trunks/trunk-table.ts';
import { outsideLine } from './trunk-call.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n';
const site = parseSite({
  sip: {
    trunks: [
      { name: 'first', target: 'sip:192.0.2.1', callerId: '01088886666', areaCode: '10' },
      { name: 'second', target: 'sip:192.0.2.2;transport=tcp', priority: 20, prefix: '9' },
    ],
  },
});
const clock = new FakeClock();
const callId = newId('call', clock.now());
let invited: { target: string; from: string }[];
let tried: string[];
let closed: number;

/** A far end per target; `dead` says nothing at all, `silent` no more than 100, `rings` rings for ever. */
function line(answers: Record<string, number | 'dead' | 'silent' | 'rings'>): ReturnType<typeof outsideLine> {
  const table = new TrunkTable(site.sip.trunks);
  const place = {
    id: newId('leg', 0),
    address: '127.0.0.1',
    port: 4002,
    setRemote: () => {},
    onLost: () => () => {},
    close: () => closed++,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of the media only a place is asked
  const media = { openLeg: async () => place } as unknown as CallMedia;
  const userAgent: Pick<UserAgent, 'invite'> = {
    invite(target, _, { from }) {
      invited.push({ target, from: from.uri });
      const answer = Object.entries(answers).find(([host]) => target.includes(host))?.[1] ?? 503;
      const answered = Promise.withResolvers<string>();
      const ringing = Promise.withResolvers<void>();
      const ended = Promise.withResolvers<SipEnd>();
      const heard = Promise.withResolvers<void>();
      if (answer !== 'dead') heard.resolve();
      for (const { promise } of [answered, ringing, ended]) (promise as Promise<unknown>).catch(() => {});
      if (answer === 200) answered.resolve(SDP);
      else if (typeof answer === 'number') {
        ended.resolve({ by: 'remote', why: 'rejected', status: answer, ...(answer === 404 && { reason: { cause: 1, text: '' } }) });
        answered.reject(new InviteRefused(target, answer));
      }
      if (answer === 'rings') ringing.resolve();
      const call = {
        ...{ answered: answered.promise, heard: heard.promise, ringing: ringing.promise, ended: ended.promise },
        hangup: () => answered.reject(new InviteUnanswered(target, 'cancelled')),
        ...{
          onDigit: () => () => {},
          onRefer: () => () => {},
          onReoffer: () => () => {},
          onReanswer: () => () => {},
          onEarlyMedia: () => () => {},
        },
      };
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a leg asks of a call is here
      return call as unknown as OutgoingCall;
    },
  };
  return outsideLine({
    userAgent,
    places: { locate: async (uri) => [addressOf(uri) ?? expect.unreachable(uri)], failed: () => {}, worked: () => {} },
    watch: { order: () => table.all(), tried: (trunk, end) => tried.push(`${trunk} ${typeof end === 'string' ? end : end.status}`) },
    media: new Map([[callId, media]]),
    ...{ clock, siteUri: 'sip:bank@192.0.2.9:5060', allowed: ['1'], tellWish: () => {}, ringMs: 45_000, random: () => 0 },
  });
}
beforeEach(() => {
  invited = [];
  tried = [];
  closed = 0;
});

describe('a call out', () => {
  it('is dialled as its trunk wants it and shows the number of the trunk', async () => {
    expect(await line({ '192.0.2.1': 200 }).dial('13800138000', callId).outcome).toMatchObject({ outcome: 'answered', trunk: 'first' });
    expect(invited).toEqual([{ target: 'sip:13800138000@192.0.2.1', from: 'sip:01088886666@192.0.2.9:5060' }]);
  });

  it('takes the next trunk where the way failed, and tells the watch of both', async () => {
    const outcome = await line({ '192.0.2.1': 503, '192.0.2.2': 200 }).dial('13800138000', callId).outcome;
    expect(outcome).toMatchObject({ outcome: 'answered', trunk: 'second' });
    expect(invited[1]).toEqual({ target: 'sip:913800138000@192.0.2.2;transport=tcp', from: 'sip:bank@192.0.2.9:5060' });
    expect(tried).toEqual(['first 503', 'second 200']);
  });

  it.each([
    [486, 'busy'],
    [480, 'no_answer'],
    [404, 'refused', 1],
    [603, 'refused'],
  ])('stops at the verdict of the far end: %i is %s', async (status, outcome, cause?: number) => {
    const told = cause === undefined ? { outcome } : { outcome, cause };
    expect(await line({ '192.0.2.1': status, '192.0.2.2': 200 }).dial('13800138000', callId).outcome).toEqual(told);
    expect([invited.length, closed]).toEqual([1, 1]);
  });

  it('gives up a trunk over which nothing rings, not one that rings', async () => {
    const silent = line({ '192.0.2.1': 'silent', '192.0.2.2': 200 }).dial('13800138000', callId).outcome;
    await clock.advanceAsync(12_000);
    expect(await silent).toMatchObject({ trunk: 'second' });
    expect(tried[0]).toBe('first timeout');
    const call = line({ '192.0.2.1': 'rings', '192.0.2.2': 200 }).dial('13800138000', callId);
    await clock.advanceAsync(13_000);
    expect(invited).toHaveLength(3);
    call.withdraw();
    expect(await call.outcome).toEqual({ outcome: 'withdrawn' });
    expect(invited).toHaveLength(3);
  });

  it('waits 4 s for a server that says nothing at all, and 12 s where no other is left', async () => {
    const dead = line({ '192.0.2.1': 'dead', '192.0.2.2': 'dead' }).dial('13800138000', callId);
    await clock.advanceAsync(4_000);
    expect(invited.map(({ target }) => target.includes('192.0.2.2'))).toEqual([false, true]);
    await clock.advanceAsync(11_000);
    expect(tried).toEqual(['first timeout']);
    await clock.advanceAsync(1_000);
    expect(await dead.outcome).toEqual({ outcome: 'unreachable' });
  });

  it('is unreachable where no trunk gets through, and refused before it is tried where policy says so', async () => {
    expect(await line({}).dial('13800138000', callId).outcome).toEqual({ outcome: 'unreachable' });
    expect(() => line({}).check('01066668888')).toThrow(expect.objectContaining({ code: 'DIAL_NOT_ALLOWED' }));
    expect(line({}).check('+86 138 0013 8000')).toBe('13800138000');
  });
});
