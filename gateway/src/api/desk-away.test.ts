import { FakeClock } from '@keepline/testkit/fake-clock';
import { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { callIdOf, FakeCall } from '../agents/testing/desk-doubles.ts';
import { TestDesk } from '../agents/testing/test-desk.ts';
import { openSite, type TestSite } from './testing/open-site.ts';

let site: TestSite;
afterEach(() => site.close());
const openDesk = async (agent = 'li'): Promise<TestDesk> => TestDesk.open(site.origin, await site.signedIn(agent));
const refused = (code: string) => expect.objectContaining({ ok: false, error: expect.objectContaining({ code }) });

describe('a desk that goes away', () => {
  it('keeps its call over a reload of the page: audio is joined again, the workplace was never gone', async () => {
    const clock = new FakeClock();
    site = await openSite({ clock });
    const cookie = await site.signedIn('li');
    const page = await TestDesk.open(site.origin, cookie);
    await page.buildMedia();
    const workplace = site.desks.workplace('li');
    let rejoined = 0;
    workplace?.onRejoin(() => (rejoined += 1));
    page.socket.terminate();
    await page.closed;
    await expect.poll(() => workplace?.ready).toBe(false);
    clock.advance(4000);
    const reloaded = await TestDesk.open(site.origin, cookie);
    await reloaded.buildMedia();
    clock.advance(10_000);
    expect(site.desks.workplace('li')).toBe(workplace);
    expect([workplace?.ready, rejoined]).toEqual([true, 1]);
    expect(site.media.endpoints.map((endpoint) => endpoint.isClosed)).toEqual([true, false]);
    expect(site.duty.asked).not.toContain('lost li');
  });

  it('is gone after five seconds: what rings is lost, routing is told', async () => {
    const clock = new FakeClock();
    site = await openSite({ clock });
    const desk = await openDesk();
    const workplace = site.desks.workplace('li');
    const ring = workplace?.ring(callIdOf(1), 60_000);
    desk.socket.terminate();
    await expect.poll(() => site.desks.connected).toBe(0);
    clock.advance(5000);
    await workplace?.gone;
    expect(await ring?.decided).toBe('agent_lost');
    expect(site.duty.asked).toContain('lost li');
    expect(site.desks.workplace('li')).toBeUndefined();
  });

  it('in the middle of joining a call fails the join at once', async () => {
    site = await openSite();
    const desk = await openDesk();
    await desk.buildMedia();
    const attached = site.desks.workplace('li')?.attachAudio(callIdOf(1), 'leg-1');
    await desk.until(() => desk.offer !== undefined, 'the consumer');
    desk.socket.terminate();
    await expect(attached).rejects.toMatchObject({ code: 'AGENT_MEDIA_LOST' });
    expect(site.media.endpoints[0]?.asked).toContain('detach leg-1');
  });

  it('and one that never builds the consumer is given up after five seconds', async () => {
    const clock = new FakeClock();
    site = await openSite({ clock });
    const desk = await openDesk();
    await desk.buildMedia();
    const attached = site.desks.workplace('li')?.attachAudio(callIdOf(1), 'leg-1');
    await desk.until(() => desk.offer !== undefined, 'the consumer');
    clock.advance(5000);
    await expect(attached).rejects.toMatchObject({ code: 'AGENT_MEDIA_LOST' });
    expect(await desk.ask({ ask: 'media.consuming', consumerId: desk.offer?.consumerId })).toEqual(refused('DESK_MEDIA_REFUSED'));
  });

  it('is noticed within twenty seconds when its machine died without a word', async () => {
    const clock = new FakeClock();
    site = await openSite({ clock });
    const cookie = await site.signedIn('li');
    const desk = await TestDesk.open(site.origin, cookie, { autoPong: false });
    clock.advance(10_000);
    expect(site.desks.connected).toBe(1);
    clock.advance(10_000);
    expect((await desk.closed).code).toBe(1006);
    await expect.poll(() => site.desks.connected).toBe(0);
  });

  it('because its agent signed in elsewhere is told so, and the new page takes the workplace over', async () => {
    site = await openSite();
    const first = await openDesk('li');
    const workplace = site.desks.workplace('li');
    const second = await openDesk('li');
    expect((await first.closed).code).toBe(1001);
    expect(first.bye).toBe('signed_in_elsewhere');
    expect(site.desks.workplace('li')).toBe(workplace);
    expect(second.socket.readyState).toBe(WebSocket.OPEN);
    expect(site.duty.asked).not.toContain('lost li');
  });

  it('by signing out is gone at once', async () => {
    site = await openSite();
    const cookie = await site.signedIn('li');
    const desk = await TestDesk.open(site.origin, cookie);
    await site.ask('POST', '/api/sign-out', { headers: { cookie } });
    await desk.closed;
    expect(desk.bye).toBe('session_ended');
    expect(site.desks.workplace('li')).toBeUndefined();
    expect(site.duty.asked).toEqual(['signIn li', 'signOut li', 'lost li']);
  });

  it('is not sent away by its idle limit while the agent is in a call, but after it', async () => {
    const clock = new FakeClock();
    site = await openSite({ clock, idleMs: 5000 });
    const desk = await openDesk();
    site.calls.add(callIdOf(1), new FakeCall({ callId: callIdOf(1), agentId: 'li', state: 'held' }));
    clock.advance(6000);
    await site.signIn.endDue();
    expect(await desk.ask({ ask: 'agent.not_ready', reason: 'break' })).toMatchObject({ ok: true });
    site.calls.remove(callIdOf(1));
    clock.advance(5000);
    await site.signIn.endDue();
    await desk.closed;
    expect(desk.bye).toBe('session_ended');
  });

  it('hears that the site stops', async () => {
    site = await openSite();
    const desk = await openDesk();
    await site.api.close();
    expect((await desk.closed).code).toBe(1001);
    expect(desk.bye).toBe('site_stopping');
  });
});

describe('a page that builds its audio again', () => {
  it('on the same socket begins anew, as after a microphone was refused and then allowed; its call rejoins', async () => {
    site = await openSite();
    const desk = await openDesk();
    await desk.ask({ ask: 'media.capabilities' });
    await desk.ask({ ask: 'media.transport', direction: 'send' });
    await desk.buildMedia();
    const workplace = site.desks.workplace('li');
    let rejoined = 0;
    workplace?.onRejoin(() => (rejoined += 1));
    await desk.buildMedia();
    expect([workplace?.ready, rejoined]).toEqual([true, 1]);
    expect(site.media.endpoints.map((endpoint) => endpoint.isClosed)).toEqual([true, true, false]);
  });
});

describe('the media worker dying', () => {
  it('makes every desk build its audio anew and rejoin its call', async () => {
    site = await openSite();
    const desk = await openDesk();
    await desk.buildMedia();
    const workplace = site.desks.workplace('li');
    let rejoined = 0;
    workplace?.onRejoin(() => (rejoined += 1));
    site.media.die();
    expect(workplace?.ready).toBe(false);
    await desk.until(() => desk.pushes.some((push) => push.push === 'media.rejoin'), 'media.rejoin');
    await desk.buildMedia();
    expect([workplace?.ready, rejoined, site.media.endpoints.length]).toEqual([true, 1, 2]);
  });
});
