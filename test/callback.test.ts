/** A caller who waits is called back at the place the call had: agent first and customer first, over a restart, recorded and told apart at the desk. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUDIBLE, CUSTOMER_HZ, hears } from '@keepline/testkit/customer';
import { DeskClient } from '@keepline/testkit/desk-client';
import { eventually } from '@keepline/testkit/eventually';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { listRecordings } from '@keepline/testkit/recordings';
import { OwnSite } from '@keepline/testkit/site';
import { eventsOf, query } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { tempDir } from '@keepline/testkit/temp-dir';
import { loudness } from '@keepline/testkit/tone';
import { afterEach, describe, expect, it } from 'vitest';
import { ROOT } from './source-files.ts';

const AGENT_HZ = 620;
const NUMBER = '13800138000';
const PATIENT = { timeout: 30_000 };
const digits = Array.from({ length: 10 }, (_, n) => `  digit-${n}: { zh: 一, en: one }`).join('\n');
const FLOW = `
flow: main
version: 1
language: zh
start: wait
nodes:
  wait: { do: enqueue, queue: service, overflow: bye, callback: { key: "9", prompt: word, next: back } }
  back: { do: callback, queue: service, prompt: word, confirmPrompt: word, keyPrompt: word, refusedPrompt: word, accepted: bye, declined: wait }
  bye: { do: hangup }
prompts:
  word: { zh: 请, en: Please }
${digits}
`;

interface Scene {
  readonly site: OwnSite;
  readonly dir: ReturnType<typeof tempDir>;
  readonly agent: Softphone;
  /** The carrier: who calls from outside, and who is rung there. */
  readonly outside: Softphone;
  readonly desk: DeskClient;
}
const scenes: Scene[] = [];
afterEach(async () => {
  for (const { site, dir, agent, outside, desk } of scenes.splice(0)) {
    desk.close();
    await Promise.all([agent.close(), outside.close()]);
    await site.close();
    dir.remove();
  }
}, 120_000);

async function scene(callback: object): Promise<Scene> {
  const dir = tempDir();
  mkdirSync(join(dir.path, 'flows'), { recursive: true });
  writeFileSync(join(dir.path, 'flows/main.yaml'), FLOW);
  const [agent, outside] = await Promise.all([Softphone.open(), Softphone.open()]);
  const site = await OwnSite.start(dir.path, {
    agents: [{ id: 'phone1', name: 'Phone 1', queues: ['service'], phone: `sip:agent@127.0.0.1:${agent.port}` }],
    sip: { trunks: [{ name: 'local' }, { name: 'carrier', target: `sip:127.0.0.1:${outside.port}`, healthSeconds: 0 }] },
    dialling: { allowed: ['1'], ringSeconds: 10 },
    callback: { from: '00:00', until: '24:00', spacingSeconds: 5, ...callback },
    log: { level: 'debug' },
  });
  const desk = await DeskClient.signIn(site, 'phone1');
  const made = { site, dir, agent, outside, desk };
  scenes.push(made);
  return made;
}

const ready = (desk: DeskClient): Promise<true> => eventually('the agent is ready', () => desk.view?.agent.state === 'ready');
const owed = (data: string) =>
  query<{ state: string; outcome: string | null; tries: number; number: string }>(
    data,
    'SELECT state, outcome, tries, number FROM callbacks',
  );

/** Calls in while nobody is free, asks for a call-back, confirms the number read back; the flow says goodbye. */
async function asksForCallBack({ site, outside, desk }: Scene): Promise<void> {
  await ready(desk);
  expect(await desk.ask({ ask: 'agent.not_ready', reason: 'break' })).toBe('ok');
  const call = await outside.call(site.place.sip, '95000', { says: [CUSTOMER_HZ], number: NUMBER });
  await eventually('the offer is heard', () => loudness(call.line.heard(200)) > AUDIBLE);
  await call.press('9', 'rtp');
  await eventually('the number is being read back', () => loudness(call.line.heard(200)) > AUDIBLE);
  await expect
    .poll(
      async () => {
        const { length } = await owed(site.place.data);
        if (length === 0) call.press('1', 'rtp').catch(() => {}); // not awaited: the site may have hung up
        return length;
      },
      { ...PATIENT, interval: 500 },
    )
    .toBe(1);
  await call.ended;
}

