/** An agent in a call asks the AI services of the cloud: answered by the real ones, cleaned on the way, and quietly absent when the cloud is. */
import type { DeskService, DeskSuggestion } from '@keepline/contracts/desk-suggestion';
import { callAndChoose, hears } from '@keepline/testkit/customer';
import { DeskClient } from '@keepline/testkit/desk-client';
import { eventually } from '@keepline/testkit/eventually';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, type StaffedSite, staffedSite } from '@keepline/testkit/staffed-site';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('suggestions of the cloud', () => {
  let house: StaffedSite;
  let customer: Softphone;
  let desk: DeskClient;
  let call: PhoneCall;
  let callId: string;

  const ask = (service: DeskService, text: string): Promise<DeskSuggestion> =>
    desk.post<DeskSuggestion>('/api/desk/suggestions', { callId, service, text });

  beforeAll(async () => {
    customer = await Softphone.open();
    house = await staffedSite(1, { cloud: { heartbeatMs: 300, stableSeconds: 1, deskServices: ['summary', 'qa'] } });
    desk = await DeskClient.signIn(house.site, 'phone1');
    await eventually('the link is up', () => desk.view?.link?.state === 'up', 60_000);
    call = await callAndChoose(customer, house.site);
    await hears(call, PHONE_AGENT_HZ);
    callId = await desk.callId('connected');
  }, 120_000);
  afterAll(async () => {
    desk?.close();
    await customer?.close();
    await house?.close();
  }, 120_000);

  it('answer a text of the call, without the personal data that was in it', { timeout: 120_000 }, async () => {
    const talk = '坐席：您好，很高兴为您服务。\n客户：我的卡丢了，要挂失，手机号是13800138000。\n坐席：已为您挂失。';
    const summary = await eventually('the services answer', async () => {
      const suggested = await ask('summary', talk);
      return suggested.outcome === 'answered' && suggested;
    });
    expect(summary.removed).toEqual(['MOBILE']);
    expect(summary.items[0]?.text).toMatch(/挂失/);
    expect(JSON.stringify(summary)).not.toContain('13800138000');
    // Answers of a busy machine may be late; then the desk asks again.
    await expect
      .poll(() => ask('qa', talk))
      .toMatchObject({
        outcome: 'answered',
        items: expect.arrayContaining([expect.objectContaining({ title: 'polite' })]),
      });
    expect(await ask('assist', '挂失')).toMatchObject({ outcome: 'not_offered' });
  });

  it('are asked about a call of one’s own only', async () => {
    const other = `call-${'0'.repeat(32)}`;
    await expect(desk.post('/api/desk/suggestions', { callId: other, service: 'qa', text: 'x' })).rejects.toThrow(/CALL_NOT_FOUND/);
  });

  it('are absent during an outage, which the call does not notice', { timeout: 120_000 }, async () => {
    await house.site.cloud('stop');
    await expect.poll(() => ask('summary', '好')).toMatchObject({ outcome: 'away', items: [] });
    await hears(call, PHONE_AGENT_HZ);
    await house.site.cloud('start');
    await eventually('they are back', async () => (await ask('summary', '客户：我要挂失')).outcome === 'answered', 50_000, 300);
    await call.hangup();
  });
});
