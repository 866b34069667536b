/** The built desk in Chromium, under the production security policy, against a scripted gateway: one browser a file, one page and gateway a test. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from '@keepline/testkit/agent-browser';
import { tempDir } from '@keepline/testkit/temp-dir';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { FakeGateway, PASSWORD } from './fake-gateway.ts';
import { AGENT } from './views.ts';

const configFile = fileURLToPath(new URL('../vite.config.ts', import.meta.url));
/** A folder for pictures of every state, for people who look at them; none are taken without it. */
const pictures = process.env.KEEPLINE_DESK_PICTURES;
const folder = tempDir();
let browser: Browser;
let faults: string[];

export let gateway: FakeGateway;
export let page: Page;

/** Registers what builds the desk, opens a page before each test, and fails the test at whose page the browser complained. */
export function openDeskForEach(): void {
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 }); // a browser on two busy cores
  beforeAll(async () => {
    await build({ configFile, logLevel: 'error', build: { outDir: join(folder.path, 'dist') } });
    browser = await chromium.launch({
      executablePath: await findChromium(process.env.KEEPLINE_CHROMIUM, process.env.PATH ?? ''),
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
    });
  });
  afterAll(async () => {
    await browser.close();
    folder.remove();
  });
  beforeEach(async () => {
    gateway = new FakeGateway({ dist: join(folder.path, 'dist'), sound: 'none' });
    const url = await gateway.start();
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'zh-CN' });
    context.setDefaultTimeout(30_000);
    page = await context.newPage();
    faults = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy|\[antd|Warning:/.test(message.text())) faults.push(message.text());
    });
    await page.goto(url);
  });
  afterEach(async () => {
    await page.context().close();
    await gateway.close();
    if (faults.length > 0) throw new Error(`the page complained: ${faults.join('; ')}`);
  });
}

export async function signIn(password = PASSWORD): Promise<void> {
  await page.getByTestId('sign-in-agent').fill(AGENT);
  await page.getByTestId('sign-in-password').fill(password);
  await page.getByTestId('sign-in-submit').click();
}
export const see = (testId: string, state: string): Promise<void> =>
  page.locator(`[data-testid="${testId}"][data-state="${state}"]`).waitFor();
export const press = (testId: string): Promise<void> => page.getByTestId(testId).click();
export const lastAsked = (): unknown => gateway.asked.findLast(({ ask }) => !ask.startsWith('media.'));

/** Takes a picture when asked to, and refuses what would not fit on the smallest screen of a branch office. */
export async function look(name: string): Promise<void> {
  const overflow = await page.evaluate<string[]>(`[...document.querySelectorAll('body *')]
    .filter((e) => { const r = e.getBoundingClientRect(); return r.width > 1 && r.height > 1 && (r.right > innerWidth + 1 || r.left < -1); })
    .map((e) => e.className + ' ' + e.textContent.slice(0, 40))`);
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
  expect(overflow).toEqual([]);
}
