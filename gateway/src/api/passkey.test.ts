/** Passkeys with a real browser: Chromium's virtual authenticator makes and uses the key, the real door verifies it. */
import { findChromium } from '@keepline/testkit/agent-browser';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSite, type TestSite } from './testing/open-site.ts';
import { OPERATOR } from './testing/people.ts';

let site: TestSite;
let browser: Browser;
let page: Page;
let devices: CDPSession;
let authenticatorId = '';
beforeEach(async () => {
  site = await openSite();
  browser = await chromium.launch({
    executablePath: await findChromium(process.env.KEEPLINE_CHROMIUM, process.env.PATH ?? ''),
    args: ['--no-sandbox'],
  });
  page = await browser.newPage();
  await page.goto(site.origin.replace('127.0.0.1', 'localhost')); // the host passkeys are bound to
  devices = await page.context().newCDPSession(page);
  await devices.send('WebAuthn.enable');
  authenticatorId = await addAuthenticator();
}, 60_000);
afterEach(async () => {
  await browser.close();
  await site.close();
});

async function addAuthenticator(): Promise<string> {
  const options = {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
  } as const;
  const added = await devices.send('WebAuthn.addVirtualAuthenticator', { options: { ...options, automaticPresenceSimulation: true } });
  return added.authenticatorId;
}

/** As the page would ask: same origin, its own cookie. */
const post = (path: string, body?: unknown): Promise<{ status: number; body: unknown }> =>
  page.evaluate(
    async ([at, sent]) => {
      const headers = { 'x-keepline': 'desk', ...(sent === null ? {} : { 'content-type': 'application/json' }) };
      const answer = await fetch(at, { method: 'POST', headers, ...(sent === null ? {} : { body: JSON.stringify(sent) }) });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
    },
    [path, body ?? null] as const,
  );

/** What the browser makes of the options: `create` at enrolment, `get` at sign-in. */
const credential = (method: 'create' | 'get', options: unknown): Promise<unknown> =>
  page.evaluate(
    `(async () => {
      const made = await navigator.credentials.${method}({ publicKey: PublicKeyCredential.parse${method === 'create' ? 'Creation' : 'Request'}OptionsFromJSON(${JSON.stringify(options)}) });
      const { id, rawId, type, response, clientExtensionResults } = made.toJSON();
      const { clientDataJSON, attestationObject, authenticatorData, signature } = response;
      return { id, rawId, type, clientExtensionResults, response: { clientDataJSON, ...('${method}' === 'create' ? { attestationObject } : { authenticatorData, signature }) } };
    })()`,
  );

const PASSWORD = 'Kettle-on-the-stove-1';
async function enrolledWithPasskey(): Promise<void> {
  const { code } = await site.identity.accounts.create(OPERATOR, 'sec', 'sec');
  await site.identity.accounts.setRoles(OPERATOR, 'sec', ['security_admin']);
  await post('/api/sign-in', { agent: 'sec', password: code });
  await post('/api/session/password', { next: PASSWORD });
  const options = await post('/api/factors/passkey/options');
  const made = await credential('create', options.body);
  const enrolled = await post('/api/factors/passkey', { label: 'laptop', response: made });
  expect(enrolled).toMatchObject({ status: 200, body: { recoveryCodes: expect.arrayContaining([expect.any(String)]) } });
  // the same answer again belongs to a challenge that is used up
  expect(await post('/api/factors/passkey', { label: 'again', response: made })).toMatchObject({
    body: { error: { code: 'SECOND_FACTOR_REFUSED' } },
  });
}
const session = () => page.evaluate(async () => JSON.parse(await (await fetch('/api/session')).text()));

describe('a passkey', () => {
  it('is enrolled at the first sign-in, opens the next one, and its answer works once', async () => {
    await enrolledWithPasskey();
    expect(await session()).toMatchObject({ stage: 'open' });
    await post('/api/sign-in', { agent: 'sec', password: PASSWORD });
    expect(await session()).toMatchObject({ stage: 'second_factor' });
    const answer = await credential('get', (await post('/api/session/passkey/options')).body);
    expect(await post('/api/session/passkey', { response: answer })).toMatchObject({ status: 204 });
    expect(await session()).toMatchObject({ stage: 'open' });
    expect(await post('/api/session/passkey', { response: answer })).toMatchObject({ body: { error: { code: 'SECOND_FACTOR_REFUSED' } } });
  }, 60_000);

  it('is not accepted with a changed signature, from another authenticator, or where the user was not verified', async () => {
    await enrolledWithPasskey();
    await post('/api/sign-in', { agent: 'sec', password: PASSWORD });
    const options = (await post('/api/session/passkey/options')).body;
    const answer = JSON.parse(JSON.stringify(await credential('get', options)));
    answer.response.signature = `${answer.response.signature.slice(0, -6)}AAAAAA`;
    expect(await post('/api/session/passkey', { response: answer })).toMatchObject({ body: { error: { code: 'SECOND_FACTOR_REFUSED' } } });
    await devices.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    const unverified = await credential('get', (await post('/api/session/passkey/options')).body).catch(() => 'refused by the browser');
    expect(unverified).toBe('refused by the browser');
    await devices.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    await addAuthenticator();
    const strange = await credential('get', (await post('/api/session/passkey/options')).body).catch(() => 'no such key');
    expect(strange).toBe('no such key');
    expect(await session()).toMatchObject({ stage: 'second_factor' });
  }, 60_000);
});
