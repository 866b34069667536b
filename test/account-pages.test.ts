/**
 * One's own account and four eyes on the screen: Chromium against the real door of the gateway, with real accounts. What is done there is looked
 * up in the gateway, not on the page alone.
 */
import { APPROVAL_ACTS } from '@keepline/contracts/approvals';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { Secret, TOTP } from 'otpauth';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSite, PASSWORD, type TestSite } from '../gateway/src/api/testing/open-site.ts';
import { enrolled, type Person } from '../gateway/src/api/testing/people.ts';
import { enter, goTo, look as fits, openPagesForEach, page, see } from './pages-in-chromium.ts';

const NEXT = 'Rain-over-the-harbour-2';
const RECORDING = 'rec-018f0000-0000-7000-8000-000000000001';

const clock = new FakeClock();
let site: TestSite;
let officer: Person;
let security: Person;

openPagesForEach(
  async (deskFolder) => {
    const settings = { fourEyes: [...APPROVAL_ACTS], sessionsPerUser: 3 };
    site = await openSite({ clock, deskFolder, settings });
    officer = await enrolled(site, 'officer', ['compliance_officer']);
    security = await enrolled(site, 'security', ['security_admin']);
  },
  () => site.close(),
);
beforeEach(() => goTo(site.origin));

const press = (id: string) => see(id).click();
const soon = <T>(fact: () => T | Promise<T>) => expect.poll(fact);

/** A code of the next half minute: the last one is used up. */
async function prove(person: Person): Promise<void> {
  clock.advance(30_000);
  await see('factor-code').fill(person.code(clock.now()));
  await press('factor-submit');
}

/** In both languages nothing is without its text or lies outside the window. */
async function look(name: string): Promise<void> {
  await fits(name, 'main *');
  for (const language of ['English', '中文']) {
    await see('language').getByText(language).click();
    await soon(() => page.evaluate('document.documentElement.lang')).toBe(language === 'English' ? 'en' : 'zh-CN');
    const untold = await page.evaluate<string[]>(
      `document.body.innerText.split('\\n').filter((line) => /\\b(account|approvals|users|factor|nav)\\.\\w/.test(line))`,
    );
    expect(untold).toEqual([]);
  }
}

describe('one’s own account', () => {
  it('changes the password of an agent, who keeps the desk behind it, and ends the other sessions', async () => {
    await enter('wang', PASSWORD);
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
    await enter(officer.id, officer.password);
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
    await enter(officer.id, officer.password);
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

    await enter(security.id, security.password);
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
