/** What is on tape, in the ledger and in the audit log under each policy, with real phones and the desk of an agent. */
import { callAndChoose, hears, talksOn } from '@keepline/testkit/customer';
import { DeskClient } from '@keepline/testkit/desk-client';
import { eventually } from '@keepline/testkit/eventually';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { listRecordings } from '@keepline/testkit/recordings';
import { eventsOf, query } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, type StaffedSite, staffedSite } from '@keepline/testkit/staffed-site';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const PATIENT = { timeout: 30_000 };
const COLLEAGUE_HZ = 870;
interface Talk {
  readonly callId: string;
  readonly kind: string;
  readonly policy: string;
  readonly recordingId: string | null;
  readonly reason: string | null;
}

describe('a site whose queues record by different policies', () => {
  let house: StaffedSite;
  let customer: Softphone;
  let colleague: Softphone;
  let mei: Softphone;
  let desk: DeskClient;
  let call: PhoneCall;
  let callId: string;

  beforeAll(async () => {
    [customer, colleague, mei] = await Promise.all([Softphone.open(), Softphone.open(), Softphone.open()]);
    colleague.onRinging = (ringing) => void ringing.answer([COLLEAGUE_HZ]);
    const queues = [
      { name: 'service' },
      { name: 'private', recording: 'never', noRecordingReason: 'medical advice' },
      { name: 'demand', recording: 'on_demand' },
    ];
    mei.onRinging = (ringing) => void ringing.answer([PHONE_AGENT_HZ]);
    house = await staffedSite(
      1,
      { queues },
      {
        others: [
          { id: 'mei', name: 'Mei', queues: ['private', 'demand'], phone: `sip:mei@127.0.0.1:${mei.port}` },
          { id: 'wei', name: 'Wei', queues: ['service'], skills: ['loans'], phone: `sip:wei@127.0.0.1:${colleague.port}` },
        ],
        queueByKey: { '3': 'private', '4': 'demand' },
      },
    );
    desk = await DeskClient.signIn(house.site, 'mei');
  }, 120_000);
  afterAll(async () => {
    desk?.close();
    await Promise.all([customer, colleague, mei].map((phone) => phone?.close()));
    await house?.close();
  }, 120_000);

  const begin = async (key: string): Promise<void> => {
    call = await callAndChoose(customer, house.site, { key });
    await hears(call, PHONE_AGENT_HZ);
    callId = await desk.callId('connected');
  };
  const talks = (): Promise<Talk[]> =>
    query<Talk>(
      house.site.place.data,
      'SELECT call_id AS callId, kind, policy, recording_id AS recordingId, reason FROM talks WHERE call_id = ? ORDER BY began_at_ms',
      callId,
    );
  const made = async (): Promise<string[]> =>
    (await listRecordings(house.site.place.data)).flatMap((listed) => (listed.callId === callId ? [listed.state] : []));
  afterEach(async () => {
    await call.hangup();
    await call.ended;
    await eventually('the desk is free', async () => {
      // The desk hears of the end behind the phone; before that there is nothing to wrap up.
      const left = desk.view?.call;
      if (left?.state === 'wrap_up') await desk.ask({ ask: 'call.dispose', callId: left.callId, disposition: 'resolved', note: '' });
      return desk.view?.call === null;
    });
  });

  describe('where it never records', () => {
    beforeEach(() => begin('3'));

    it('has no recording, a reason instead, and no way to start one', async () => {
      await talksOn(call, 1000);
      await expect.poll(() => desk.view?.call, PATIENT).toMatchObject({ recording: false, recordingPolicy: 'never' });
      expect(await desk.ask({ ask: 'recording.start', callId })).toBe('RECORDING_NOT_ON_DEMAND');
      expect(await desk.ask({ ask: 'recording.pause', callId })).not.toBe('ok');
      await expect
        .poll(talks, PATIENT)
        .toMatchObject([{ kind: 'agent', policy: 'never', recordingId: null, reason: 'never: medical advice' }]);
      expect(await made()).toEqual([]);
    });
  });

  describe('where it records on demand', () => {
    beforeEach(() => begin('4'));

    it('records from start to stop, twice, each a row of its own in the ledger', async () => {
      expect(await desk.ask({ ask: 'recording.stop', callId })).toBe('RECORDING_NOT_ON_DEMAND');
      for (let i = 0; i < 2; i++) {
        expect(await desk.ask({ ask: 'recording.start', callId })).toBe('ok');
        await expect.poll(() => desk.view?.call, PATIENT).toMatchObject({ recording: true, recordingPolicy: 'on_demand' });
        expect(await desk.ask({ ask: 'recording.start', callId })).toBe('RECORDING_NOT_ON_DEMAND');
        await talksOn(call, 1500);
        expect(await desk.ask({ ask: 'recording.stop', callId })).toBe('ok');
        await expect.poll(() => desk.view?.call?.recording, PATIENT).toBe(false);
      }
      await expect.poll(made, PATIENT).toEqual(['complete', 'complete']);
      await expect
        .poll(async () => (await talks())[0], PATIENT)
        .toMatchObject({ recordingId: expect.stringMatching(/^rec-/), reason: expect.stringContaining('on_demand: ') });
      const told = async () =>
        (await eventsOf(house.site.place.data)).flatMap(({ type, data }) =>
          data['callId'] === callId && type.startsWith('recording.') ? [type] : [],
        );
      await expect
        .poll(told, PATIENT)
        .toEqual(['recording.excused', 'recording.opened', 'recording.closed', 'recording.opened', 'recording.closed']);
    });

    it('closes what the agent did not stop with the talk, and gives a consultation its own reason', async () => {
      expect(await desk.ask({ ask: 'recording.start', callId })).toBe('ok');
      expect(await desk.ask({ ask: 'call.consult', callId, to: { kind: 'agent', agentId: 'wei' } })).toBe('ok');
      await expect.poll(() => desk.view?.call?.parties[0]?.state, PATIENT).toBe('talking');
      await expect.poll(talks, PATIENT).toMatchObject([
        { kind: 'agent', policy: 'on_demand' },
        { kind: 'consult', recordingId: null, reason: 'consultation: the customer is not on the line' },
      ]);
      await call.hangup();
      await expect.poll(made, PATIENT).toEqual(['complete']);
    });
  });
});
