/** The first-run ceremony through the whole house: console, real gateway, real desk in Chromium, an authenticator app, and the way back in. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findChromium } from '@keepline/testkit/agent-browser';
import { OwnSite } from '@keepline/testkit/site';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { Secret, TOTP } from 'otpauth';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './source-files.ts';

const PASSWORD = 'Kettle-on-the-stove-1';
let home: TempDir;
let site: OwnSite;
let browser: Browser;
let page: Page;
/** What the browser refused because of the content security policy, in its own words. */
const refusedByPolicy: string[] = [];
const see = (id: string) => page.getByTestId(id);
const users = (...args: string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'gateway/src/users-cli.ts'), ...args, '--data', home.path], { encoding: 'utf8' });

beforeAll(async () => {
  home = tempDir();
  site = await OwnSite.start(home.path);
  browser = await chromium.launch({
    executablePath: await findChromium(process.env.KEEPLINE_CHROMIUM, process.env.PATH ?? ''),
    args: ['--no-sandbox'],
  });
  page = await browser.newPage();
  page.setDefaultTimeout(30_000);
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) refusedByPolicy.push(message.text());
  });
}, 180_000);
afterAll(async () => {
  await browser.close();
  await site.close();
  home.remove();
}, 120_000);

async function signIn(name: string, password: string): Promise<void> {
  await page.goto(site.place.http);
  await see('sign-in-agent').fill(name);
  await see('sign-in-password').fill(password);
  await see('sign-in-submit').click();
}

describe('an administrator of a new site', { timeout: 180_000 }, () => {
  let recovery = '';

  it('is made at the console, comes in with a code, sets a password and enrols an authenticator app', async () => {
    const made = users('init', '--names', 'sys,sec,aud', '--json');
    expect([made.status, made.stderr]).toEqual([0, '']);
    const [, enrolment = ''] = /"sec","code":"([\w-]+)"/.exec(made.stdout) ?? [];
    await signIn('sec', enrolment);
    await see('password-next').fill(PASSWORD);
    await see('password-again').fill(PASSWORD);
    await see('password-submit').click();
    await see('enrol-begin').click();
    const app = new TOTP({ secret: Secret.fromBase32((await see('enrol-secret').textContent()) ?? '') });
    await see('factor-code').fill(app.generate());
    await see('factor-submit').click();
    recovery = ((await see('recovery-codes').textContent()) ?? '').split('\n')[0] ?? '';
    await see('enrol-done').click();
    await see('nav').waitFor();
    expect(users('list').stdout).toMatch(/sec .*security_admin.*second factor/);
  });

  it('comes in again only with the second factor: a wrong code is refused, a recovery code stands in for a lost phone', async () => {
    await see('sign-out').click();
    await signIn('sec', PASSWORD);
    await see('factor-code').fill('000000');
    await see('factor-submit').click();
    expect(await see('step-error').getAttribute('data-code')).toBe('SECOND_FACTOR_REFUSED');
    await see('factor-code').fill(recovery);
    await see('factor-submit').click();
    await see('nav').waitFor();
  });

  it('sees pages that keep the strict content security policy: the browser had nothing to refuse, and would have refused', async () => {
    expect(refusedByPolicy).toEqual([]);
    // as text: these tests are compiled without the types of a browser
    const ran = await page.evaluate(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.inlineRan = true';
      document.body.append(script);
      return 'inlineRan' in window;
    })()`);
    expect([ran, refusedByPolicy.length]).toEqual([false, 1]);
  });
});
