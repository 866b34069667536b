/**
 * A whole site, logging at debug level, is attacked and used while canaries run through it: passwords, tokens, codes, numbers, names, keys
 * pressed. Afterwards no log and no entry of the audit log holds one of them, in any encoding.
 */
import { execFile, spawnSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { canariesIn } from '@keepline/testkit/canary';
import { callAndChoose, CUSTOMER_HZ, hears } from '@keepline/testkit/customer';
import { DeskClient } from '@keepline/testkit/desk-client';
import { eventually } from '@keepline/testkit/eventually';
import { exportRecording, listRecordings, tonesOnTape } from '@keepline/testkit/recordings';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, type StaffedSite, staffedSite } from '@keepline/testkit/staffed-site';
import { tempDir } from '@keepline/testkit/temp-dir';
import { Secret, TOTP } from 'otpauth';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../source-files.ts';
import { rawHttp, refusalIn } from './raw-http.ts';

const run = promisify(execFile);
const canaries: Record<string, string> = {
  number: '13977550246',
  name: '欧阳静怡甲',
  guess: 'Guess-Kettle-93-Stove',
  password: 'Own-Kettle-71-Stove',
  path: '13866442200',
  frame: '13755331188',
};
let house: StaffedSite;
let customer: Softphone;
let desk: DeskClient;

beforeAll(async () => {
  customer = await Softphone.open();
  house = await staffedSite(1, { log: { level: 'debug' } });
}, 180_000);
afterAll(async () => {
  desk?.close();
  await customer?.close();
  await house?.close();
}, 120_000);

