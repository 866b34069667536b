/**
 * The pages of the workbench in Chromium against the real doors of the gateway, with real accounts, ledger, policy, audit log and `cloud-sync`
 * (`gateway/src/house/testing/open-bench.ts`): sign-in with an authenticator app or a passkey, every page in both languages at 1280 × 720, the
 * fresh second factor, and what the audit log then holds.
 */
import { readFile } from 'node:fs/promises';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { Secret, TOTP } from 'otpauth';
import { beforeAll, describe, expect, it } from 'vitest';
import { enrolled, OPERATOR, type Person } from '../gateway/src/api/testing/people.ts';
import { type OpenBench, openBench } from '../gateway/src/house/testing/open-bench.ts';
import { enter, goTo, look, openPagesForEach, page, picture, see } from './pages-in-chromium.ts';

/** Beyond the ten minutes in which a proof is fresh, short of the idle time of a session. */
const STALE_MS = 660_000;

const clock = new FakeClock();
const people = new Map<string, Person>();
let bench: OpenBench;

openPagesForEach(
  async (deskFolder) => {
    bench = await openBench({ deskFolder, clock });
    for (const role of ['compliance_officer', 'system_admin', 'security_admin', 'supervisor'] as const)
      people.set(role, await enrolled(bench.house, role.replace('_', '-'), [role]));
  },
  () => bench.close(),
);

const ready = (id: string) => page.locator(`[data-testid="${id}"][data-state="ready"]`).waitFor();
const person = (role: string): Person => {
  const found = people.get(role);
  if (!found) throw new Error(`nobody is ${role}`);
  return found;
};

async function signIn(name: string, password: string): Promise<void> {
  await goTo(bench.house.origin);
  await enter(name, password);
}
/** Each code counts once: the next step of the app's clock is waited for by moving it. */
async function prove(who: Person): Promise<void> {
  clock.advance(30_000);
  await see('factor-code').fill(who.code(clock.now()));
  await see('factor-submit').click();
}
async function comeIn(role: string): Promise<void> {
  const who = person(role);
  await signIn(who.id, who.password);
  if (role !== 'supervisor') await prove(who);
  await see('nav').waitFor();
}

describe('while cloud-sync is away', () => {
  it('the link page shows what is wrong and what to read, and the others say why they are empty', async () => {
    await comeIn('supervisor');
    await see('nav-cloud').click();
    await ready('cloud-page');
    expect(await see('cloud-condition').getAttribute('data-condition')).toBe('server_away');
    expect(await see('cloud-page').innerText()).toContain('LINK_SERVER_AWAY');
    await see('no-figures').waitFor();
    await look('cloud-away');
    await see('reconcile').click();
    await page.locator('[data-testid="reconcile-error"][data-code="CLOUD_SYNC_UNREACHABLE"]').waitFor();
    await see('nav-downlink').click();
    await page.locator('[data-testid="page-error"][data-code="CLOUD_SYNC_UNREACHABLE"]').waitFor();
    await look('downlink-away');
    expect(await see('nav-users').count()).toBe(0);
  });

  it('a page whose gateway is gone says so and comes back with the retry', async () => {
    await comeIn('supervisor');
    await see('nav-egress').click();
    await ready('egress-page');
    await page.context().setOffline(true);
    await see('egress-from').fill('2026-01-01');
    await see('egress-show').click();
    await page.locator('[data-testid="page-error"][data-code="DESK_GATEWAY_UNREACHABLE"]').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('button', { name: '重试' }).click();
    await ready('egress-page');
    expect(await see('page-error').count()).toBe(0);
  });
});

