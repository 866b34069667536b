/** A caller keys a card number: the hook of the site gets it, and nothing else of the site does: database, audit log, log files, recordings. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { AUDIBLE } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { findProgram } from '@keepline/testkit/program';
import { OwnSite } from '@keepline/testkit/site';
import { eventsOf } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { tempDir } from '@keepline/testkit/temp-dir';
import { loudness } from '@keepline/testkit/tone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Digits that stand nowhere by chance. */
const CARD = '6222980417365528';
const FLOW = `
flow: main
version: 1
language: zh
start: card
nodes:
  card: { do: secret, prompt: ask, retryPrompt: again, minDigits: 16, maxDigits: 19, attempts: 1, hook: verify, accepted: thanks, refused: bye, unavailable: bye }
  thanks: { do: play, prompt: thanks, next: bye }
  bye: { do: hangup }
prompts:
  ask: { zh: 请输入卡号, en: Card number }
  again: { zh: 请再试, en: Again }
  thanks: { zh: 谢谢, en: Thanks }
`;

describe('a card number keyed in the flow', () => {
  const dir = tempDir();
  const taken: string[] = [];
  let calls = 0;
  let server: Server;
  let site: OwnSite;
  let customer: Softphone;

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
    site = await OwnSite.start(dir.path, {
      secretHooks: [{ name: 'verify', url: `https://127.0.0.1:${port}/verify`, caFile: 'hook.pem' }],
      log: { level: 'debug' },
    });
    customer = await Softphone.open();
  }, 120_000);
  afterAll(async () => {
    await customer?.close();
    await site?.close();
    await new Promise((resolve) => server.close(resolve));
    dir.remove();
  }, 120_000);

  it.each(['rtp', 'info'] as const)('by %s reaches the hook whole, and is found nowhere on the site', { timeout: 180_000 }, async (by) => {
    taken.length = 0;
    const call = await customer.call(site.place.sip, '95000', { says: [440] });
    await eventually('the question is heard', () => loudness(call.line.heard(200)) > AUDIBLE);
    for (const digit of CARD) await call.press(digit, by);
    await call.press('#', by);
    await call.ended;
    expect(taken.map((body) => (JSON.parse(body) as { digits: string }).digits)).toEqual([CARD]);
    calls += 1;
    const ofType = async (wanted: string) => (await eventsOf(site.place.data)).filter(({ type }) => type === wanted);
    await expect.poll(async () => (await ofType('call.ended')).length).toBe(calls); // all before it is written
    const told = await ofType('ivr.secret');
    expect(told).toHaveLength(calls);
    expect(told.at(-1)?.data).toMatchObject({ node: 'card', outcome: 'accepted' });
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
