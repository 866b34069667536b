/**
 * The pages of alarms, reports, call-backs and the audit log in Chromium against the real doors, log and processes: an alarm shows by itself and is ended with a
 * reason; a report is ordered, made and fetched with its signature; a call-back is ended; one entry is found and its proof taken away.
 */
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyEntryProof } from '@keepline/compliance/audit-prove';
import { verifyReport } from '@keepline/compliance/report-signature';
import { parseSite } from '@keepline/contracts/site-file';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { expect, it } from 'vitest';
import { enrolled, type Person } from '../gateway/src/api/testing/people.ts';
import { CallBacks } from '../gateway/src/callback/call-backs.ts';
import { EventLog } from '../gateway/src/events/event-log.ts';
import { type OpenBench, openBench } from '../gateway/src/house/testing/open-bench.ts';
import { Store } from '../gateway/src/store/store.ts';
import { allTables } from '../gateway/src/store/tables/all.ts';
import { columnsOfTest } from '../gateway/src/store/testing/columns.ts';
import { enter, folder, goTo, look, openPagesForEach, page, see } from './pages-in-chromium.ts';

const clock = new FakeClock();
let bench: OpenBench;
let security: Person;
let officer: Person;
let supervisor: Person;
let callBacks: CallBacks;
let owed: Store;

/** The list of a gateway, on a database of its own, with nobody who would be called yet. */
async function openCallBacks(): Promise<void> {
  owed = await Store.open(join(folder.path, 'owed.db'), allTables, { columns: await columnsOfTest() });
  const onFault = (fault: unknown): void => expect(fault).toBeUndefined();
  const events = new EventLog({ store: owed, clock, log: { error: onFault } });
  const settings = parseSite({}).callback;
  const call = () => ({ over: Promise.resolve('not_begun' as const), withdraw() {} });
  callBacks = new CallBacks({ store: owed, events, clock, settings, check: (number) => number, call, onFault });
  await callBacks.open();
}

openPagesForEach(
  async (deskFolder) => {
    await openCallBacks();
    bench = await openBench({ deskFolder, clock, callbacks: callBacks });
    supervisor = await enrolled(bench.house, 'sup', ['supervisor']);
    security = await enrolled(bench.house, 'sec', ['security_admin']);
    officer = await enrolled(bench.house, 'officer', ['compliance_officer']);
  },
  async () => {
    await bench.close();
    await callBacks.over();
    await owed.close();
  },
);

async function comeIn(who: Person, path: string): Promise<void> {
  await goTo(bench.house.origin, path);
  await enter(who.id, who.password);
  clock.advance(30_000); // a code counts once
  await see('factor-code').fill(who.code(clock.now()));
  await see('factor-submit').click();
  await page.locator(`[data-testid="${path}-page"][data-state="ready"]`).waitFor();
}

const publicKey = async (): Promise<string> =>
  (await readFile(join(bench.data, 'keys/audit.verifier'), 'utf8')).split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';

it('an alarm shows without a reload, and a security administrator ends it with a reason', async () => {
  await comeIn(security, 'alarms');
  bench.alarms.raise({ code: 'SIEM_UNREACHABLE', object: 'bank', message: 'the SIEM does not answer', hint: 'look at the way there' });
  await see('standing-alarms').getByText('SIEM_UNREACHABLE bank').waitFor();
  await look('alarms');
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
  await look('reports');
  for (const file of [name, `${name}.note`]) {
    const coming = page.waitForEvent('download');
    await see(`file-${file}`).click();
    await rename(await (await coming).path(), join(folder.path, file));
  }
  expect(await verifyReport(join(folder.path, name), await publicKey())).toMatchObject({ kind: 'mlps', from: '2020-01-01' });
});

it('a supervisor sees what is owed, its number masked, and ends one with a reason', async () => {
  const booked = { callId: 'call-1', kind: 'scheduled', queue: 'service', skill: '', agentId: 'li', note: '对账单' } as const;
  const dueAtMs = clock.now() + 86_400_000;
  await callBacks.book({ ...booked, number: '13800138000', queuedAtMs: dueAtMs, dueAtMs });
  const [one] = await callBacks.list();
  await goTo(bench.house.origin, 'callbacks');
  await enter(supervisor.id, supervisor.password); // a supervisor needs no factor here
  await see('callbacks').getByText('138******00').waitFor();
  await look('callbacks');
  await see(`cancel-${one?.id}`).click();
  expect(await see('cancel-yes').isDisabled()).toBe(true);
  await see('cancel-reason').fill('came to the counter');
  await see('cancel-yes').click();
  await see('cancel-dialog').waitFor({ state: 'detached' });
  await see('callbacks').getByText('138******00').waitFor({ state: 'detached' });
  expect(await callBacks.list()).toEqual([]);
  expect(bench.written()).toMatch(/"act":"callback.cancel","who":"sup".*"purpose":"came to the counter"/);
});

it('finds an entry by act and account, and takes its proof and the checkpoint away, which hold with the public key alone', async () => {
  await comeIn(officer, 'audit');
  const taken = async (button: string): Promise<string> => {
    const coming = page.waitForEvent('download');
    await see(button).click();
    return readFile(await (await coming).path(), 'utf8');
  };
  await see('audit-act').selectOption('audit.read');
  await see('audit-who').fill('officer');
  await see('audit-show').click();
  const rows = see('audit-entries').locator('tbody tr');
  const areFound = (texts: readonly string[]): boolean => texts.length >= 2 && texts.every((text) => /audit\.read\s+officer/.test(text));
  await expect.poll(() => rows.allInnerTexts(), { timeout: 30_000 }).toSatisfy(areFound);
  await bench.checkpoint();
  await see('audit-reload').click();
  await page.locator('[data-testid="audit-state"]:not([data-signed="0"])').waitFor();
  await look('audit');
  // the oldest: the newest is the look that shows it, which no checkpoint covers yet
  const number = [...(await see('audit-entries').innerHTML()).matchAll(/data-testid="entry-(\d+)"/g)].at(-1)?.[1] ?? '';
  await see(`entry-${number}`).click();
  const proven = verifyEntryProof(await taken('audit-proof'), await publicKey());
  expect([proven.entry, JSON.parse(proven.line)]).toEqual([Number(number), expect.objectContaining({ act: 'audit.read', who: 'officer' })]);
  await page.keyboard.press('Escape');
  expect(await taken('audit-checkpoint')).toContain(`\n${await see('audit-state').getAttribute('data-signed')}\n`);
  expect(bench.written()).toMatch(/"act":"audit.read","who":"officer".*"object":"audit:audit.read\/officer".*"outcome":"done"/);
});