describe('a call-back', () => {
  it('agent first: waits over a restart, tries again, and is a recorded call of its queue', { timeout: 240_000 }, async () => {
    const all = await scene({ tries: 3 });
    const { site, agent, outside } = all;
    const { data } = site.place;
    await asksForCallBack(all);
    const [row] = await owed(data);
    expect(row).toMatchObject({ state: 'open', tries: 0 });
    expect(row?.number).toMatch(/^k1\./);
    await site.restartGateway(); // what is owed is on the disk

    const order: string[] = [];
    let talk: PhoneCall | undefined;
    let customer: PhoneCall | undefined;
    agent.onRinging = (ringing) => {
      order.push('agent');
      void ringing.answer([AGENT_HZ]).then((call) => (talk = call));
    };
    let rung = 0;
    outside.onRinging = (ringing) => {
      order.push(`customer ${ringing.number}`);
      rung += 1;
      if (rung === 1) ringing.reject(486);
      else void ringing.answer([CUSTOMER_HZ]).then((call) => (customer = call));
    };
    await eventually('the customer is called a second time', () => customer !== undefined, 90_000);
    expect(order.slice(0, 2)).toEqual(['agent', expect.stringContaining('customer')]);
    if (!talk || !customer) throw new Error('nobody talks');
    await hears(customer, AGENT_HZ);
    await expect.poll(async () => (await owed(data))[0]?.tries, PATIENT).toBe(2);
    await customer.hangup();
    await expect.poll(async () => (await owed(data))[0], PATIENT).toMatchObject({ state: 'closed', outcome: 'talked', tries: 2 });
    const calledEvents = async () => (await eventsOf(data)).filter(({ type }) => type === 'callback.called');
    await expect.poll(async () => (await calledEvents()).map(({ data: told }) => told['attempt']), PATIENT).toEqual([1, 2]);
    const called = await calledEvents();
    const callId = String(called[1]?.data['callId']);
    await expect
      .poll(async () => (await listRecordings(data)).flatMap((one) => (one.callId === callId ? [one.state] : [])), PATIENT)
      .toEqual(['complete']);
    const [decision] = await query<{ trace: string }>(data, 'SELECT trace FROM decisions WHERE call_id = ?', callId);
    expect(JSON.parse(decision?.trace ?? '{}')).toMatchObject({ agentId: 'phone1', queue: 'service' });
    const text =
      readFileSync(join(data, 'main.db')).toString('latin1') +
      (existsSync(join(data, 'main.db-wal')) ? readFileSync(join(data, 'main.db-wal')).toString('latin1') : '');
    expect(text).not.toContain(NUMBER);
    const args = [join(ROOT, 'compliance/src/audit-cli.ts'), 'list', '--data', data];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    for (const { data: told } of called)
      expect(stdout.split('\n').some((line) => line.includes('call.dial_out') && line.includes(String(told['callId'])))).toBe(true);
  });

  it('customer first: music until the agent is free, and the desk says that it is a call-back', { timeout: 240_000 }, async () => {
    const all = await scene({ order: 'customer_first' });
    const { site, agent, outside, desk } = all;
    await asksForCallBack(all);
    const order: string[] = [];
    let customer: PhoneCall | undefined;
    agent.onRinging = (ringing) => {
      order.push('agent');
      void ringing.answer([AGENT_HZ]);
    };
    outside.onRinging = (ringing) => {
      order.push('customer');
      void ringing.answer([CUSTOMER_HZ]).then((call) => (customer = call));
    };
    expect(await desk.ask({ ask: 'agent.ready' })).toBe('ok');
    await eventually('the customer answered', () => customer !== undefined);
    if (!customer) throw new Error('nobody answered');
    await hears(customer, AGENT_HZ);
    expect(order).toEqual(['customer', 'agent']);
    await expect
      .poll(() => desk.view?.call, PATIENT)
      .toMatchObject({ direction: 'out', queue: 'service', calledBack: { kind: 'waiting', attempt: 1 } });
    const callId = desk.view?.call?.callId ?? '';
    // The agent agrees on another call for later: on the same list, with a note.
    expect(await desk.ask({ ask: 'call.schedule', callId, atMs: Date.now() - 3_600_000, note: '' })).toBe('CALLBACK_REFUSED');
    expect(await desk.ask({ ask: 'call.schedule', callId, atMs: Date.now() + 3_600_000, note: '客户要对账单' })).toBe('ok');
    await customer.hangup();
    await expect.poll(async () => (await owed(site.place.data)).map(({ state }) => state), PATIENT).toEqual(['closed', 'open']);
  });
});
