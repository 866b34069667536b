/**
 * `kill -9` of the gateway in the middle of a call: what was promised durable is there, the recording plays to its last second, nobody is
 * stuck, and the next call is answered. And of less: cloud-sync, and the recorder thread while a talk goes on.
 */
import { join } from 'node:path';
import { callAndChoose, CUSTOMER_HZ, hears, talksOn } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { inspectable, NodeInspector } from '@keepline/testkit/node-inspector';
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
    house = await inspectable(() => staffedSite(1));
    phone = await Softphone.open();
  }, 120_000);
  afterAll(async () => {
    await phone.close();
    await house.close();
    scratch.remove();
  }, 120_000);

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
    const killedAtMs = Date.now();
    await house.site.restartGateway();
    const [row] = await query<{ atMs: number }>(
      data,
      `SELECT connected_at_ms AS atMs FROM calls WHERE id = ?`,
      String(connected?.data['callId']),
    );
    const talkedMs = killedAtMs - (row?.atMs ?? 0);

    const tape = await eventually('the recording is closed', async () =>
      (await listRecordings(data)).find(({ state }) => state !== 'open'),
    );
    expect(tape.state).toBe('interrupted');
    const heard = tonesOnTape(await exportRecording(data, tape.id, scratch.path), 440, PHONE_AGENT_HZ);
    expect(heard.durationMs).toBeGreaterThan(talkedMs - LOST_AT_MOST_MS);
    expect(heard.caller).toBeGreaterThan(0.5);
    expect(heard.agent).toBeGreaterThan(0.5);

    const verdicts = async () => (await eventsOf(data)).flatMap(({ type, data: told }) => (type === 'call.ended' ? [told['verdict']] : []));
    await expect.poll(verdicts).toEqual(['interrupted']);
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
      // The end of the call is written behind it, and its agent is told free after that: only what is equal and has both ends is all.
      const [written, arrived] = await eventually(
        'the stream equals the log',
        async () => {
          const log = await eventsOf(data);
          const ids = [log.map(({ id }) => id), (await witness.events()).map(({ id }) => id)] as const;
          const ended = log.filter(({ type }) => type === 'call.ended').length;
          return ended === 3 && JSON.stringify(ids[0]) === JSON.stringify(ids[1]) && ids;
        },
        60_000,
        500,
      );
      expect(arrived).toEqual(written);
    } finally {
      await witness.close();
    }
  }, 120_000);
  it('and a recorder thread that ends again and again: new calls come later, the talk goes on and so does its recording', async () => {
    const { data, sip } = house.site.place;
    const earlier = new Set((await listRecordings(data)).map(({ id }) => id));
    const call = await callAndChoose(phone, house.site);
    await hears(call, PHONE_AGENT_HZ);
    const agent = house.answered.at(-1);
    if (!agent) throw new Error('no agent answered');
    await hears(agent, CUSTOMER_HZ);
    const gateway = (await house.site.pids()).get('gateway') ?? 0;
    const inspector = await NodeInspector.open(gateway, join(data, 'log/gateway.log'));
    try {
      // The first is replaced at once, the next ones after a pause that grows: a call that comes in a pause is refused.
      const late = await eventually('a call is told to come later', async () => {
        inspector.endThread('recorder-');
        const tried = await phone.place(sip, '95000');
        await tried.answered.then(() => tried.hangup()).catch(() => {});
        return tried.status !== 200 && tried;
      });
      expect([late.status, late.retryAfter]).toEqual([503, 30]);
    } finally {
      inspector.close();
    }
    for (const { line } of [call, agent]) line.forget();
    await Promise.all([hears(call, PHONE_AGENT_HZ), hears(agent, CUSTOMER_HZ)]);
    await expect
      .poll(() => house.site.health(), { timeout: 30_000 })
      .toMatchObject({ parts: { recorder: 'ok' }, alarms: expect.arrayContaining(['RECORDER_DIED']) });
    await talksOn(call, 1000);
    await call.hangup();

    const parts = await eventually('every part is closed', async () => {
      const rows = (await listRecordings(data)).filter(({ id }) => !earlier.has(id));
      return rows.length > 1 && rows.every(({ state }) => state !== 'open') && rows;
    });
    const states = parts.map(({ state }) => state);
    expect(states.filter((state) => state !== 'interrupted')).toEqual(['complete']);
    const last = parts.find(({ state }) => state === 'complete');
    const heard = tonesOnTape(await exportRecording(data, last?.id ?? '', scratch.path), CUSTOMER_HZ, PHONE_AGENT_HZ);
    expect(heard.caller).toBeGreaterThan(0.5);
    expect(heard.agent).toBeGreaterThan(0.5);
    const next = await phone.call(sip, '95000');
    await next.hangup();
  }, 120_000);
});
