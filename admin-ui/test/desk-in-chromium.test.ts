/** The built desk in a real browser, under the production security policy, against a scripted gateway. */
import { describe, expect, it } from 'vitest';
import { gateway, lastAsked, look, openDeskForEach, page, press, see, signIn } from './desk-page.ts';
import { firstView, ringingCall } from './views.ts';

openDeskForEach();

describe('sign-in', () => {
  it('refuses a wrong password without saying which of the two was wrong, and lets the right one in', async () => {
    await look('sign-in');
    await signIn('wrong');
    await page.getByTestId('sign-in-error').waitFor();
    expect(await page.getByTestId('sign-in-error').innerText()).toContain('工号或密码不正确');
    await look('sign-in-refused');
    await signIn();
    await see('agent-state', 'not_ready');
  });

  it('keeps the chosen language over a reload', async () => {
    await page.getByTestId('language').getByText('English').click();
    await page.getByText('Agent sign-in').waitFor();
    await page.reload();
    await page.getByText('Agent sign-in').waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('en');
  });

  it('brings the agent back to the sign-in page with the reason when the gateway says bye', async () => {
    await signIn();
    await see('agent-state', 'not_ready');
    gateway.isSignedIn = false;
    gateway.push({ push: 'bye', why: 'signed_in_elsewhere' });
    await page.getByTestId('notice').waitFor();
    expect(await page.getByTestId('notice').innerText()).toContain('已在其他位置登录');
  });

  it('ends when the agent signs out, but stays when the gateway refuses because a call came in that moment', async () => {
    await signIn();
    await see('agent-state', 'not_ready');
    gateway.view = { ...gateway.view, call: ringingCall() }; // known to the gateway, not yet to the desk
    await press('sign-out');
    await page.getByTestId('sign-out-refused').waitFor();
    await see('agent-state', 'not_ready');
    gateway.view = { ...gateway.view, call: null };
    await press('sign-out');
    await page.getByTestId('sign-in-agent').waitFor();
    expect(gateway.isSignedIn).toBe(false);
  });

  it('shows its mark: a file the gateway serves, not the page in disguise', async () => {
    await expect.poll(() => page.evaluate("document.querySelector('.shell-head img')?.naturalWidth ?? 0")).toBeGreaterThan(0);
  });

  it('comes back to the sign-in page when the session ended while the connection was away', async () => {
    await signIn();
    await see('agent-state', 'not_ready');
    gateway.isSignedIn = false;
    gateway.cut();
    await page.getByTestId('sign-in-agent').waitFor();
    expect(await page.getByTestId('agent-state').count()).toBe(0);
  });
});

