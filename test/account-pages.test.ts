/**
 * One's own account and four eyes on the screen: Chromium against the real door of the gateway, with real accounts. What is done there is looked
 * up in the gateway, not on the page alone.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { APPROVAL_ACTS } from '@keepline/contracts/approvals';
import { findChromium } from '@keepline/testkit/agent-browser';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir } from '@keepline/testkit/temp-dir';
import { Secret, TOTP } from 'otpauth';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSite, PASSWORD, type TestSite } from '../gateway/src/api/testing/open-site.ts';
import { enrolled, type Person } from '../gateway/src/api/testing/people.ts';

const configFile = fileURLToPath(new URL('../admin-ui/vite.config.ts', import.meta.url));
/** A folder for pictures, for people who look at them; none are taken without it. */
const pictures = process.env['KEEPLINE_DESK_PICTURES'];
const NEXT = 'Rain-over-the-harbour-2';
const RECORDING = 'rec-018f0000-0000-7000-8000-000000000001';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 }); // a browser on two busy cores
const folder = tempDir();
const clock = new FakeClock();
let site: TestSite;
let officer: Person;
let security: Person;
let browser: Browser;
let page: Page;
let faults: string[];

beforeAll(async () => {
  await build({ configFile, logLevel: 'error', build: { outDir: join(folder.path, 'dist') } });
  const settings = { fourEyes: [...APPROVAL_ACTS], sessionsPerUser: 3 };
  site = await openSite({ clock, deskFolder: join(folder.path, 'dist'), settings });
  officer = await enrolled(site, 'officer', ['compliance_officer']);
  security = await enrolled(site, 'security', ['security_admin']);
  browser = await chromium.launch({
    executablePath: await findChromium(process.env['KEEPLINE_CHROMIUM'], process.env['PATH'] ?? ''),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
  });
}, 180_000);
afterAll(async () => {
  await browser.close();
  await site.close();
  folder.remove();
});
beforeEach(async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  context.setDefaultTimeout(20_000);
  page = await context.newPage();
  faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|\[antd|Warning:/.test(message.text())) faults.push(message.text());
  });
  await page.goto(site.origin.replace('127.0.0.1', 'localhost'));
});
afterEach(async () => {
  await page.context().close();
  if (faults.length > 0) throw new Error(`the page complained: ${faults.join('; ')}`);
});

const see = (id: string) => page.getByTestId(id);
const press = (id: string) => see(id).click();

async function signIn(name: string, password: string): Promise<void> {
  await see('sign-in-agent').fill(name);
  await see('sign-in-password').fill(password);
  await press('sign-in-submit');
}
/** Waits long enough for password hashes on a busy machine. */
const soon = <T>(look: () => T | Promise<T>) => expect.poll(look);

/** A code of the next half minute: the last one is used up. */
async function prove(person: Person): Promise<void> {
  clock.advance(30_000);
  await see('factor-code').fill(person.code(clock.now()));
  await press('factor-submit');
}

/** Takes a picture when asked to; in both languages nothing is without its text or lies outside the window. */
async function look(name: string): Promise<void> {
  for (const language of ['English', '中文']) {
    await see('language').getByText(language).click();
    await soon(() => page.evaluate('document.documentElement.lang')).toBe(language === 'English' ? 'en' : 'zh-CN');
    const untold = await page.evaluate<string[]>(
      `document.body.innerText.split('\\n').filter((line) => /\\b(account|approvals|users|factor|nav)\\.\\w/.test(line))`,
    );
    const outside = await page.evaluate<string[]>(`[...document.querySelectorAll('main *')]
      .filter((e) => { const r = e.getBoundingClientRect(); return r.width > 1 && r.height > 1 && (r.right > innerWidth + 1 || r.left < -1); })
      .map((e) => e.className + ' ' + e.textContent.slice(0, 40))`);
    if (pictures) await page.screenshot({ path: join(pictures, `${name}-${language === 'English' ? 'en' : 'zh'}.png`), fullPage: true });
    expect([untold, outside]).toEqual([[], []]);
  }
}