describe('with cloud-sync', () => {
  beforeAll(() => bench.startSync(), 90_000);

  it('a supervisor reads the balance and reconciles, which is written down under their name', async () => {
    await bench.drilled(Date.UTC(2026, 10, 1));
    bench.link.now = { state: 'up', sinceMs: Date.now(), why: 'stable', backlog: 0, oldestUnsentMs: 0 };
    await comeIn('supervisor');
    await see('nav-cloud').click();
    await ready('cloud-page');
    await see('figure-delivered').waitFor();
    await see('reconcile').click();
    await page.locator('[data-testid="reconciled"][data-verdict="one_sided"]').waitFor();
    await look('cloud');
    expect(bench.written()).toMatch(/"act":"cloud.reconcile","who":"supervisor".*"outcome":"done"/);
  });

  it('a system administrator approves after proving the factor anew, and rolls back; a supervisor only looks', async () => {
    await bench.propose(4, ['loans']);
    await comeIn('system_admin');
    clock.advance(STALE_MS);
    await see('nav-downlink').click();
    await ready('downlink-page');
    await look('downlink');
    await see('review-4').click();
    await see('review-changes').getByText('agent1').waitFor();
    expect(await see('reject').isDisabled()).toBe(true); // a rejection needs its reason
    await see('review-reason').fill('agreed with the team');
    await picture('review-zh');
    await see('approve').click();
    await see('step-up').waitFor();
    await picture('step-up-zh');
    await see('factor-code').fill('000000');
    await see('factor-submit').click();
    await page.locator('[data-testid="step-up-error"][data-code="SECOND_FACTOR_REFUSED"]').waitFor();
    await prove(person('system_admin'));
    await page.locator('[data-testid="in-force-skills.table"][data-version="4"]').waitFor();
    expect(bench.written()).toMatch(/"act":"downlink.approve","who":"system-admin".*agreed with the team.*"outcome":"done"/);
    await see('rollback-skills.table').click();
    await see('rollback-yes').click();
    await page.locator('[data-testid="in-force-skills.table"][data-version="0"]').waitFor();
    await page.context().clearCookies();
    await comeIn('supervisor');
    await see('nav-downlink').click();
    await see('review-4').click();
    await see('review').waitFor();
    expect([await see('approve').count(), await see('rollback-skills.table').count()]).toEqual([0, 0]);
  });
});

