import { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { FAULTS_MAX } from '../agents/desk-wire.ts';
import { callIdOf, FakeCall } from '../agents/testing/desk-doubles.ts';
import { TestDesk } from '../agents/testing/test-desk.ts';
import { openSite, type TestSite } from './testing/open-site.ts';
import { OPERATOR } from './testing/people.ts';

let site: TestSite;
afterEach(() => site.close());
const openDesk = async (agent = 'li'): Promise<TestDesk> => TestDesk.open(site.origin, await site.signedIn(agent));
const refused = (code: string) => expect.objectContaining({ ok: false, error: expect.objectContaining({ code }) });

describe('a desk', () => {
  it('is right with its first message: who, queues, link, reasons, outcomes', async () => {
    site = await openSite();
    const desk = await openDesk();
    await desk.until(() => desk.view?.agent.state === 'not_ready', 'being signed in');
    expect(desk.view).toMatchObject({
      agent: { id: 'li', name: '李静' },
      call: null,
      queues: [{ queue: 'service', waiting: 2 }],
      link: { state: 'up' },
      reasons: ['break'],
      dispositions: ['resolved'],
    });
    expect(site.duty.asked).toEqual(['signIn li']);
  });

  it('pauses and resumes the recording of its own call, each an audited act, and of no other', async () => {
    site = await openSite();
    const desk = await openDesk();
    const [own, other] = [
      new FakeCall({ callId: callIdOf(1), agentId: 'li', pausedUntilMs: 9 }),
      new FakeCall({ callId: callIdOf(2), agentId: 'wang' }),
    ];
    site.calls.add(callIdOf(1), own);
    site.calls.add(callIdOf(2), other);
    await desk.until(() => desk.view?.call !== null, 'the call');
    expect(desk.view?.call).toMatchObject({ recording: true, pausedUntilMs: 9, pauseRanOut: false });
    for (const ask of ['recording.pause', 'recording.resume']) await desk.ask({ ask, callId: callIdOf(1) });
    expect(await desk.ask({ ask: 'recording.pause', callId: callIdOf(2) })).toEqual(refused('CALL_NOT_FOUND'));
    expect([own.asked, other.asked]).toEqual([['pause recording', 'resume recording'], []]);
    const acts = site.acts
      .filter(({ act }) => act.startsWith('recording.'))
      .map(({ act, who, object, outcome }) => [act, who, object, outcome]);
    expect(acts).toEqual([
      ['recording.pause', 'li', callIdOf(1), 'done'],
      ['recording.resume', 'li', callIdOf(1), 'done'],
    ]);
  });

  it('hides a supervisor from the agent where that is not announced, never from the audit log', async () => {
    site = await openSite({ announce: false });
    await site.identity.accounts.setRoles(OPERATOR, 'wang', ['supervisor']);
    const [agent, boss] = [await openDesk(), await openDesk('wang')];
    await boss.buildMedia();
    const there = { role: 'supervisor', agentId: 'wang', number: '', state: 'talking', mode: 'monitor', muted: false } as const;
    const call = new FakeCall({ callId: callIdOf(1), agentId: 'li', parties: [there] });
    site.calls.add(callIdOf(1), call);
    await agent.until(() => agent.view?.call !== null, 'the call');
    expect(agent.view?.call?.parties).toEqual([]);
    for (const mode of ['monitor', 'whisper', 'barge'] as const)
      expect(await boss.ask({ ask: 'call.supervise', callId: callIdOf(1), mode })).toMatchObject({ ok: true });
    expect(call.asked).toEqual(['supervise wang monitor', 'supervise wang whisper', 'supervise wang barge']);
    expect(
      site.acts.filter(({ act }) => act.startsWith('call.')).map(({ act, who, object, outcome }) => [act, who, object, outcome]),
    ).toEqual(['call.monitor', 'call.whisper', 'call.barge'].map((act) => [act, 'wang', callIdOf(1), 'done']));
  });

  it('takes a call from screen pop over answer to outcome, and hears it', async () => {
    site = await openSite();
    const desk = await openDesk();
    expect(await desk.ask({ ask: 'agent.ready' })).toEqual(refused('AGENT_MEDIA_NOT_READY'));
    await desk.buildMedia();
    expect(await desk.ask({ ask: 'agent.ready' })).toEqual({ re: expect.any(Number), ok: true });
    const workplace = site.desks.workplace('li');
    expect(workplace?.ready).toBe(true);

    const call = new FakeCall({ callId: callIdOf(1), agentId: 'li', state: 'offered' });
    site.calls.add(callIdOf(1), call);
    const ring = workplace?.ring(callIdOf(1), 20_000);
    await desk.until(() => desk.view?.call !== null, 'the screen pop');
    expect(desk.view?.call).toMatchObject({ state: 'ringing', callerNumber: '138******78', callerName: '张三' });

    const attached = workplace?.attachAudio(callIdOf(1), 'leg-1');
    await desk.until(() => desk.offer !== undefined, 'the consumer');
    expect(desk.offer).toMatchObject({ callId: callIdOf(1), consumerId: 'consumer-leg-1-0', kind: 'audio' });
    await desk.ask({ ask: 'media.consuming', consumerId: desk.offer?.consumerId });
    const path = await attached;
    expect(await desk.ask({ ask: 'call.answer', callId: callIdOf(1) })).toMatchObject({ ok: true });
    expect(await ring?.decided).toBe('answer');

    for (const ask of ['call.hold', 'call.resume', 'call.hangup']) await desk.ask({ ask, callId: callIdOf(1) });
    await desk.ask({ ask: 'call.mute', callId: callIdOf(1), muted: true });
    expect(await desk.ask({ ask: 'call.dispose', callId: callIdOf(1), disposition: 'invented', note: '' })).toEqual(
      refused('DISPOSITION_UNKNOWN'),
    );
    await desk.ask({ ask: 'call.dispose', callId: callIdOf(1), disposition: 'resolved', note: '好' });
    expect(call.asked).toEqual(['hold', 'resume', 'hangup agent', 'mute true', 'dispose resolved 好']);
    path?.detach();
    expect(site.media.endpoints[0]?.asked).toEqual([
      'connect send-0',
      'produce send-0',
      'connect receive-0',
      'attach leg-1',
      'consuming consumer-leg-1-0',
      'detach leg-1',
    ]);
  });

  it('may decline, and cannot answer what does not ring', async () => {
    site = await openSite();
    const desk = await openDesk();
    site.calls.add(callIdOf(1), new FakeCall({ callId: callIdOf(1), agentId: 'li', state: 'offered' }));
    const ring = site.desks.workplace('li')?.ring(callIdOf(1), 20_000);
    await desk.ask({ ask: 'call.decline', callId: callIdOf(1) });
    expect(await ring?.decided).toBe('declined');
    expect(await desk.ask({ ask: 'call.answer', callId: callIdOf(1) })).toEqual(refused('CALL_STATE_REFUSED'));
  });

  it('cannot touch calls of others, which look exactly like calls that are not there', async () => {
    site = await openSite();
    const theirs = new FakeCall({ callId: callIdOf(2), agentId: 'wang' });
    site.calls.add(callIdOf(2), theirs);
    const desk = await openDesk('li');
    for (const ask of ['call.answer', 'call.decline', 'call.hold', 'call.resume', 'call.hangup']) {
      const other = await desk.ask({ ask, callId: callIdOf(2) });
      const none = await desk.ask({ ask, callId: callIdOf(3) });
      expect(other).toEqual(refused('CALL_NOT_FOUND'));
      expect(
        JSON.stringify(none)
          .replace(callIdOf(3), callIdOf(2))
          .replace(/"re":\d+/, ''),
      ).toBe(JSON.stringify(other).replace(/"re":\d+/, ''));
    }
    await desk.ask({ ask: 'call.mute', callId: callIdOf(2), muted: true });
    await desk.ask({ ask: 'call.dispose', callId: callIdOf(2), disposition: 'resolved', note: '' });
    expect(theirs.asked).toEqual([]);
  });

  it('reaches only transports it opened itself, one of each kind, and one microphone', async () => {
    site = await openSite();
    const [li, wang] = [await openDesk('li'), await openDesk('wang')];
    await wang.ask({ ask: 'media.transport', direction: 'send' });
    expect(await li.ask({ ask: 'media.connect', transportId: 'send-0', dtlsParameters: {} })).toEqual(refused('DESK_MEDIA_REFUSED'));
    expect(await li.ask({ ask: 'media.produce', transportId: 'send-0', rtpParameters: {} })).toEqual(refused('DESK_MEDIA_REFUSED'));
    await li.buildMedia();
    const again = [
      { ask: 'media.transport', direction: 'send' },
      { ask: 'media.produce', transportId: 'send-1', rtpParameters: {} },
      { ask: 'media.produce', transportId: 'receive-1', rtpParameters: {} },
      { ask: 'media.consuming', consumerId: 'invented' },
    ];
    for (const request of again) expect(await li.ask(request)).toEqual(refused('DESK_MEDIA_REFUSED'));
    expect(site.media.endpoints.map((endpoint) => endpoint.asked.filter((asked) => asked.startsWith('produce')))).toEqual([
      [],
      ['produce send-1'],
    ]);
  });

  it('sees a change of the link, once, within a round of views', async () => {
    site = await openSite();
    const desk = await openDesk();
    const before = desk.pushes.length;
    site.link.becomes('down');
    site.link.becomes('down');
    await desk.until(() => desk.view?.link.state === 'down', 'the banner');
    expect(desk.pushes.slice(before).filter((push) => push.push === 'view' && push.view.link.state === 'down')).toHaveLength(1);
  });
});

describe('a socket that is no desk', () => {
  it.each([
    ['without a session', { cookie: '' }, 401],
    ['with an invented session', { cookie: `keepline-session=${'x'.repeat(43)}` }, 401],
    ['from a page of another site', { origin: 'https://evil.example' }, 403],
    ['without an origin', { origin: '' }, 403],
  ])('is refused before the upgrade: %s', async (_name, wrong, status) => {
    site = await openSite();
    const good = { origin: site.origin, cookie: await site.signedIn('li') };
    const headers = Object.fromEntries(Object.entries({ ...good, ...wrong }).filter(([, value]) => value !== ''));
    const socket = new WebSocket(`${site.origin.replace('http', 'ws')}/ws/agent`, { headers });
    const heard = await new Promise((resolve) => {
      socket.once('open', () => resolve('open'));
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.once('error', () => {});
    });
    expect(heard).toBe(status);
    expect(site.desks.connected).toBe(0);
  });

  it('gets a coded answer to garbage, and is cut when it goes on', async () => {
    site = await openSite();
    const desk = await openDesk();
    const garbage = [
      '{',
      '[]',
      'null',
      '{"id":7,"ask":"agent.fly"}',
      `{"id":8,"ask":"agent.ready","extra":1}`,
      '{"id":"9","ask":"agent.ready"}',
      '[[['.repeat(9000),
    ];
    for (const text of garbage) desk.socket.send(text);
    await desk.until(() => desk.stray.length === garbage.length, 'the refusals');
    expect(desk.stray.map((reply) => [reply.re, !reply.ok && reply.error.code])).toEqual(
      [0, 0, 0, 7, 8, 0, 0].map((re) => [re, 'DESK_FRAME_INVALID']),
    );
    expect(await desk.ask({ ask: 'agent.not_ready', reason: 'break' })).toMatchObject({ ok: true });
    for (let i = garbage.length; i < FAULTS_MAX; i++) desk.socket.send('{');
    expect((await desk.closed).code).toBe(1008);
  });

  it.each([
    ['oversized', (desk: TestDesk) => desk.socket.send(JSON.stringify({ id: 1, ask: 'x', fat: 'x'.repeat(70_000) })), 1009],
    ['binary', (desk: TestDesk) => desk.socket.send(Buffer.from('{"id":1,"ask":"agent.ready"}')), 1003],
    [
      'too fast',
      (desk: TestDesk) => Array.from({ length: 200 }, (_, i) => desk.socket.send(JSON.stringify({ id: i + 1, ask: 'media.capabilities' }))),
      1008,
    ],
  ])('is cut when its frames are %s', async (_name, misbehave, code) => {
    site = await openSite();
    const desk = await openDesk();
    misbehave(desk);
    expect((await desk.closed).code).toBe(code);
    expect((await site.ask('GET', '/api/health')).status).toBe(200);
  });

  it('leaves other desks alone', async () => {
    site = await openSite();
    const [li, wang] = [await openDesk('li'), await openDesk('wang')];
    for (let i = 0; i < FAULTS_MAX; i++) wang.socket.send('garbage');
    await wang.closed;
    expect(await li.ask({ ask: 'agent.not_ready', reason: 'break' })).toMatchObject({ ok: true });
  });

  it('works over real TLS with the certificate of the site checked', async () => {
    site = await openSite();
    const cookie = await site.signedIn('li', site.secureOrigin);
    const desk = await TestDesk.open(site.secureOrigin, cookie, { ca: site.certificate });
    expect(desk.view?.agent.id).toBe('li');
  });
});
