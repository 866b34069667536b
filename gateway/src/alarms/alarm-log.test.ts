import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '@keepline/contracts/clock';
import { eventually } from '@keepline/testkit/eventually';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { siteCertificate } from '../certificate/site-certificate.ts';
import { Store } from '../store/store.ts';
import { alarmTables } from '../store/tables/alarms.ts';
import { KEPT_MAX, QUIET_MS, STANDING_MAX } from './alarm-codes.ts';
import { AlarmLog } from './alarm-log.ts';
import { AlarmWebhook, BACKOFF_FIRST_MS, GIVE_UP_MS } from './webhook.ts';

let home: TempDir;
let store: Store;
let clock: FakeClock;
let alarms: AlarmLog;
const appended: string[] = [];
const faults: unknown[] = [];
const onFault = (fault: unknown): void => void faults.push(fault);
const forked = { code: 'AUDIT_FORKED', message: 'cut back', hint: 'look' };
const reopened = () =>
  AlarmLog.open({ store, clock, onFault, append: async (_, is, code, severity) => void appended.push(`${is} ${code} ${severity}`) });
const settled = (): Promise<void> => alarms.clear('NOTHING', '');
beforeEach(async () => {
  home = tempDir();
  store = await Store.open(join(home.path, 'main.db'), [alarmTables]);
  clock = new FakeClock(Date.UTC(2026, 0, 2));
  alarms = await reopened();
  appended.length = 0;
  faults.length = 0;
});
afterEach(async () => {
  await alarms.close();
  await store.close();
  home.remove();
});

describe('the alarm log', () => {
  it('raises once, counts what comes again, ends it, and keeps both for later', async () => {
    const heard: string[] = [];
    alarms.subscribe(({ is, alarm }) => heard.push(`${is} ${alarm.number}`));
    alarms.raise(forked);
    alarms.raise(forked); // within the second
    await settled();
    clock.advance(1000);
    alarms.raise(forked);
    alarms.raise({ ...forked, code: 'NO_ALARM' });
    await settled();
    expect(alarms.standing()).toMatchObject([{ number: 1, code: 'AUDIT_FORKED', severity: 'critical', times: 2, clearedAtMs: null }]);
    expect(await alarms.clearNumber(1)).toBe(true);
    expect(await alarms.clearNumber(1)).toBe(false);
    alarms.raise(forked);
    await settled();
    expect(heard).toEqual(['raised 1', 'cleared 1', 'raised 2']);
    expect(appended).toEqual(['raised AUDIT_FORKED critical', 'cleared AUDIT_FORKED critical', 'raised AUDIT_FORKED critical']);
    expect((await alarms.recent(10)).map(({ number, times, clearedAtMs }) => [number, times, clearedAtMs !== null])).toEqual([
      [2, 1, false],
      [1, 2, true],
    ]);
    expect(faults).toEqual([]);
  });

  it('ends by itself what has not come for a while, but never what a person must look at, also after a restart', async () => {
    alarms.raise(forked);
    alarms.raise({ ...forked, code: 'SIEM_UNREACHABLE', object: 'bank' });
    alarms.raise({ ...forked, code: 'SITE_PART_DOWN', object: 'trunk carrier' });
    await settled();
    await alarms.close();
    alarms = await reopened();
    expect(alarms.standing()).toHaveLength(3);
    clock.advance(QUIET_MS + 60_000);
    await settled();
    expect(alarms.standing().map(({ code, object }) => [code, object])).toEqual([
      ['AUDIT_FORKED', ''],
      ['SITE_PART_DOWN', 'trunk:carrier'],
    ]);
    await alarms.clear('SITE_PART_DOWN', 'trunk carrier');
    expect(alarms.standing()).toHaveLength(1);
  });

  it('is bounded in what stands and in what is kept', async () => {
    for (let i = 0; i < STANDING_MAX + 20; i++) {
      alarms.raise({ ...forked, code: 'SIEM_UNREACHABLE', object: `target-${i}` });
      await settled();
    }
    expect(alarms.standing().length).toBe(STANDING_MAX + 1);
    await alarms.clear('SIEM_UNREACHABLE', 'target-0');
    await store.write((tx) => tx.run("UPDATE sqlite_sequence SET seq = ? WHERE name = 'alarms'", KEPT_MAX + 5));
    alarms.raise(forked);
    await settled();
    expect((await alarms.recent(1000)).filter(({ object }) => object === 'target-0')).toEqual([]);
    expect((await alarms.recent(1000)).length).toBe(STANDING_MAX + 1);
  });
});

describe('the webhook', () => {
  let receiver: Server;
  let status = 200;
  const got: { key: string; body: { site: string; is: string; alarm: { code: string; number: number } } }[] = [];
  let webhook: AlarmWebhook;
  beforeEach(async () => {
    got.length = 0;
    status = 200;
    const { privateKey, certificate } = await siteCertificate(join(home.path, 'tls'), '127.0.0.1', systemClock.now());
    receiver = createServer({ key: privateKey, cert: certificate }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (status === 200)
          got.push({ key: String(request.headers['idempotency-key']), body: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(receiver.address() as AddressInfo).port}/alarms`;
    webhook = new AlarmWebhook({ url, ca: certificate, site: 'demo', store, clock, onFault });
    alarms.subscribe(() => webhook.wake());
  });
  afterEach(async () => {
    await webhook.close();
    await new Promise((resolve) => receiver.close(resolve));
  });

  it('gets an alarm and its end over TLS, in order, with a receipt in the log', async () => {
    alarms.raise(forked);
    await settled();
    await alarms.clearNumber(1);
    await eventually('both', () => got.length === 2);
    expect(got.map(({ key, body }) => [key, body.site, body.is, body.alarm.code])).toEqual([
      ['demo/alarm-1/raised', 'demo', 'raised', 'AUDIT_FORKED'],
      ['demo/alarm-1/cleared', 'demo', 'cleared', 'AUDIT_FORKED'],
    ]);
    await eventually('the receipt', async () => (await alarms.recent(1))[0]?.deliveredAtMs === clock.now());
  });

  it('gets what it refused again after a pause, nothing twice, and is given up after a day, which is told', async () => {
    status = 503;
    alarms.raise(forked);
    await settled();
    await eventually('the pause', () => clock.pending > 1);
    status = 200;
    clock.advance(BACKOFF_FIRST_MS);
    await eventually('the alarm', () => got.length === 1);
    status = 503;
    await alarms.clearNumber(1);
    await eventually('the pause', () => clock.pending > 1);
    clock.advance(GIVE_UP_MS + 60_000);
    await eventually('the fault', () => faults.length === 1);
    expect(faults[0]).toMatchObject({ code: 'ALARM_UNDELIVERED', offending: 1 });
    expect(got).toHaveLength(1);
  });

  it('is not told anything by somebody else who has its address', async () => {
    const other = await siteCertificate(join(home.path, 'other'), '127.0.0.1', systemClock.now());
    receiver.setSecureContext({ key: other.privateKey, cert: other.certificate });
    alarms.raise(forked);
    await settled();
    await eventually('the pause', () => clock.pending > 1);
    expect(got).toEqual([]);
  });
});
