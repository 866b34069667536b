/**
 * The pages of the desk and the workbench in Chromium for whole-site tests: built once a file, a page of its own for each test, which fails when
 * the browser complained.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from '@keepline/testkit/agent-browser';
import { tempDir } from '@keepline/testkit/temp-dir';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';

const configFile = fileURLToPath(new URL('../admin-ui/vite.config.ts', import.meta.url));
/** A folder for pictures of every page, for people who look at them; none are taken without it. */
const pictures = process.env['KEEPLINE_DESK_PICTURES'];
let browser: Browser;
let faults: string[];

/** For what a test leaves behind. */
export const folder = tempDir();
export let page: Page;

/** @param open makes the site that serves the pages of this folder @param close ends it */
export function openPagesForEach(open: (deskFolder: string) => Promise<void>, close: () => Promise<void>): void {
  vi.setConfig({ testTimeout: 180_000, hookTimeout: 240_000 }); // a browser on two busy cores
  beforeAll(async () => {
    const deskFolder = join(folder.path, 'dist');
    await build({ configFile, logLevel: 'error', build: { outDir: deskFolder } });
    await open(deskFolder);
    browser = await chromium.launch({
      executablePath: await findChromium(process.env['KEEPLINE_CHROMIUM'], process.env['PATH'] ?? ''),
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
    });
  });
  afterAll(async () => {
    await browser.close();
    await close();
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
}

export const see = (id: string): Locator => page.getByTestId(id);

/** The start page of a site, under the name that passkeys and cookies are for. @param path without its first slash */
export const goTo = async (origin: string, path = ''): Promise<void> => {
  await page.goto(`${origin.replace('127.0.0.1', 'localhost')}/${path}`);
};

/** The first step of signing in, on the page that is open. */
export async function enter(name: string, password: string): Promise<void> {
  await see('sign-in-agent').fill(name);
  await see('sign-in-password').fill(password);
  await see('sign-in-submit').click();
}

/** Nothing leaves the screen sideways, in either language; takes a picture of both when asked to. @param within what is measured, as CSS */
export async function look(name: string, within = 'body *'): Promise<void> {
  for (const language of ['English', '中文']) {
    await see('language').getByText(language).click();
    await page.waitForFunction(`document.documentElement.lang === '${language === 'English' ? 'en' : 'zh-CN'}'`);
    const overflow = await page.evaluate<string[]>(`[...document.querySelectorAll('${within}')]
      .filter((e) => { const r = e.getBoundingClientRect(); return r.width > 1 && r.height > 1 && (r.right > innerWidth + 1 || r.left < -1); })
      .map((e) => e.className + ' ' + e.textContent.slice(0, 40))`);
    await picture(`${name}-${language === 'English' ? 'en' : 'zh'}`);
    expect([name, language, overflow]).toEqual([name, language, []]);
  }
}

/** Takes a picture when asked to. */
export async function picture(name: string): Promise<void> {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}