const port = (): number => Number(new URL(house.site.place.http).port);
let cookie = '';
async function ask(method: string, path: string, body?: object, more: Record<string, string> = {}): Promise<Response> {
  const headers = { 'x-keepline': 'desk', ...(body && { 'content-type': 'application/json' }), ...(cookie && { cookie }), ...more };
  const answer = await fetch(`${house.site.place.http}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
  return answer;
}

describe('a site under attack, logging all it can', () => {
  it('lets an administrator in, and everything secret that this takes is noted as a canary', async () => {
    const args = [join(ROOT, 'gateway/src/users-cli.ts'), 'init', '--names', 'sys,sec,aud', '--json', '--data', house.site.place.data];
    const [, enrolment = ''] = /"sec","code":"([\w-]+)"/.exec(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout) ?? [];
    expect((await ask('POST', '/api/sign-in', { agent: 'sec', password: canaries.guess })).status).toBe(401);
    expect((await ask('POST', '/api/sign-in', { agent: canaries.guess, password: 'x' })).status).toBe(401); // in the wrong field
    expect((await ask('POST', '/api/sign-in', { agent: 'sec', password: enrolment })).status).toBe(200);
    expect((await ask('POST', '/api/session/password', { next: canaries.password })).status).toBe(200);
    const [, secret = ''] = /"secret":"(\w+)"/.exec(await (await ask('POST', '/api/factors/totp')).text()) ?? [];
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
    const confirmed = await (await ask('POST', '/api/factors/totp/confirm', { code, label: 'app' })).text();
    const [, recovery = ''] = /"recoveryCodes":\["([^"]+)"/.exec(confirmed) ?? [];
    const made = await (await ask('POST', '/api/tokens', { name: 'monitor', permissions: ['site.read'], days: 1 })).text();
    const [, token = ''] = /"token":"([\w-]+)"/.exec(made) ?? [];
    const [, session = ''] = cookie.split('=');
    Object.assign(canaries, { enrolment, secret, recovery, token, session });
    expect(Object.entries(canaries).filter(([, text]) => text.length < 5)).toEqual([]);
    expect((await ask('GET', '/api/link', undefined, { authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await ask('GET', '/api/link', undefined, { authorization: `Bearer ${token}x` })).status).toBe(401);
  });

  it('refuses what a red team sends to the web port, and stays', async () => {
    const before = await house.site.pids();
    const heads = ['host: localhost', 'x-keepline: desk', `x-caller: ${canaries.path}`];
    for (const attack of [
      [`GET /${canaries.path}/%zz HTTP/1.1`, ...heads, 'connection: close'],
      [`POST /api/sign-in HTTP/1.1`, ...heads, 'content-length: 5', 'transfer-encoding: chunked'],
      [`GET /api/health HTTP/1.1`, ...heads, `x-a: ${canaries.path}\rx`],
      [`GET /api/health?n=${canaries.path} HTTP/1.1`, ...heads, 'host: y', 'connection: close'],
    ]) {
      const heard = await rawHttp(port(), `${attack.join('\r\n')}\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n`);
      expect(refusalIn(heard)).toBe('REQUEST_INVALID');
      expect(heard).not.toContain(canaries.path);
      expect(heard).not.toContain('keepline_edge');
    }
    const forged = `x\r\n{"level":60,"msg":"${canaries.path}"}`;
    expect((await ask('POST', '/api/sign-in', { agent: forged, password: forged })).status).toBe(401);
    expect((await house.site.pids()).get('gateway')).toBe(before.get('gateway'));
  });

  it('refuses sockets of other sites, frames that are too large, and commands that are none', async () => {
    desk = await DeskClient.signIn(house.site, 'phone1');
    canaries.agentPassword = house.site.passwords().get('phone1') ?? '';
    const { http } = house.site.place;
    const open = (headers: Record<string, string>) => new WebSocket(`${http.replace(/^http/, 'ws')}/ws/agent`, { headers });
    const refused = (socket: WebSocket) =>
      new Promise((resolve) => socket.on('error', () => {}).once('unexpected-response', (_, answer) => resolve(answer.statusCode)));
    expect(await refused(open({ origin: 'https://evil.example', cookie }))).toBe(403);
    expect(await refused(open({ cookie }))).toBe(403);
    expect(await refused(open({ origin: http }))).toBe(401);
    expect(await refused(open({ origin: http, cookie }))).toBe(403); // an administrator has no desk
    const signIn = { agent: 'phone1', password: canaries.agentPassword };
    const answer = await fetch(`${http}/api/sign-in`, {
      method: 'POST',
      headers: { 'x-keepline': 'desk', 'content-type': 'application/json' },
      body: JSON.stringify(signIn),
    });
    const own = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    canaries.agentSession = own.split('=')[1] ?? '';
    const injected = await fetch(`${http}/api/knowledge?q=${encodeURIComponent('x" OR 1=1 NEAR(')}`, { headers: { cookie: own } });
    expect(injected.status).toBeLessThan(500);
    for (const [bytes, code] of [
      ['x'.repeat(70_000), 1009],
      [Buffer.from([0xff, 0xfe]), 1007],
    ] as const) {
      const socket = open({ origin: http, cookie: own }).on('error', () => {});
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.once('open', () => socket.send(bytes, { binary: false }));
      expect(await closed).toBe(code);
    }
    desk.close();
    desk = await DeskClient.signIn(house.site, 'phone1');
    const nonsense = { ask: 'call.dial', number: `${canaries.frame}'; DROP TABLE calls; --` } as const;
    expect(await desk.ask(nonsense)).not.toBe('ok');
  });

  it('serves a call as ever: number, name, keys pressed', async () => {
    const udp = createSocket('udp4');
    const { sip } = house.site.place;
    for (const line of [`INVITE sip:${canaries.number}@x SIP/2.0`, `REGISTER sip:x;u=${canaries.number} SIP/2.0\r\nFrom: ${canaries.name}`])
      udp.send(`${line}\r\n\r\n`, sip.port, sip.address);
    const call = await callAndChoose(customer, house.site, { number: canaries.number ?? '', name: canaries.name ?? '' });
    await hears(call, PHONE_AGENT_HZ);
    const callId = await desk.callId('connected');
    for (const key of ['7', '3', '9']) await call.press(key, 'info');
    await call.hangup();
    await eventually('the call to be over', () => desk.view?.call === null);
    expect(callId).toMatch(/^call-/);
    udp.close();
  });

  it('rotates its keys under a call and a signed-in person: both go on, the second factor holds, the log verifies', async () => {
    const { data } = house.site.place;
    const call = await callAndChoose(customer, house.site, { number: canaries.number ?? '', name: canaries.name ?? '' });
    await hears(call, PHONE_AGENT_HZ);
    const callId = await desk.callId('connected');
    const totp = new TOTP({ secret: Secret.fromBase32(canaries.secret ?? '') });
    const used = totp.generate();
    const before = readdirSync(join(data, 'keys'));
    // The three that wait for the gateway to look, side by side; a column key that went before it looked would lock rows for ever.
    const rotate = (...names: string[]) => {
      const script = join(ROOT, 'gateway/src/rotate-keys-cli.ts');
      return run(process.execPath, [script, 'rotate', ...names, '--wait-seconds', '20', '--data', data, '--json']);
    };
    const reports = await Promise.all([rotate('column'), rotate('accounts'), rotate('recording', 'pseudonyms', 'audit', 'tls')]);
    const report = Object.assign({}, ...reports.map(({ stdout }) => JSON.parse(stdout) as object)) as Record<string, unknown>;
    expect(report).toMatchObject({ column: { retired: [expect.any(String)] }, accounts: { resealed: 1, retired: [expect.any(String)] } });
    expect(readdirSync(join(data, 'keys')).filter((name) => /^(column|identity)\.key\./.test(name) && !before.includes(name))).toEqual([]);

    await hears(call, PHONE_AGENT_HZ); // the call went on through all of it
    expect(await desk.callId('connected')).toBe(callId);
    await call.hangup();
    await eventually('the call to be over', () => desk.view?.call === null);
    expect((await ask('GET', '/api/session')).status).toBe(200); // so did the session
    await eventually('a code that was not used', () => totp.generate() !== used, 40_000);
    cookie = '';
    expect((await ask('POST', '/api/sign-in', { agent: 'sec', password: canaries.password })).status).toBe(200);
    expect((await ask('POST', '/api/session/second-factor', { totp: totp.generate() })).status).toBe(200);
    Object.assign(canaries, { session: cookie.split('=')[1] ?? '' });

    const finished = await eventually('the recording to be closed', async () =>
      (await listRecordings(data)).find((row) => row.callId === callId && row.state === 'complete'),
    );
    const folder = tempDir();
    const { agent } = tonesOnTape(await exportRecording(data, finished.id, folder.path), CUSTOMER_HZ, PHONE_AGENT_HZ);
    folder.remove();
    expect(agent).toBeGreaterThan(0.5);
    const log = join(ROOT, 'compliance/src/audit-cli.ts');
    expect(JSON.parse((await run(process.execPath, [log, 'verify', '--data', data, '--json'])).stdout)).toMatchObject({ ok: true });
  }, 180_000);

  it('and has written none of it down', async () => {
    const { data } = house.site.place;
    const written = (): string[] => globSync(['log/**', 'audit/**'], { cwd: data }).filter((path) => statSync(join(data, path)).isFile());
    const all = (): string =>
      written()
        .map((path) => readFileSync(join(data, path), 'latin1'))
        .join('\n');
    await eventually('the acts in the audit log', () => all().includes('token.create'));
    expect(written().some((path) => path.endsWith('gateway.log'))).toBe(true);
    expect(Object.keys(canaries).length).toBe(13);
    const found = written().flatMap((path) => canariesIn(readFileSync(join(data, path)), canaries).map((what) => `${path}: ${what}`));
    expect(found).toEqual([]);
    expect(all()).not.toMatch(/"(?:digits?|dtmf|key)":\s*"?[0-9]/);
    const lines = readFileSync(join(data, 'log/gateway.log'), 'utf8').trimEnd().split('\n');
    expect(lines.filter((line) => !line.startsWith('{') || /"level":60/.test(line))).toEqual([]);
  });
});
