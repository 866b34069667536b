/**
 * One customer, one agent, the whole house: a soft phone calls in, the real desk answers in Chromium, both talk, hold and hang up, and
 * afterwards the recording opens with stock tools, the cloud has every event once, and nothing personal has left (README, promises).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentBrowser, startAgentBrowser } from '@keepline/testkit/agent-browser';
import { canariesIn } from '@keepline/testkit/canary';
import { callAndChoose, CUSTOMER_HZ, hears, hearsMusic, hearsNot, receivesNothing } from '@keepline/testkit/customer';
import type { CloudWitness } from '@keepline/testkit/cloud-witness';
import { eventually } from '@keepline/testkit/eventually';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { exportRecording, listRecordings, tonesOnTape } from '@keepline/testkit/recordings';
import { OwnSite } from '@keepline/testkit/site';
import { eventsOf, query } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { decryptWithAge, soundFacts } from '@keepline/testkit/stock-tools';
import { tempDir } from '@keepline/testkit/temp-dir';
import { tone, writeWav } from '@keepline/testkit/tone';
import { WireCapture } from '@keepline/testkit/wire-capture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openedData } from './opened-data.ts';

const AGENT_HZ = 620;
/** Personal data seeded into both calls. */
const MOBILE = '13912345678';
const NAME = '欧阳静怡';
const ID_NUMBER = '11010519491231002X';
const CANARIES = { mobile: MOBILE, name: NAME, 'ID number': ID_NUMBER };

