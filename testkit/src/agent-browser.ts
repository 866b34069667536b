/**
 * A scripted human agent: drives the real desk in headless Chromium, speaks a WAV file into its microphone, and tells which tone it
 * hears. Every act waits until the desk shows its effect, so a script reads like what a person does.
 */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { DeskCallState } from '@keepline/contracts/agent-protocol';
import { KeeplineError } from '@keepline/contracts/errors';
import type { LinkState } from '@keepline/contracts/link';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type HeardTone, LISTEN } from './page-listener.ts';

/** How long the desk may take to show the effect of an act, ms. */
export const ACT_WAIT_MS = 30_000;
const LAUNCH_WAIT_MS = 60_000;
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

export interface AgentBrowserOptions {
  /** Where the gateway serves the desk, such as `http://localhost:8080`; a certificate of its own is accepted. */
  readonly baseUrl: string;
  readonly agent: string;
  readonly password: string;
  /** Told the new password when the site asked for one of the agent's own, as it does at the first sign-in. */
  readonly onPasswordChanged?: (password: string) => void;
  /** WAV file, mono, 8 or 48 kHz, played into the microphone over and over. */
  readonly micWav: string;
  /** Default `en`. */
  readonly language?: 'zh' | 'en';
}
/** What the agent reads on the call card. */
export interface CallSeen {
  readonly callId: string;
  readonly state: DeskCallState;
  readonly callerNumber: string;
  readonly isRecording: boolean;
  readonly text: string;
}
export interface AgentBrowser {
  /** Waits for sound, presses Ready and waits until the desk says so; an agent at work stays as it is. */
  ready(): Promise<void>;
  /** @param reason code of a reason of the site, such as `break` */
  notReady(reason: string): Promise<void>;
  /** Waits for the screen pop. @param timeoutMs at most this long */
  waitForCall(timeoutMs: number): Promise<CallSeen>;
  answer(): Promise<void>;
  hold(): Promise<void>;
  resume(): Promise<void>;
  /** Presses Mute, or Unmute when muted. */
  mute(): Promise<void>;
  hangup(): Promise<void>;
  /** Chooses the outcome, writes the note and finishes the wrap-up. Waits for the wrap-up if the caller hung up a moment ago. */
  dispose(disposition: string, note?: string): Promise<void>;
  /** Listens for about a second to what the agent hears. */
  heardTone(): Promise<HeardTone>;
  linkState(): Promise<LinkState>;
  /** The call on the desk; null when there is none. */
  callFacts(): Promise<CallSeen | null>;
  screenshot(path: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts Chromium, opens the desk and signs in.
 * @throws ChromiumMissing | DeskStuck
 */
export async function startAgentBrowser(options: AgentBrowserOptions): Promise<AgentBrowser> {
  const browser = await chromium.launch({
    executablePath: await findChromium(process.env.KEEPLINE_CHROMIUM, process.env.PATH ?? ''),
    timeout: LAUNCH_WAIT_MS,
    args: [
      '--no-sandbox', // tests run as root in CI; the only page opened is our own
      '--disable-dev-shm-usage',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${resolve(options.micWav)}`,
      '--autoplay-policy=no-user-gesture-required',
      '--allow-loopback-in-peer-connection', // else a gateway on 127.0.0.1 cannot be reached
      '--disable-background-networking',
      '--disable-component-update',
    ],
  });
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ignoreHTTPSErrors: true });
    context.setDefaultTimeout(ACT_WAIT_MS);
    await context.addInitScript(`localStorage.setItem('keepline.language', '${options.language ?? 'en'}')`);
    const desk = new DeskInChromium(browser, await context.newPage());
    await desk.signIn(options);
    return desk;
  } catch (thrown) {
    await browser.close();
    throw thrown;
  }
}

class DeskInChromium implements AgentBrowser {
  readonly #browser: Browser;
  readonly #page: Page;

  constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
  }

  async signIn({ baseUrl, agent, password, onPasswordChanged }: AgentBrowserOptions): Promise<void> {
    await this.#act('sign in', async () => {
      await this.#page.goto(new URL('/?plain-audio=1', baseUrl).href);
      await this.#page.getByTestId('sign-in-agent').fill(agent);
      await this.#page.getByTestId('sign-in-password').fill(password);
      await this.#page.getByTestId('sign-in-submit').click();
      const desk = this.#page.getByTestId('agent-state');
      const wanted = this.#page.getByTestId('password-page');
      await desk.or(wanted).waitFor();
      if (await wanted.isVisible()) {
        const own = `Own-${crypto.randomUUID()}`;
        await this.#page.getByTestId('password-next').fill(own);
        await this.#page.getByTestId('password-again').fill(own);
        await this.#page.getByTestId('password-submit').click();
        await wanted.waitFor({ state: 'detached' });
        onPasswordChanged?.(own);
      }
      await desk.waitFor();
    });
  }

  async ready(): Promise<void> {
    await this.#act('become ready', async () => {
      await this.#see('sound', 'ready');
      const isIdle = /^(not_ready|signed_out)$/;
      const state = async (): Promise<string> => (await this.#page.getByTestId('agent-state').getAttribute('data-state')) ?? '';
      if (!isIdle.test(await state())) return;
      await this.#press('ready');
      // Not "is ready": with a caller waiting, the desk may be offered the call before anybody can look.
      await this.#page.locator('[data-testid="agent-state"]:not([data-state="not_ready"]):not([data-state="signed_out"])').waitFor();
    });
  }

  async notReady(reason: string): Promise<void> {
    await this.#act('become not ready', async () => {
      await this.#press('not-ready');
      await this.#press(`reason-${reason}`);
      await this.#page.locator(`[data-testid="agent-state"][data-state="not_ready"][data-reason="${reason}"]`).waitFor();
    });
  }

  async waitForCall(timeoutMs: number): Promise<CallSeen> {
    return await this.#act('see a call', async () => {
      await this.#see('call-card', 'ringing', timeoutMs);
      const call = await this.callFacts();
      if (!call) throw new Error('the call was gone before it could be read');
      return call;
    });
  }

  async answer(): Promise<void> {
    await this.#pressForState('answer', 'connected');
  }

  async hold(): Promise<void> {
    await this.#pressForState('hold', 'held');
  }

  async resume(): Promise<void> {
    await this.#pressForState('resume', 'connected');
  }

  async mute(): Promise<void> {
    await this.#act('mute', async () => {
      const button = this.#page.getByTestId('mute');
      const after = (await button.getAttribute('aria-pressed')) === 'true' ? 'false' : 'true';
      await button.click();
      await this.#page.locator(`[data-testid="mute"][aria-pressed="${after}"]:not(.ant-btn-loading)`).waitFor();
    });
  }

  async hangup(): Promise<void> {
    await this.#pressForState('hangup', 'wrap_up');
  }

  async dispose(disposition: string, note = ''): Promise<void> {
    await this.#act('finish the wrap-up', async () => {
      await this.#see('call-card', 'wrap_up');
      const callId = await this.#page.getByTestId('call-card').getAttribute('data-call-id');
      await this.#press(`disposition-${disposition}`);
      if (note !== '') await this.#page.getByTestId('note').fill(note);
      await this.#press('wrap-up-done');
      await this.#page.locator(`[data-testid="call-card"][data-call-id="${callId}"]`).waitFor({ state: 'detached' });
    });
  }

  async heardTone(): Promise<HeardTone> {
    return await this.#act('listen', () => this.#page.evaluate<HeardTone>(LISTEN));
  }

  async linkState(): Promise<LinkState> {
    return await this.#act('read the link', async () => {
      const state = await this.#page.getByTestId('link-banner').getAttribute('data-state');
      if (state === 'up' || state === 'suspect' || state === 'down' || state === 'probing') return state;
      throw new Error(`the desk shows a link state ${state}`);
    });
  }

  async callFacts(): Promise<CallSeen | null> {
    return await this.#act('read the call', async () => {
      const card = this.#page.getByTestId('call-card');
      const state = await card.getAttribute('data-state');
      if (state !== 'ringing' && state !== 'connected' && state !== 'held' && state !== 'wrap_up') return null;
      return {
        callId: (await card.getAttribute('data-call-id')) ?? '',
        state,
        callerNumber: (await card.getByTestId('caller-number').innerText()).trim(),
        isRecording: (await card.locator('[data-testid="recording-indicator"][data-state="on"]').count()) > 0,
        text: await card.innerText(),
      };
    });
  }

  async screenshot(path: string): Promise<void> {
    await this.#page.screenshot({ path });
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  async #pressForState(testId: string, state: DeskCallState): Promise<void> {
    await this.#act(testId, async () => {
      await this.#press(testId);
      await this.#see('call-card', state);
    });
  }

  async #press(testId: string): Promise<void> {
    await this.#page.getByTestId(testId).click();
  }

  async #see(testId: string, state: string, timeoutMs = ACT_WAIT_MS): Promise<void> {
    await this.#page.locator(`[data-testid="${testId}"][data-state="${state}"]`).waitFor({ timeout: timeoutMs });
  }

  /** A time-out alone says nothing; what the desk showed at that moment says nearly everything. */
  async #act<T>(what: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      throw new DeskStuck(what, await this.#whatItShows(), cause);
    }
  }

  async #whatItShows(): Promise<string> {
    const text = await this.#page
      .locator('body')
      .innerText({ timeout: 2000 })
      .catch(() => 'nothing');
    return text.replaceAll(/\s+/g, ' ').slice(0, 600);
  }
}

/**
 * @param wanted path from the environment; wins when set
 * @param path folders to search, as in PATH
 * @throws ChromiumMissing
 */
export async function findChromium(wanted: string | undefined, path: string): Promise<string> {
  const candidates = wanted ? [wanted] : path.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  for (const candidate of candidates) {
    if (!isAbsolute(candidate)) continue;
    const isThere = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return candidate;
  }
  throw new ChromiumMissing(wanted);
}

export class ChromiumMissing extends KeeplineError {
  constructor(wanted: string | undefined) {
    super('TESTKIT_CHROMIUM_MISSING', 'the scripted agent needs Chromium, and none was found', {
      hint: wanted
        ? 'KEEPLINE_CHROMIUM must be the absolute path of the program.'
        : 'sudo apt-get install -y --no-install-recommends chromium',
      offending: wanted ?? 'PATH',
    });
  }
}

export class DeskStuck extends KeeplineError {
  constructor(what: string, shown: string, cause: unknown) {
    super('TESTKIT_DESK_STUCK', `the scripted agent could not ${what}; the desk shows: ${shown}`, {
      hint: 'Take a screenshot with screenshot(path) and look at the log of the gateway.',
      offending: what,
      cause,
    });
  }
}
