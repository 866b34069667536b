/** SIPp as the independent peer: whole calls over real sockets, against a SIP stack that is not ours. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '@keepline/contracts/clock';
import { freeUdpPort } from '@keepline/testkit/free-port';
import { answerAudio, offerAudio } from '../sdp/offer-answer.ts';
import { type IncomingCall, type SipEnd, UserAgent } from './user-agent.ts';

const SCENARIOS = join(import.meta.dirname, '../../fixtures/sip');
const LOCAL = { address: '127.0.0.1', rtpPort: 20_000, sessionId: 7, version: 1 };
const folder = mkdtempSync(join(tmpdir(), 'keepline-sipp-'));

beforeAll(() => {
  if (spawnSync('sipp', ['-v']).error) throw new Error('sipp is missing; install it: apt-get install sip-tester');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a scenario to its end; the errors SIPp logged are in the failure. */
async function runSipp(scenario: string, port: number, args: readonly string[]): Promise<void> {
  const errors = join(folder, `${scenario}-${port}.log`);
  const child = spawn(
    'sipp',
    [
      '-sf',
      join(SCENARIOS, scenario),
      '-i',
      '127.0.0.1',
      '-p',
      `${port}`,
      '-nostdin',
      '-timeout',
      '20',
      '-timeout_error',
      '-trace_err',
      '-error_file',
      errors,
      ...args,
    ],
    { cwd: folder, stdio: 'ignore' },
  );
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  const log = ((): string => {
    try {
      return readFileSync(errors, 'utf8').slice(0, 4000);
    } catch {
      return '';
    }
  })();
  expect(code, `${scenario}: ${log}`).toBe(0);
}

function startAgent(onInvite: (call: IncomingCall) => void): Promise<UserAgent> {
  return UserAgent.start({
    address: '127.0.0.1',
    port: 0,
    clock: systemClock,
    product: 'Keepline test',
    limits: { maxMessageBytes: 16_384, maxTransactions: 1000, maxTcpConnections: 16 },
    admit: () => 'accept',
    onInvite,
  });
}

function answerOf(offer: string): string | null {
  const answer = answerAudio(offer, LOCAL);
  return answer.ok ? answer.sdp : null;
}

describe.each([
  ['UDP', 'u1'],
  ['TCP', 't1'],
])('a caller on %s', (_name, transport) => {
  it('has its call answered again when the ACK is lost, holds, resumes, presses a key and hangs up (RFC 3261 §13, §14)', async () => {
    const digits: string[] = [];
    const ends: SipEnd[] = [];
    const offers: string[] = [];
    const agent = await startAgent((call) => {
      call.onDigit((digit) => digits.push(digit));
      call.onReoffer((offer) => {
        offers.push(offer);
        return answerOf(offer);
      });
      call.ended.then((end) => ends.push(end), expect.unreachable);
      call.ring();
      call.answer(answerOf(call.offer) ?? '');
    });
    try {
      await runSipp('uac-talks.xml', await freeUdpPort(), ['-t', transport, '-m', '3', '-r', '3', `127.0.0.1:${agent.port}`]);
      expect(digits).toEqual(['5', '5', '5']);
      expect(offers.filter((offer) => offer.includes('a=sendonly'))).toHaveLength(3);
      expect(offers.filter((offer) => offer.includes('a=sendrecv'))).toHaveLength(3);
      expect(ends).toEqual(Array.from({ length: 3 }, () => ({ by: 'remote', why: 'bye' })));
      expect(agent.counters().dialogs).toBe(0);
    } finally {
      await agent.close();
    }
  });

  it('gets 200 for its CANCEL and 487 for its INVITE (RFC 3261 §9.2)', async () => {
    const ends: SipEnd[] = [];
    const agent = await startAgent((call) => {
      call.ended.then((end) => ends.push(end), expect.unreachable);
      call.ring();
    });
    try {
      await runSipp('uac-cancels.xml', await freeUdpPort(), ['-t', transport, '-m', '2', '-r', '2', `127.0.0.1:${agent.port}`]);
      expect(ends).toEqual(Array.from({ length: 2 }, () => ({ by: 'remote', why: 'cancel' })));
      expect(agent.counters().dialogs).toBe(0);
    } finally {
      await agent.close();
    }
  });
});