describe('a call at the desk', () => {
  it('goes from the screen pop through answer, hold, mute and hang-up to a disposed wrap-up', async () => {
    await signIn();
    await see('call-card', 'none');
    await press('ready');
    await see('agent-state', 'ready');
    await look('idle');

    gateway.show({ agent: { ...gateway.view.agent, state: 'offered', sinceMs: Date.now() }, call: ringingCall() });
    await see('call-card', 'ringing');
    expect(await page.getByTestId('caller-number').innerText()).toBe('138******78');
    expect(await page.title()).toContain('来电');
    expect(await page.evaluate('document.activeElement.dataset.testid')).toBe('answer');
    await look('ringing');

    await press('answer');
    await see('call-card', 'connected');
    await see('recording-indicator', 'on');
    expect(await page.title()).not.toContain('来电');
    await look('connected');

    await press('hold');
    await see('call-card', 'held');
    await look('held');
    await press('resume');
    await see('call-card', 'connected');
    await press('mute');
    await page.locator('[data-testid="mute"][aria-pressed="true"]').waitFor();
    expect(lastAsked()).toMatchObject({ ask: 'call.mute', muted: true });

    await press('hangup');
    await see('call-card', 'wrap_up');
    expect(await page.getByTestId('wrap-up-done').isDisabled()).toBe(true);
    await press('disposition-follow_up');
    await page.getByTestId('note').fill('客户要求下周回电');
    await look('wrap-up');
    await press('wrap-up-done');
    await see('call-card', 'none');
    expect(lastAsked()).toMatchObject({ ask: 'call.dispose', disposition: 'follow_up', note: '客户要求下周回电' });
  });

  it('can be worked with the keyboard alone', async () => {
    await signIn();
    await see('agent-state', 'not_ready');
    await page.locator('[data-testid="ready"]:enabled').waitFor();
    await page.keyboard.press('Alt+KeyR');
    await see('agent-state', 'ready');
    gateway.showCall(ringingCall());
    await see('call-card', 'ringing');
    await page.keyboard.press('Alt+KeyA');
    await see('call-card', 'connected');
    await page.keyboard.press('Alt+KeyH');
    await see('call-card', 'held');
    await page.keyboard.press('Alt+KeyH');
    await see('call-card', 'connected');
    await page.keyboard.press('Alt+KeyE');
    await see('call-card', 'wrap_up');
    await page.keyboard.press('Alt+KeyS'); // no outcome yet: nothing may happen
    await page.keyboard.press('Alt+Digit1');
    await page.locator('[data-testid="wrap-up-done"]:enabled').waitFor();
    await page.keyboard.press('Alt+KeyS');
    await see('call-card', 'none');
    expect(lastAsked()).toMatchObject({ ask: 'call.dispose', disposition: 'resolved' });
    expect(gateway.asked.filter(({ ask }) => ask === 'call.dispose')).toHaveLength(1);
    await page.keyboard.press('Alt+KeyK');
    await page.getByTestId('shortcut-list').waitFor();
    await look('shortcuts');
  });

  it('counts the time of the call and of the wait between two views', async () => {
    await signIn();
    const connectedSinceMs = Date.now() - 57_000;
    gateway.show({ call: { ...ringingCall(), state: 'connected', connectedSinceMs } });
    await see('call-card', 'connected');
    const clock = page.getByTestId('call-clock');
    const longest = page.getByTestId('queue-panel').locator('td').nth(1);
    const secondsOf = async (shown: typeof clock): Promise<number> => {
      const [, minutes, seconds] = /(\d+):(\d\d)/.exec(await shown.innerText()) ?? [];
      return 60 * Number(minutes) + Number(seconds);
    };
    const first = await secondsOf(clock);
    expect(first).toBeGreaterThanOrEqual(57);
    expect(first).toBeLessThanOrEqual((Date.now() - connectedSinceMs) / 1000);
    await expect.poll(() => secondsOf(clock)).toBeGreaterThan(Math.max(first, 60));
    expect(await clock.innerText()).toMatch(/\b[1-9]:\d\d/);
    expect(await secondsOf(longest)).toBeGreaterThan(74); // it was 1:14
  });

  it('asks for the reason of not ready and shows it', async () => {
    await signIn();
    await press('not-ready');
    await page.getByTestId('reason-lunch').waitFor();
    await look('reasons');
    await press('reason-lunch');
    await page.locator('[data-testid="agent-state"][data-reason="lunch"]').waitFor();
    expect(lastAsked()).toMatchObject({ ask: 'agent.not_ready', reason: 'lunch' });
  });
});

describe('a call with others', () => {
  it('is consulted on, brought together and handed over by the keyboard, and a number is called out, all within the screen', async () => {
    gateway.view = { ...gateway.view, colleagues: [{ id: 'agent2', name: '王磊' }] };
    await signIn();
    gateway.show({
      agent: { ...gateway.view.agent, state: 'in_call' },
      call: { ...ringingCall(), state: 'connected', connectedSinceMs: Date.now(), recording: true },
    });
    await see('call-card', 'connected');
    await page.keyboard.press('Alt+KeyN');
    await press('reason-lunch');
    await page.locator('[data-testid="afterwards"][data-reason="lunch"]').waitFor();
    await page.keyboard.press('Alt+KeyC');
    await page.getByTestId('target-agent-agent2').click();
    await look('consult-whom');
    await press('target-go');
    await page.locator('[data-hearing="consult"]').waitFor();
    expect(lastAsked()).toMatchObject({ ask: 'call.consult', to: { kind: 'agent', agentId: 'agent2' } });
    await look('consulting');
    await page.keyboard.press('Alt+KeyJ');
    await page.locator('[data-hearing="conference"]').waitFor();
    await page.keyboard.press('Alt+KeyG');
    await see('call-card', 'none');

    await page.keyboard.press('Alt+KeyO');
    await page.getByTestId('target-number').fill('02155550100');
    await page.keyboard.press('Enter');
    await see('call-card', 'dialling');
    expect(lastAsked()).toMatchObject({ ask: 'call.dial', number: '02155550100' });
    await look('dialling');
  });
});