describe('a call through the whole house', () => {
  const dir = tempDir();
  const scratch = tempDir();
  let site: OwnSite;
  let wire: WireCapture;
  let phone: Softphone;
  let agent: AgentBrowser;
  let witness: CloudWitness | undefined;

  const agentHears = (hz: number): Promise<true> =>
    eventually(`the agent hears ${hz} Hz`, async () => Math.abs((await agent.heardTone()).hz - hz) < 15);
  const bothHear = async (call: PhoneCall): Promise<void> => {
    await hears(call, AGENT_HZ);
    await agentHears(CUSTOMER_HZ);
  };

  beforeAll(async () => {
    site = await OwnSite.start(dir.path, {
      cloud: { heartbeatMs: 2000, stableSeconds: 1 }, // the link stays up on a busy machine
      advice: { deadlineMs: 2000 }, // that advice counts is shown here; how long it is waited for, elsewhere
      log: { level: 'debug' },
    });
    wire = await WireCapture.start(Number(new URL(site.place.cloudServer).port), scratch.path);
    phone = await Softphone.open();
    const micWav = join(scratch.path, 'agent.wav');
    writeWav(micWav, tone([AGENT_HZ], 2000, 0.3, 48_000), 48_000);
    const password = site.passwords().get('agent1') ?? '';
    const onPasswordChanged = (own: string): void => site.keepPassword('agent1', own);
    agent = await startAgentBrowser({ baseUrl: site.place.http, agent: 'agent1', password, micWav, language: 'zh', onPasswordChanged });
    await agent.ready();
    await eventually('the desk shows the link as up', async () => (await agent.linkState()) === 'up');
  }, 120_000);
  afterAll(async () => {
    await witness?.close();
    await agent?.close();
    await phone?.close();
    await wire?.close();
    await site?.close();
    dir.remove();
    scratch.remove();
  }, 120_000);

  it('rings the desk with a masked number, carries both voices through every hold and mute, and ends when the agent hangs up', async () => {
    const call = await callAndChoose(phone, site, { number: MOBILE, name: NAME });
    const popped = await agent.waitForCall(30_000);
    expect(popped.callerNumber).toBe('139******78');
    expect(popped.text).not.toContain(MOBILE);
    await agent.answer();
    await bothHear(call);
    await eventually('the desk says that it records', async () => (await agent.callFacts())?.isRecording);

    await agent.hold();
    await hearsMusic(call, AGENT_HZ);
    await agent.resume();
    await bothHear(call);

    // The caller's hold in all its dialects, RFC 3264 §8.4 and RFC 2543's address of zeros. RTP stops, the call does not (field: livekit/sip#812).
    expect(await call.reinvite('sendonly')).toContain('a=recvonly');
    await receivesNothing(call);
    expect(await call.reinvite('inactive')).toContain('a=inactive');
    await receivesNothing(call);
    expect(await call.reinvite('sendrecv')).toContain('a=sendrecv');
    await bothHear(call);
    await call.reinvite('sendrecv', '0.0.0.0');
    await receivesNothing(call);
    await call.reinvite('sendrecv');
    await bothHear(call);

    await agent.mute();
    await hearsNot(call, AGENT_HZ);
    await agent.mute();
    await hears(call, AGENT_HZ);

    await agent.hangup();
    expect(await call.ended).toBe('remote');
    expect(call.line.ssrcs.size, 'one source towards the caller from menu to goodbye (decision D3)').toBe(1);
    await agent.dispose('resolved', `客户${NAME}，身份证${ID_NUMBER}，请回电${MOBILE}`);
  }, 180_000);

  it('takes a key by INFO, and lets the caller hang up', async () => {
    const call = await callAndChoose(phone, site, { by: 'info', number: MOBILE, name: ID_NUMBER });
    await agent.waitForCall(30_000);
    await agent.answer();
    await bothHear(call);
    await call.hangup();
    await agent.dispose('follow_up');
    expect(call.line.ssrcs.size).toBe(1);
    const chosen = async () => (await eventsOf(dir.path)).flatMap(({ type, data }) => (type === 'ivr.chosen' ? [data['choice']] : []));
    await expect.poll(chosen).toEqual(['cards', 'cards']);
  }, 120_000);

  it('has recorded both, the caller left and the agent right, in files that stock age and sox open', async () => {
    const tapes = await eventually('both are closed', async () => {
      const list = await listRecordings(dir.path);
      return list.length === 2 && list.every(({ state }) => state === 'complete') && list;
    });
    for (const tape of tapes) {
      const wav = await exportRecording(dir.path, tape.id, scratch.path);
      const right = tonesOnTape(wav, CUSTOMER_HZ, AGENT_HZ);
      expect(right.caller).toBeGreaterThan(0.5);
      expect(right.agent).toBeGreaterThan(0.5);
      const swapped = tonesOnTape(wav, AGENT_HZ, CUSTOMER_HZ);
      expect(Math.max(swapped.caller, swapped.agent)).toBeLessThan(0.1);

      const stock = await decryptWithAge(dir.path, tape.id, scratch.path);
      // Our export ends with its certificate; what is before it is the file of the stock tool, but for the length in its head.
      const [whole, ours] = [readFileSync(stock), readFileSync(wav)];
      expect(ours.subarray(8, whole.length).equals(whole.subarray(8))).toBe(true);
      expect(ours.toString('latin1', whole.length, whole.length + 4)).toBe('klpn');
      expect(await soundFacts(stock)).toMatchObject({ rateHz: 8000, channels: 2, encoding: 'A-law' });
      const [call] = await query<{ talkMs: number }>(dir.path, 'SELECT talk_ms AS talkMs FROM calls WHERE id = ?', tape.callId);
      const { durationMs } = await soundFacts(stock);
      expect(Math.abs(durationMs - tape.durationMs)).toBeLessThan(1);
      expect(Math.abs(durationMs - (call?.talkMs ?? 0))).toBeLessThan(1000);
    }
  }, 120_000);

  it('was routed with advice from the cloud, and the decision says so', async () => {
    const rows = await query<{ trace: string }>(dir.path, 'SELECT trace FROM decisions ORDER BY time_ms');
    const advised = { agentId: 'agent1', skill: 'cards', adviceUsed: true, advice: { outcome: 'answered', skill: 'cards' } };
    expect(rows.map(({ trace }) => JSON.parse(trace))).toMatchObject([advised, advised]);
  });

  it('has brought every event to the cloud once and in order, and nothing personal with it', async () => {
    witness = await site.witness();
    const written = await eventually(
      'the stream equals the log',
      async () => {
        const log = await eventsOf(dir.path);
        const arrived = ((await witness?.events()) ?? []).map(({ id, type }) => `${id} ${type}`);
        return JSON.stringify(arrived) === JSON.stringify(log.map(({ id, type }) => `${id} cn.keepline.${type}.v1`)) && log;
      },
      30_000,
      250,
    );
    expect(written.filter(({ type }) => type === 'call.ended').map(({ data }) => [data['verdict'], data['by']])).toEqual([
      ['completed', 'agent'],
      ['completed', 'caller'],
    ]);
    const holds = written.filter(({ type }) => type === 'call.held' || type === 'call.resumed');
    expect(holds.map(({ type, data }) => `${type} ${String(data['by'])}`)).toEqual([
      'call.held agent',
      'call.resumed agent',
      'call.held caller', // sendonly, then inactive: one hold
      'call.resumed caller',
      'call.held caller', // 0.0.0.0
      'call.resumed caller',
    ]);

    const file = (...path: string[]): Buffer => readFileSync(join(dir.path, ...path));
    const files = readdirSync(dir.path);
    const bytesOf = (name: string): Buffer => Buffer.concat(files.filter((one) => one.startsWith(name)).map((one) => file(one)));
    // The search works: it finds all of them where the keys open the data, and none where they lie sealed.
    const opened = Buffer.from(JSON.stringify(await openedData(dir.path)));
    expect(canariesIn(opened, CANARIES)).toEqual(['mobile: clear', 'name: clear', 'ID number: clear']);
    expect(canariesIn(bytesOf('main.db'), CANARIES)).toEqual([]);

    const last = written.findLast(({ type }) => type === 'call.disposed')?.id ?? '';
    await eventually('the last event is in the capture', () => wire.has(last));
    const sides = await wire.stop();
    const crossed = Buffer.concat(sides);
    const missed = written.filter(({ id, type }) => type.startsWith('call.') && !(crossed.includes(id) && crossed.includes(type)));
    expect(missed, 'the capture has every call event in clear, so it can be searched').toEqual([]);
    expect(sides.flatMap((side) => canariesIn(side, CANARIES))).toEqual([]);
    expect(canariesIn(bytesOf('outbox.db'), CANARIES)).toEqual([]);
    expect(files.filter((name) => name.startsWith('outbox.db')).length).toBeGreaterThan(0);
    const logs = readdirSync(join(dir.path, 'log'));
    expect(logs).toContain('gateway.log');
    expect(logs.flatMap((name) => canariesIn(file('log', name), CANARIES).map((found) => `${name}: ${found}`))).toEqual([]);
  }, 120_000);
});