describe.each([
  ['UDP', 'u1'],
  ['TCP', 't1'],
])('a caller with extensions on %s', (_name, transport) => {
  it('hears us early by PRACK, holds by UPDATE, offers late, refreshes by itself and transfers (RFC 3262, 3311, 3515, 4028)', async () => {
    const ends: SipEnd[] = [];
    const late: string[] = [];
    const targets: string[] = [];
    const agent = await startAgent((call) => {
      call.onReoffer((offer) => (offer === '' ? offerAudio({ ...LOCAL, version: 2 }) : answerOf(offer)));
      call.onReanswer((answer) => late.push(answer));
      call.onRefer((referral) => {
        targets.push(referral.target.user);
        referral.accept();
        referral.report(200);
      });
      call.ended.then((end) => ends.push(end), expect.unreachable);
      const answer = answerOf(call.offer) ?? '';
      call.progress(answer);
      call.answer(answer);
    });
    try {
      await runSipp('uac-extends.xml', await freeUdpPort(), ['-t', transport, '-m', '2', '-r', '2', `127.0.0.1:${agent.port}`]);
      expect(targets).toEqual(['9001', '9001']);
      expect(late.filter((sdp) => sdp.includes('a=sendrecv'))).toHaveLength(2);
      expect(ends).toEqual(
        Array.from({ length: 2 }, () => ({ by: 'remote', why: 'bye', reason: { cause: 16, text: 'Normal call clearing' } })),
      );
    } finally {
      await agent.close();
    }
  });
});

describe('a phone with extensions', () => {
  it('is heard before it answers, answers without a description, and transfers for us (RFC 3262, 3515, 3891)', async () => {
    const port = await freeUdpPort();
    const agent = await startAgent(() => expect.unreachable());
    const phone = runSipp('uas-extends.xml', port, ['-t', 'u1', '-m', '1']);
    try {
      const early: string[] = [];
      const call = agent.invite(`sip:phone@127.0.0.1:${port}`, offerAudio(LOCAL), {
        from: { uri: 'sip:95588@127.0.0.1', displayName: '' },
      });
      call.onEarlyMedia((sdp) => early.push(sdp));
      expect(await call.answered).toContain('m=audio 16000');
      expect(early).toHaveLength(1);
      const replaces = { callId: 'other@call', toTag: 'a', fromTag: 'b', earlyOnly: false };
      expect(await call.refer('sip:9001@192.0.2.5', { replaces })).toBe(200);
      call.hangup();
      await phone;
    } finally {
      await agent.close();
    }
  });

  it('that sends us on is followed within our policy (RFC 3261 §8.1.3.4)', async () => {
    const port = await freeUdpPort();
    const agent = await startAgent(() => expect.unreachable());
    const phone = runSipp('uas-redirects.xml', port, ['-t', 'u1', '-m', '1']);
    try {
      const call = agent.invite(`sip:first@127.0.0.1:${port}`, offerAudio(LOCAL), {
        from: { uri: 'sip:95588@127.0.0.1', displayName: '' },
        redirect: { maxHops: 1, allows: ({ host }) => host === '127.0.0.1' },
      });
      expect(await call.answered).toContain('m=audio 16000');
      expect(await call.ended).toEqual({ by: 'remote', why: 'bye', reason: { cause: 16, text: 'done' } });
      await phone;
    } finally {
      await agent.close();
    }
  });
});

describe.each([
  ['UDP', 'u1', ''],
  ['TCP', 't1', ';transport=tcp'],
])('a phone on %s', (_name, transport, parameter) => {
  it('rings, answers, takes our hold and our BYE with its reason (RFC 3261 §13.2, §14.1, §15; RFC 3326)', async () => {
    const port = await freeUdpPort();
    const agent = await startAgent(() => expect.unreachable());
    const phone = runSipp('uas-answers.xml', port, ['-t', transport, '-m', '1']);
    try {
      const call = await calling(agent, `sip:phone@127.0.0.1:${port}${parameter}`);
      await call.ringing;
      expect(await call.answered).toContain('m=audio 16000 RTP/AVP 8 101');
      expect(await call.reinvite(offerAudio({ ...LOCAL, version: 2, direction: 'sendonly' }))).toContain('a=recvonly');
      call.hangup({ cause: 16, text: 'Normal call clearing' });
      expect(await call.ended).toEqual({ by: 'local', why: 'bye' });
      await phone;
      expect(agent.counters().dialogs).toBe(0);
    } finally {
      await agent.close();
    }
  });
});

/** SIPp takes a moment to open its port; on TCP an attempt before that fails at once, on UDP the INVITE is simply sent again. */
async function calling(agent: UserAgent, target: string): Promise<ReturnType<UserAgent['invite']>> {
  const until = performance.now() + 30_000;
  for (;;) {
    const call = agent.invite(target, offerAudio(LOCAL), { from: { uri: 'sip:95588@127.0.0.1', displayName: '客服 "A"' } });
    const failed = await call.ringing.then(
      () => null,
      (error: unknown) => error,
    );
    if (failed === null) return call;
    if (performance.now() > until) throw failed;
  }
}
