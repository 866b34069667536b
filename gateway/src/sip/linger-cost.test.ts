/** What a finished call holds for the 32 s of its transactions, which bounds the memory of a busy trunk. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { AgentBench, PATIENT, SDP } from '../../fixtures/sip/agent-bench.ts';
import { lingerCost } from '../../fixtures/sip/linger-cost.ts';
import type { OutgoingCall } from './user-agent.ts';

it('a finished call keeps at most 9 KB while its transactions wait for retransmissions', async () => {
  const { heap, buffers } = await lingerCost(2000, collect);
  expect(heap + buffers).toBeLessThan(9_000);
});

/** Listens to everything a call tells, as a leg of the house does. @returns what stands for that leg */
function listenTo(call: OutgoingCall): WeakRef<object> {
  const leg = { heard: 0 };
  const hear = (): null => {
    leg.heard++;
    return null;
  };
  call.onDigit(hear);
  call.onReanswer(hear);
  call.onReoffer(hear);
  call.onRefer(hear);
  call.onEarlyMedia(hear);
  void call.ended.then(hear);
  return new WeakRef(leg);
}

it('a finished call keeps nobody who listened to it, before its end or after', async () => {
  const bench = await AgentBench.open();
  try {
    const call = bench.agent.invite(`sip:phone@127.0.0.1:${bench.peer.port}`, SDP, { from: { uri: 'sip:1@127.0.0.1', displayName: '' } });
    const before = listenTo(call);
    bench.replyTo(await bench.peer.hear('INVITE'), '200 OK', SDP.replaceAll('\n', '\r\n'));
    await call.answered;
    call.hangup();
    bench.replyTo(await bench.peer.hear('BYE'), '200 OK');
    await call.ended;
    const after = listenTo(call);
    await expect
      .poll(() => {
        collect();
        return [before, after].some((leg) => leg.deref() !== undefined);
      }, PATIENT)
      .toBe(false);
    expect(bench.agent.counters().transactions, 'the INVITE and the BYE wait for retransmissions').toBe(2);
    expect(call.sipCallId).not.toBe('');
  } finally {
    await bench.close();
  }
});

function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc === 'function') gc();
}
