/** The end of the user agent: real sockets, time turned by hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentBench } from '../../fixtures/sip/agent-bench.ts';
import { UserAgent } from './user-agent.ts';

let bench: AgentBench;
beforeEach(async () => {
  bench = await AgentBench.open();
});
afterEach(() => bench.close());

describe('closing', () => {
  it('hangs up what is in progress, then nothing is left', async () => {
    const { call } = await bench.talking();
    await bench.closeAgent(bench.agent);
    await bench.peer.hear('BYE');
    expect(await call.ended).toEqual({ by: 'local', why: 'bye' });
    expect(bench.agent.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
    expect(bench.clock.pending).toBe(0);
  });

  it('frees the port, which a second agent cannot have before', async () => {
    const { port } = bench.agent;
    const second = {
      address: '127.0.0.1',
      port,
      clock: bench.clock,
      product: 'x',
      limits: { maxMessageBytes: 4096, maxTransactions: 10, maxTcpConnections: 1 },
    };
    const start2 = (): Promise<UserAgent> => UserAgent.start({ ...second, admit: () => 'drop', onInvite: () => {} });
    await expect(start2()).rejects.toMatchObject({ code: 'SIP_PORT_TAKEN' });
    await bench.closeAgent(bench.agent);
    await bench.closeAgent(await start2());
  });
});
