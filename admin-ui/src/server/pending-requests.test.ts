import { FakeClock } from '@keepline/testkit/fake-clock';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PENDING, PendingRequests, REPLY_WAIT_MS } from './pending-requests.ts';

function openedWith(count: number) {
  const clock = new FakeClock();
  const timeouts: number[] = [];
  const sent: number[] = [];
  const pending = new PendingRequests(clock, (sentAtMs) => timeouts.push(sentAtMs));
  const promises = Array.from({ length: count }, () => pending.open('agent.ready', (id) => sent.push(id)));
  const settled = Promise.allSettled(promises);
  return { clock, timeouts, sent, pending, settled };
}

describe('requests that wait for their reply', () => {
  it('get the result of their own reply, in whatever order replies come', async () => {
    const { sent, pending, settled } = openedWith(3);
    for (const id of sent.toReversed()) pending.settle({ re: id, ok: true, result: `result ${id}` });
    expect(await settled).toEqual(sent.map((id) => ({ status: 'fulfilled', value: `result ${id}` })));
  });

  it('are refused with the code and hint of the gateway', async () => {
    const { sent, pending, settled } = openedWith(1);
    pending.settle({ re: sent[0] ?? 0, ok: false, error: { code: 'CALL_NOT_FOUND', message: 'no call', hint: 'reload' } });
    expect(await settled).toMatchObject([{ status: 'rejected', reason: { code: 'CALL_NOT_FOUND', hint: 'reload' } }]);
  });

  it('end with DESK_SOCKET_TIMEOUT after the longest wait, and a late reply changes nothing', async () => {
    const { clock, timeouts, sent, pending, settled } = openedWith(1);
    clock.advance(REPLY_WAIT_MS - 1);
    expect(pending.size).toBe(1);
    clock.advance(1);
    expect(await settled).toMatchObject([{ status: 'rejected', reason: { code: 'DESK_SOCKET_TIMEOUT' } }]);
    expect(timeouts).toEqual([0]);
    pending.settle({ re: sent[0] ?? 0, ok: true });
    expect(pending.size).toBe(0);
  });

  it('are bounded: one more than the limit is refused and not sent', async () => {
    const { sent, pending, settled } = openedWith(MAX_PENDING);
    expect(() => pending.open('agent.ready', (id) => sent.push(id))).toThrow(expect.objectContaining({ code: 'DESK_SOCKET_BUSY' }));
    expect(sent).toHaveLength(MAX_PENDING);
    pending.closeAll();
    await settled;
  });

  it('all settle and leave no timer, whatever mix of replies, time and loss they meet', async () => {
    const event = fc.oneof(
      fc.nat(9).map((at) => ({ at })),
      fc.constant('loss' as const),
      fc.nat(REPLY_WAIT_MS).map((ms) => ({ ms })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event), async (events) => {
        const { clock, sent, pending, settled } = openedWith(10);
        for (const happened of events) {
          if (happened === 'loss') pending.closeAll();
          else if ('ms' in happened) clock.advance(happened.ms);
          else pending.settle({ re: sent[happened.at] ?? 0, ok: true });
        }
        pending.closeAll();
        await settled;
        expect(pending.size).toBe(0);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
