/** A call out over a trunk that requires SRTP, to a stack that is not ours: keys are agreed on by SDES (RFC 4568) and both are heard. */
import { join } from 'node:path';
import { hears, talksOn } from '@keepline/testkit/customer';
import { DeskClient } from '@keepline/testkit/desk-client';
import { eventually } from '@keepline/testkit/eventually';
import { Linphone } from '@keepline/testkit/linphone';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { eventsOf } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { staffedSite, type StaffedSite } from '@keepline/testkit/staffed-site';
import { tempDir } from '@keepline/testkit/temp-dir';
import { bestToneShare } from '@keepline/testkit/tone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const AGENT_HZ = 620;
const LINPHONE_HZ = 530;

describe('a call out over a trunk that requires SRTP', () => {
  const scratch = tempDir();
  let house: StaffedSite;
  let agent: Softphone;
  let desk: DeskClient;
  let encrypts: Linphone;
  let talk: PhoneCall | undefined;

  beforeAll(async () => {
    agent = await Softphone.open();
    encrypts = await Linphone.start({ folder: join(scratch.path, 'encrypts'), hz: LINPHONE_HZ, answers: true, srtp: true });
    house = await staffedSite(
      0,
      {
        queues: [{ name: 'service' }],
        media: { srtpKeysWithoutTls: true },
        sip: { trunks: [{ name: 'carrier', target: `sip:127.0.0.1:${encrypts.port}`, healthSeconds: 0, srtp: 'required' }] },
        dialling: { allowed: ['1'] },
      },
      { others: [{ id: 'first', name: 'First', queues: ['service'], phone: `sip:first@127.0.0.1:${agent.port}` }] },
    );
    agent.onRinging = (call) => void call.answer([AGENT_HZ]).then((answered) => (talk = answered));
    desk = await DeskClient.signIn(house.site, 'first');
  }, 120_000);
  afterAll(async () => {
    desk?.close();
    await encrypts?.close();
    await agent?.close();
    await house?.close();
    scratch.remove();
  }, 120_000);

  it('is heard by Linphone and hears it', async () => {
    expect(await desk.ask({ ask: 'call.dial', number: '13800138000' })).toBe('ok');
    const call = await eventually('the agent is on the line', () => talk);
    await hears(call, LINPHONE_HZ);
    await talksOn(call, 1000);
    await call.hangup();
    await encrypts.says(' ended');
    await eventually('Linphone heard the agent', () => bestToneShare(encrypts.heard(), AGENT_HZ) > 0.5);
    const ended = await eventually('the end is told', async () =>
      (await eventsOf(house.site.place.data)).find(({ type }) => type === 'call.ended'),
    );
    expect(ended.data).toMatchObject({ verdict: 'completed', by: 'agent', cause: 0 });
  }, 120_000);
});
