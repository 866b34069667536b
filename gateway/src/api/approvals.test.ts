import { APPROVAL_ACTS } from '@keepline/contracts/approvals';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSite, type TestSite } from './testing/open-site.ts';
import { enrolled, headersOf, type Person } from './testing/people.ts';

const CALL = 'call-018f0000-0000-7000-8000-000000000001';
const REC = 'rec-018f0000-0000-7000-8000-000000000001';
let site: TestSite;
let clock: FakeClock;
let officer: Person;
let sec: Person;
beforeEach(async () => {
  clock = new FakeClock();
  site = await openSite({ clock, settings: { fourEyes: [...APPROVAL_ACTS] } });
  officer = await enrolled(site, 'chen', ['compliance_officer']);
  sec = await enrolled(site, 'sec', ['security_admin']);
});
afterEach(() => site.close());
const post = (who: Person, path: string, body: object) => site.ask('POST', path, { ...headersOf(who), body });
const idOf = (json: unknown): string => /apr-[0-9a-f-]{36}/.exec(JSON.stringify(json))?.[0] ?? '';
const ask = async (act: string, object: string, params: object): Promise<string> =>
  idOf((await post(officer, '/api/approvals', { act, object, params, purpose: 'court order 12', hours: 1 })).json);

describe('four eyes at the door', () => {
  it('show a whole number once, to whoever asked, after somebody else said yes', async () => {
    const unmask = (approval?: string) =>
      post(officer, `/api/calls/${CALL}/unmask`, { purpose: 'call back', ...(approval && { approval }) });
    expect((await unmask()).code).toBe('APPROVAL_NEEDED');
    const id = await ask('number.unmask', CALL, {});
    expect((await post(officer, `/api/approvals/${id}/approve`, { reason: '' })).code).toBe('APPROVAL_REFUSED');
    expect((await post(sec, `/api/approvals/${id}/approve`, { reason: '' })).json).toMatchObject({ state: 'approved', decidedBy: 'sec' });
    expect((await unmask(id)).json).toEqual({ callerNumber: '13812345678' });
    expect((await unmask(id)).code).toBe('APPROVAL_REFUSED');
    const seen = await site.ask('GET', '/api/approvals', headersOf(sec));
    expect(seen.json).toMatchObject([{ id, state: 'used', requestedBy: 'chen', usedBy: 'chen' }]);
  });

  it('keep a recording in without them, and for another form or recording than was approved', async () => {
    const id = await ask('recording.export', REC, { as: 'wav' });
    await post(sec, `/api/approvals/${id}/approve`, { reason: '' });
    const out = (rec: string, as: string, approval?: string) =>
      post(officer, `/api/recordings/${rec}/export`, { purpose: 'court order 12', as, ...(approval && { approval }) });
    expect((await out(REC, 'wav')).code).toBe('APPROVAL_NEEDED');
    expect((await out(REC, 'age', id)).code).toBe('APPROVAL_REFUSED');
    expect((await out(REC.replace(/1$/, '2'), 'wav', id)).code).toBe('APPROVAL_REFUSED');
    expect((await out(REC, 'wav', id)).code).toBe('RECORDING_NOT_FOUND'); // through: this site has none
    expect((await out(REC, 'wav', id)).code).toBe('APPROVAL_REFUSED');
  });

  it('want a fresh second factor of whoever decides, a reason for a no, and end with their time', async () => {
    const id = await ask('key.export', 'key:all', {});
    expect((await post(sec, `/api/approvals/${id}/refuse`, { reason: '' })).code).toBe('REQUEST_INVALID');
    expect((await post(sec, `/api/approvals/${id}/refuse`, { reason: 'not today' })).json).toMatchObject({ state: 'refused' });
    clock.advance(1); // the list is ordered by time
    const other = await ask('key.export', 'key:all', {});
    clock.advance(600_000);
    expect((await post(sec, `/api/approvals/${other}/approve`, { reason: '' })).code).toBe('STEP_UP_NEEDED');
    clock.jumpWall(3_600_000);
    expect((await site.ask('GET', '/api/approvals', headersOf(officer))).json).toMatchObject([{ state: 'expired' }, { state: 'refused' }]);
  });
});
