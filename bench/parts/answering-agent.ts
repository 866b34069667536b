/** The gateway's user agent in a process of its own: rings, answers, no media. Tells its port, then its CPU time whenever asked. */
import { systemClock } from '@keepline/contracts/clock';
import { answerAudio } from '../../gateway/src/sdp/offer-answer.ts';
import { UserAgent } from '../../gateway/src/sip/user-agent.ts';

export interface AgentStarted {
  readonly port: number;
}
export interface AgentUsed {
  /** User and system time since the process began, seconds. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly counters: Readonly<Record<string, number>>;
}

const agent = await UserAgent.start({
  address: '127.0.0.1',
  port: 0,
  clock: systemClock,
  product: 'Keepline bench',
  limits: { maxMessageBytes: 65_535, maxTransactions: 10_000, maxTcpConnections: 16 },
  admit: () => 'accept',
  onInvite: (call) => {
    const answer = answerAudio(call.offer, { address: '127.0.0.1', rtpPort: 20_000, sessionId: 1, version: 1 });
    if (!answer.ok) return call.reject(488);
    call.ring();
    call.answer(answer.sdp);
  },
});

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const used: AgentUsed = { cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage().rss, counters: agent.counters() };
  process.send?.(used);
});
process.on('disconnect', () => process.exit(0));
const started: AgentStarted = { port: agent.port };
process.send?.(started);
