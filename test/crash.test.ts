/**
 * `kill -9` of the gateway in the middle of a call: what was promised durable is there, the recording plays to its last second, nobody is
 * stuck, and the next call is answered.
 */
import { callAndChoose, hears } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { exportRecording, listRecordings, tonesOnTape } from '@keepline/testkit/recordings';
import { eventsOf, query } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, staffedSite, type StaffedSite } from '@keepline/testkit/staffed-site';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What a crash may cost, ms of audio per call (architecture, "what dies, what is lost"). */
const LOST_AT_MOST_MS = 1000;

describe('kill -9 of the gateway in a call', () => {
  let house: StaffedSite;
  let phone: Softphone;
  const scratch = tempDir();

  beforeAll(async () => {
    house = await staffedSite(1);
    phone = await Softphone.open();
  }, 120_000);
  afterAll(async () => {
    await phone.close();
    await house.close();
    scratch.remove();
  }, 60_000);

  it('keeps the recording up to the last second, closes the story as interrupted, and takes the next call', async () => {
    const { data } = house.site.place;
    const call = await callAndChoose(phone, house.site);
    await hears(call, PHONE_AGENT_HZ);
    const [agent] = house.answered;
    if (!agent) throw new Error('no agent answered');
    // Six seconds of talk: longer than one 64 KiB chunk (4 s), so both the file and its tail are needed.
    const heardAtMs = performance.now();
    await eventually('six seconds of talk', () => performance.now() - heardAtMs > 6000);
    const [connected] = (await eventsOf(data)).filter(({ type }) => type === 'call.connected');
    const before = await house.site.pids();
    const killedAtMs = Date.now();
    await house.site.kill('gateway');

    const [row] = await query<{ atMs: number }>(
      data,
      `SELECT connected_at_ms AS atMs FROM calls WHERE id = ?`,
      String(connected?.data['callId']),
    );
    const talkedMs = killedAtMs - (row?.atMs ?? 0);
    await eventually(
      'the gateway is back',
      async () => {
        const now = await house.site.pids();
        return now.get('gateway') !== before.get('gateway') && (await house.site.health());
      },
      30_000,
    );

    const [tape] = await listRecordings(data);
    expect(tape).toMatchObject({ state: 'interrupted' });
    const heard = tonesOnTape(await exportRecording(data, tape?.id ?? '', scratch.path), 440, PHONE_AGENT_HZ);
    expect(heard.durationMs).toBeGreaterThan(talkedMs - LOST_AT_MOST_MS);
    expect(heard.caller).toBeGreaterThan(0.5);
    expect(heard.agent).toBeGreaterThan(0.5);

    const stories = (await eventsOf(data)).filter(({ type }) => type === 'call.ended');
    expect(stories.map(({ data: { verdict } }) => verdict)).toEqual(['interrupted']);
    const next = await callAndChoose(phone, house.site);
    await hears(next, PHONE_AGENT_HZ);
    await next.hangup();
  }, 120_000);

  it('and kill -9 of cloud-sync loses and doubles nothing', async () => {
    const { data } = house.site.place;
    await house.site.kill('cloud-sync');
    const call = await callAndChoose(phone, house.site);
    await hears(call, PHONE_AGENT_HZ);
    await call.hangup();
    const witness = await house.site.witness();
    try {
      const arrived = await eventually(
        'everything arrived',
        async () => {
          const written = (await eventsOf(data)).length;
          const events = await witness.events();
          return events.length >= written && events;
        },
        60_000,
        500,
      );
      const written = (await eventsOf(data)).map(({ id }) => id);
      expect(arrived.map(({ id }) => id)).toEqual(written);
    } finally {
      await witness.close();
    }
  }, 120_000);
});
