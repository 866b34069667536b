/**
 * A caller keys a card number, in the flow and again when the agent asks: the hook of the site gets it, and nothing else of the site does: database,
 * audit log, log files. In the talk nobody hears the keys, and the recording is paused.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { AUDIBLE, CUSTOMER_HZ, hears, hearsNot } from '@keepline/testkit/customer';
import { DeskClient } from '@keepline/testkit/desk-client';
import { eventually } from '@keepline/testkit/eventually';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { findProgram } from '@keepline/testkit/program';
import { OwnSite } from '@keepline/testkit/site';
import { eventsOf, query } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { tempDir } from '@keepline/testkit/temp-dir';
import { loudness } from '@keepline/testkit/tone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PATIENT = { timeout: 30_000 };
const AGENT_HZ = 620;
/** Digits that stand nowhere by chance. */
const CARD = '6222980417365528';
const FLOW = `
flow: main
version: 1
language: zh
start: card
nodes:
  card: { do: secret, prompt: ask, retryPrompt: again, minDigits: 16, maxDigits: 19, attempts: 1, hook: verify, accepted: thanks, refused: bye, unavailable: bye }
  thanks: { do: play, prompt: thanks, next: wait }
  wait: { do: enqueue, queue: service, overflow: bye }
  bye: { do: hangup }
prompts:
  ask: { zh: 请输入卡号, en: Card number }
  again: { zh: 请再试, en: Again }
  thanks: { zh: 谢谢, en: Thanks }
`;

describe('a card number keyed in the flow and in the talk', () => {
  const dir = tempDir();
  const taken: string[] = [];
  let calls = 0;
  let server: Server;
  let site: OwnSite;
  let customer: Softphone;
  let mei: Softphone;
  let desk: DeskClient;
  const answered: PhoneCall[] = [];

  beforeAll(async () => {
    const [key, pem] = [join(dir.path, 'hook.key'), join(dir.path, 'hook.pem')];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const names = ['-subj', '/CN=hook', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(findProgram('openssl'), ['req', '-x509', ...kind, ...names, '-keyout', key, '-out', pem], { stdio: 'pipe' });
    server = createServer({ cert: readFileSync(pem), key: readFileSync(key) }, (request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        taken.push(body);
        response.end('{"accepted":true}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    mkdirSync(join(dir.path, 'flows'), { recursive: true });
    writeFileSync(join(dir.path, 'flows/main.yaml'), FLOW);
    [customer, mei] = await Promise.all([Softphone.open(), Softphone.open()]);
    mei.onRinging = (ringing) => void ringing.answer([AGENT_HZ]).then((talk) => answered.push(talk));
    const hook = { name: 'verify', url: `https://127.0.0.1:${port}/verify`, caFile: 'hook.pem' };
    site = await OwnSite.start(dir.path, {
      secretHooks: [{ ...hook, deskMinDigits: CARD.length, deskMaxDigits: CARD.length }],
      agents: [{ id: 'mei', name: 'Mei', queues: ['service'], phone: `sip:mei@127.0.0.1:${mei.port}` }],
      log: { level: 'debug' },
    });
    desk = await DeskClient.signIn(site, 'mei');
  }, 120_000);
  afterAll(async () => {
    desk?.close();
    await Promise.all([customer, mei].map((phone) => phone?.close()));
    await site?.close();
    await new Promise((resolve) => server.close(resolve));
    dir.remove();
  }, 120_000);

  it.each(['rtp', 'info'] as const)('by %s reaches the hook whole, and is found nowhere on the site', { timeout: 180_000 }, async (by) => {
    taken.length = 0;
    const call = await customer.call(site.place.sip, '95000', { says: [CUSTOMER_HZ] });
    await eventually('the question is heard', () => loudness(call.line.heard(200)) > AUDIBLE);
    for (const digit of CARD) await call.press(digit, by);
    await call.press('#', by);
    const callId = await desk.callId('connected');
    const agent = answered.at(-1);
    if (!agent) throw new Error('the agent has no call');
    await hears(agent, CUSTOMER_HZ);

    // Asked for again, by the agent: who hears neither the customer nor the keys until it is over.
    const collect = { ask: 'secret.collect', callId, hook: 'verify' } as const;
    expect(await desk.ask(collect)).toBe('ok');
    expect(await desk.ask(collect)).toBe('SECRET_ENTRY_REFUSED');
    expect(await desk.ask({ ask: 'recording.resume', callId })).toBe('RECORDING_PAUSE_REFUSED');
    await hearsNot(agent, CUSTOMER_HZ);
    const [last = '', ...before] = Array.from(CARD).toReversed();
    for (const digit of before.toReversed()) await call.press(digit, by);
    await expect.poll(() => desk.view?.call?.collecting, PATIENT).toEqual({ hook: 'verify', digits: CARD.length - 1, isChecking: false });
    await call.press(last, by);
    await expect.poll(() => desk.view?.call?.lastSecret, PATIENT).toBe('accepted');
    await hears(agent, CUSTOMER_HZ);
    expect(taken.map((body) => (JSON.parse(body) as { digits: string }).digits)).toEqual([CARD, CARD]);

    // Given up by the agent, and then by the end of the talk.
    expect(await desk.ask({ ask: 'secret.abort', callId })).toBe('SECRET_ENTRY_REFUSED');
    await eventually('it may be asked for again', async () => (await desk.ask(collect)) === 'ok');
    await call.press('6', by);
    expect(await desk.ask({ ask: 'secret.abort', callId })).toBe('ok');
    await expect.poll(() => desk.view?.call?.lastSecret, PATIENT).toBe('aborted');
    await eventually('it may be asked for again', async () => (await desk.ask(collect)) === 'ok');
    await call.hangup();
    await call.ended;
    calls += 1;
    const ofType = async (wanted: string) => (await eventsOf(site.place.data)).filter(({ type }) => type === wanted);
    await expect.poll(async () => (await ofType('call.ended')).length, PATIENT).toBe(calls); // all before it is written
    expect((await ofType('ivr.secret')).slice(-4).map(({ data }) => data)).toMatchObject([
      { node: 'card', outcome: 'accepted' },
      ...['accepted', 'aborted', 'ended'].map((outcome) => ({ node: 'desk-verify', outcome })),
    ]);
    const pauses = `SELECT paused_by || ' ' || resumed_by AS how FROM recording_pauses JOIN recordings ON id = recording_id
      WHERE call_id = ? ORDER BY from_ms`;
    expect(await query<{ how: string }>(site.place.data, pauses, callId)).toEqual(
      ['flow flow', 'flow flow', 'flow end'].map((how) => ({ how })),
    );
    await eventually('the desk is free', async () => {
      const left = desk.view?.call;
      if (left?.state === 'wrap_up') await desk.ask({ ask: 'call.dispose', callId: left.callId, disposition: 'resolved', note: '' });
      return desk.view?.call === null;
    });
    const files = readdirSync(dir.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const found = files.filter((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(CARD)).map(({ name }) => name);
    expect(found).toEqual([]);
    expect(files.length).toBeGreaterThan(10); // else it looked into nothing
    const audit = files
      .filter(({ name }) => name.startsWith('entries'))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    expect(audit.join('')).toContain('secret.collect');
  });
});