describe('one’s own account', () => {
  it('changes the password of an agent, who keeps the desk behind it, and ends the other sessions', async () => {
    await signIn('wang', PASSWORD);
    await press('own-account');
    await see('account-page').waitFor();
    await look('own-account-agent');
    await see('own-current').fill('not the password');
    await see('own-next').fill(NEXT);
    await see('own-again').fill(NEXT);
    await press('own-password-submit');
    await soon(() => see('own-password-error').getAttribute('data-code')).toBe('CURRENT_PASSWORD_WRONG');
    await see('own-current').fill(PASSWORD);
    await press('own-password-submit');
    await soon(() => see('own-current').inputValue()).toBe('');
    expect(site.changed).toContain('wang');
    await press('account-back');
    await see('agent-state').waitFor();
    const again = await site.ask('POST', '/api/sign-in', { body: { agent: 'wang', password: NEXT } });
    expect(again.status).toBe(200);
  });

  it('enrols and removes second factors, and ends a session elsewhere', async () => {
    const elsewhere = await site.ask('POST', '/api/sign-in', { body: { agent: officer.id, password: officer.password } });
    expect(elsewhere.status).toBe(200);
    await signIn(officer.id, officer.password);
    await prove(officer);
    await press('own-account');
    await soon(() => see('own-factors').locator('tbody tr').count()).toBe(1);
    await press('own-remove');
    await press('confirm-yes');
    await soon(() => see('own-factor-error').getAttribute('data-code')).toBe('FACTOR_UNKNOWN'); // the last one stays

    await press('own-totp');
    const secret = (await see('enrol-secret').textContent()) ?? '';
    await see('factor-code').fill(new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: clock.now() }));
    await press('factor-submit');
    await soon(() => see('own-factors').locator('tbody tr').count()).toBe(2);
    await look('own-account-officer');
    expect(site.acts.filter(({ act, who, outcome }) => act === 'factor.enrol' && who === officer.id && outcome === 'done')).toHaveLength(2);

    expect(site.sessions.of(officer.id)).toHaveLength(3); // of the enrolment, elsewhere, here
    await see('own-end').first().click();
    await see('confirm-yes').last().click();
    await soon(() => site.sessions.of(officer.id).length).toBe(2);
    await soon(() => see('own-sessions').locator('tbody tr').count()).toBe(2);
  });
});

describe('four eyes on the screen', () => {
  it('asks, shows the other person what for, and decides; the first one cannot', async () => {
    await signIn(officer.id, officer.password);
    await prove(officer);
    await press('nav-approvals');
    for (const [object, purpose] of [
      [RECORDING, 'complaint 4711'],
      [`${RECORDING.slice(0, -1)}2`, 'curiosity'],
    ] as const) {
      await press('ask');
      await press('act-recording.export');
      await see('request-object').fill(object);
      await see('request-purpose').fill(purpose);
      await press('request-submit');
      await see('request').waitFor({ state: 'detached' });
      clock.advance(1000); // the list is in the order of asking
    }
    await press('tab-mine');
    await soon(() => see('state-waiting').count()).toBe(2);
    expect(await see('decide-officer').count()).toBe(0);
    await press('sign-out');

    await signIn(security.id, security.password);
    await prove(security);
    await see('nav').waitFor();
    clock.advance(660_000); // the proof of the sign-in is no longer fresh
    await press('nav-approvals');
    await see('decide-officer').nth(1).click();
    const asked = await see('decide').innerText();
    for (const text of [RECORDING, 'complaint 4711', 'officer', '导出录音']) expect(asked).toContain(text);
    await press('approve');
    await see('step-up').waitFor();
    await prove(security);
    await see('decide').waitFor({ state: 'detached' });
    await see('decide-officer').first().click();
    await see('decide-reason').fill('no case is named');
    await press('refuse');
    await see('decide').waitFor({ state: 'detached' });
    await press('tab-all');
    await see('state-refused').waitFor();
    await look('approvals');
    expect(await site.identity.approvals.list()).toMatchObject([
      { purpose: 'curiosity', state: 'refused', decidedBy: security.id, reason: 'no case is named' },
      { purpose: 'complaint 4711', object: RECORDING, state: 'approved', decidedBy: security.id },
    ]);
  });
});