describe('a compliance officer', () => {
  it('reads the policy field by field', async () => {
    await comeIn('compliance_officer');
    await see('nav-anonymisation').click();
    await ready('anonymisation-page');
    await look('anonymisation');
    await see('policy-filter').fill('call.disposed');
    await see('policy-fields').getByText('不出站').first().waitFor();
    expect(await see('policy-fields').innerText()).toMatch(/note\s+C3\s+不出站/);
    expect(await see('policy-hash').innerText()).toMatch(/^[0-9a-f]{64}$/);
  });

  it('downloads what left the building as a file, after proving the factor anew; giving up leaves nothing done', async () => {
    await bench.leave('2026-11-05', 'call.ended', 12, 3456);
    await comeIn('compliance_officer');
    clock.advance(STALE_MS);
    await see('nav-egress').click();
    await ready('egress-page');
    await see('egress-from').fill('2026-11-01');
    await see('egress-to').fill('2026-11-30');
    await see('egress-show').click();
    await see('egress-table').getByText('call.ended').waitFor();
    await look('egress');
    await see('egress-download').click();
    await see('step-up').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('[data-testid="download-error"][data-code="STEP_UP_NEEDED"]').waitFor();
    await see('egress-download').click();
    const coming = page.waitForEvent('download');
    await prove(person('compliance_officer'));
    const download = await coming;
    expect(download.suggestedFilename()).toBe('egress-2026-11-01-2026-11-30.csv');
    expect(await readFile(await download.path(), 'utf8')).toMatch(/^\uFEFF"日期 day".*\r\n"2026-11-05","call.ended","12","3456"/);
    expect(bench.written()).toMatch(/"act":"egress.export","who":"compliance-officer".*"outcome":"done"/);
  });

  it('reaches every page with the keyboard, and finds it again by its address', async () => {
    await comeIn('compliance_officer');
    await ready('cloud-page');
    await page.locator('[data-testid="nav"] [role="menuitem"]').first().focus();
    // The menu moves its focus in a later frame; a key that comes before it is for the item left.
    const users = page.locator('[role="menuitem"][data-menu-id$="users"]:focus');
    for (let step = 0; step < 100 && (await users.count()) === 0; step++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await ready('users-page');
    expect(new URL(page.url()).pathname).toBe('/users');
    await page.reload();
    await ready('users-page');
    await page.goBack();
    await ready('cloud-page');
  });
});

describe('the administrators', () => {
  it('one makes an account and hands its code over, another gives it a role, ends its sessions and never touches their own', async () => {
    await comeIn('system_admin');
    await see('nav-users').click();
    await see('create-account').click();
    await see('create-id').fill('zhao');
    await see('create-name').fill('赵敏');
    await see('create-submit').click();
    const code = await see('enrolment-code').innerText();
    await see('code-done').click();
    await page.context().clearCookies();
    await comeIn('security_admin');
    await see('nav-users').click();
    await see('roles-zhao').click();
    await see('role-supervisor').click();
    await see('roles-save').click();
    await page.getByTestId('accounts').getByText('班组长').first().waitFor();
    await look('users');
    expect(await see('roles-security-admin').count()).toBe(0);
    expect(await see('disable-zhao').count()).toBe(0); // the system administrator's
    const zhao = await bench.house.ask('POST', '/api/sign-in', { body: { agent: 'zhao', password: code } });
    expect([zhao.status, zhao.json]).toEqual([200, expect.objectContaining({ roles: ['supervisor'] })]);
    await see('tab-sessions').click();
    await see('end-zhao').click();
    await see('confirm-yes').click();
    await page.locator('[data-testid="end-zhao"]').waitFor({ state: 'detached' });
    await look('sessions');
    expect(bench.house.acts).toContainEqual(
      expect.objectContaining({ act: 'session.revoke', who: 'security-admin', object: 'zhao', outcome: 'done' }),
    );
  });

  it('who failed too often is unlocked', async () => {
    for (let i = 0; i < 12; i++) await bench.house.ask('POST', '/api/sign-in', { body: { agent: 'wang', password: 'wrong' } });
    await comeIn('security_admin');
    await see('nav-users').click();
    await see('unlock-wang').click();
    await see('confirm-yes').click();
    await page.locator('[data-testid="unlock-wang"]').waitFor({ state: 'detached' });
    expect(bench.house.acts).toContainEqual(
      expect.objectContaining({ act: 'user.unlock', who: 'security-admin', object: 'wang', outcome: 'done' }),
    );
  });
});

describe('a new administrator', () => {
  it('scans a code with the authenticator app: the picture and the key are the same', async () => {
    const { code } = await bench.house.identity.accounts.create(OPERATOR, 'fresh', 'fresh');
    await bench.house.identity.accounts.setRoles(OPERATOR, 'fresh', ['audit_admin']);
    await signIn('fresh', code);
    await see('password-next').fill('Kettle-on-the-stove-1');
    await see('password-again').fill('Kettle-on-the-stove-1');
    await see('password-submit').click();
    await see('enrol-begin').click();
    await page.locator('[data-testid="enrol-qr"] svg, svg[data-testid="enrol-qr"]').first().waitFor();
    await look('enrolment');
    const app = new TOTP({ secret: Secret.fromBase32(await see('enrol-secret').innerText()) });
    await see('factor-code').fill(app.generate({ timestamp: clock.now() }));
    await see('factor-submit').click();
    await see('enrol-done').click();
    await see('nav-users').waitFor();
    expect(bench.house.acts).toContainEqual(expect.objectContaining({ act: 'factor.enrol', who: 'fresh', outcome: 'done' }));
  });

  it('may enrol a passkey instead, and comes in with it', async () => {
    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable');
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    } as const;
    await session.send('WebAuthn.addVirtualAuthenticator', { options: { ...options, automaticPresenceSimulation: true } });
    const { code } = await bench.house.identity.accounts.create(OPERATOR, 'keyed', 'keyed');
    await bench.house.identity.accounts.setRoles(OPERATOR, 'keyed', ['audit_admin']);
    await signIn('keyed', code);
    await see('password-next').fill('Kettle-on-the-stove-1');
    await see('password-again').fill('Kettle-on-the-stove-1');
    await see('password-submit').click();
    await see('passkey').click();
    await see('enrol-done').click();
    await see('nav').waitFor();
    await see('sign-out').click();
    await signIn('keyed', 'Kettle-on-the-stove-1');
    await see('passkey').click();
    await see('nav').waitFor();
    expect(bench.house.acts).toContainEqual(expect.objectContaining({ act: 'session.second_factor', who: 'keyed', outcome: 'done' }));
  });
});
