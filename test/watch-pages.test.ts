/**
 * The pages of alarms and reports in Chromium against the real doors, log and processes: an alarm shows by itself and is ended with a reason; a
 * report is ordered, made and fetched with its signature.
 */
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verifyReport } from '@keepline/compliance/report-signature';
import { findChromium } from '@keepline/testkit/agent-browser';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir } from '@keepline/testkit/temp-dir';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { enrolled, type Person } from '../gateway/src/api/testing/people.ts';
import { type OpenBench, openBench } from '../gateway/src/house/testing/open-bench.ts';

const configFile = fileURLToPath(new URL('../admin-ui/vite.config.ts', import.meta.url));
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 }); // a browser on two busy cores
const folder = tempDir();
const clock = new FakeClock();
let bench: OpenBench;
let browser: Browser;
let page: Page;
let security: Person;
let officer: Person;
let faults: string[];

beforeAll(async () => {
  await build({ configFile, logLevel: 'error', build: { outDir: join(folder.path, 'dist') } });
  bench = await openBench({ deskFolder: join(folder.path, 'dist'), clock });
  security = await enrolled(bench.house, 'sec', ['security_admin']);
  officer = await enrolled(bench.house, 'officer', ['compliance_officer']);
  browser = await chromium.launch({
    executablePath: await findChromium(process.env['KEEPLINE_CHROMIUM'], process.env['PATH'] ?? ''),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
  });
}, 240_000);
afterAll(async () => {
  await browser.close();
  await bench.close();
  folder.remove();
});
beforeEach(async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  context.setDefaultTimeout(30_000);
  page = await context.newPage();
  faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|\[antd|Warning:/.test(message.text())) faults.push(message.text());
  });
});
afterEach(async () => {
  await page.context().close();
  if (faults.length > 0) throw new Error(`the page complained: ${faults.join('; ')}`);
});

const see = (id: string) => page.getByTestId(id);
async function comeIn(who: Person, path: string): Promise<void> {
  await page.goto(`${bench.house.origin.replace('127.0.0.1', 'localhost')}/${path}`);
  await see('sign-in-agent').fill(who.id);
  await see('sign-in-password').fill(who.password);
  await see('sign-in-submit').click();
  clock.advance(30_000); // a code counts once
  await see('factor-code').fill(who.code(clock.now()));
  await see('factor-submit').click();
  await page.locator(`[data-testid="${path}-page"][data-state="ready"]`).waitFor();
}
/** Nothing leaves the screen sideways, in either language. */
async function fits(): Promise<void> {
  for (const language of ['English', '中文']) {
    await see('language').getByText(language).click();
    const over = await page.evaluate<string[]>(`[...document.querySelectorAll('body *')]
      .filter((e) => { const r = e.getBoundingClientRect(); return r.width > 1 && r.height > 1 && (r.right > innerWidth + 1 || r.left < -1); })
      .map((e) => e.className + ' ' + e.textContent.slice(0, 40))`);
    expect([language, over]).toEqual([language, []]);
  }
}

it('an alarm shows without a reload, and a security administrator ends it with a reason', async () => {
  await comeIn(security, 'alarms');
  bench.alarms.raise({ code: 'SIEM_UNREACHABLE', object: 'bank', message: 'the SIEM does not answer', hint: 'look at the way there' });
  await see('standing-alarms').getByText('SIEM_UNREACHABLE bank').waitFor();
  await fits();
  await see('clear-1').click();
  await see('clear-reason').fill('cable is back');
  await see('clear-yes').click();
  await see('past-alarms').getByText('SIEM_UNREACHABLE bank').waitFor();
  expect(bench.alarms.standing()).toEqual([]);
  expect(bench.written()).toMatch(/"act":"alarm.clear","who":"sec".*"purpose":"cable is back"/);
});

it('a compliance officer orders a report, sees what is covered, and takes report and signature away', async () => {
  await comeIn(officer, 'reports');
  await see('report-form').selectOption('json');
  await see('report-from').fill('2020-01-01');
  await see('report-to').fill('2099-12-31');
  await see('report-purpose').fill('yearly grading');
  await see('report-run').click();
  const name = 'mlps-2020-01-01-2099-12-31.json';
  await see(`file-${name}`).waitFor({ timeout: 120_000 });
  await see('coverage-reload').click();
  await see('coverage').waitFor();
  await fits();
  for (const file of [name, `${name}.note`]) {
    const coming = page.waitForEvent('download');
    await see(`file-${file}`).click();
    await rename(await (await coming).path(), join(folder.path, file));
  }
  const key =
    (await readFile(join(bench.data, 'keys/audit.verifier'), 'utf8')).split('\n').find((line) => line !== '' && !line.startsWith('#')) ??
    '';
  expect(await verifyReport(join(folder.path, name), key)).toMatchObject({ kind: 'mlps', from: '2020-01-01' });
});