describe('the calls of the team', () => {
  it('are listened to, whispered into and left again, within the screen', async () => {
    const callId = ringingCall().callId;
    await signIn();
    await see('agent-state', 'not_ready');
    gateway.show({ team: [{ callId, agentName: '王磊', queue: 'service', connectedSinceMs: Date.now() - 61_000 }] });
    const team = page.getByTestId('team-panel');
    await team.getByTestId(`monitor-${callId}`).click();
    await page.locator('[data-hearing="self_monitor"]').waitFor();
    await team.getByTestId(`whisper-${callId}`).click();
    await page.locator('[data-hearing="self_whisper"]').waitFor();
    expect(lastAsked()).toMatchObject({ ask: 'call.supervise', callId, mode: 'whisper' });
    await look('supervising');
    await press('hangup');
    await see('call-card', 'none');
  });
});

describe('what stands in the way', () => {
  it('says what is unavailable and what waits while the cloud is away, and is quiet when it is back', async () => {
    await signIn();
    await see('link-banner', 'up');
    const sinceMs = Date.now() - 95_000;
    gateway.show({
      call: ringingCall(),
      link: { state: 'down', sinceMs, why: 'heartbeats_missed', backlog: 1284, oldestUnsentMs: 94_000 },
    });
    await see('link-banner', 'down');
    const text = await page.getByTestId('link-banner').innerText();
    expect(text).toContain('云端路由建议、云端统计分析');
    expect(text).toContain('1284');
    await look('link-down');
    gateway.show({ link: { state: 'probing', sinceMs: Date.now(), why: 'stable_wait', backlog: 37, oldestUnsentMs: 8000 } });
    await see('link-banner', 'probing');
    gateway.show({ link: firstView().link });
    await see('link-banner', 'up');
  });

  it('reconnects by itself after the connection was cut in a call, with the note typed so far', async () => {
    await signIn();
    gateway.showCall({ ...ringingCall(), state: 'wrap_up', wrapUpUntilMs: Date.now() + 200_000 });
    await see('call-card', 'wrap_up');
    await page.getByTestId('note').fill('已核实身份');
    gateway.cut();
    await page.getByTestId('connection-banner').waitFor();
    await look('connection-lost');
    await page.getByTestId('connection-banner').waitFor({ state: 'detached' });
    await see('call-card', 'wrap_up');
    expect(await page.getByTestId('note').inputValue()).toBe('已核实身份');
  });

  it('names the missing microphone and what to do, and the rest of the desk still works', async () => {
    await signIn();
    await see('sound', 'failed');
    expect(await page.getByTestId('sound-banner').innerText()).toMatch(/麦克风/);
    await look('no-microphone');
    await press('ready');
    await see('agent-state', 'ready');
  });

  it('fits the screen in English too', async () => {
    await page.getByTestId('language').getByText('English').click();
    await signIn();
    gateway.show({
      agent: { ...gateway.view.agent, state: 'in_call', sinceMs: Date.now() - 3_725_000 },
      call: { ...ringingCall(), state: 'connected', connectedSinceMs: Date.now() - 3_725_000, recording: true, muted: true },
      link: { state: 'down', sinceMs: Date.now() - 7_200_000, why: 'heartbeats_missed', backlog: 1_234_567, oldestUnsentMs: 7_200_000 },
    });
    await see('call-card', 'connected');
    await look('english-everything');
    gateway.showCall({ state: 'wrap_up', wrapUpUntilMs: Date.now() + 100_000 });
    await see('call-card', 'wrap_up');
    await look('english-wrap-up');
    expect(await page.getByTestId('link-backlog').innerText()).toContain('1234567');
  });
});
