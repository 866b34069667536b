/** The `cloud-sync` process over its socket, with a real hub that is there, away, silent. */
import { statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AdviceReply, AdviceRequest } from '@keepline/contracts/advice';
import { newId } from '@keepline/contracts/ids';
import type { LinkChange, LinkStatus } from '@keepline/contracts/link';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { provision } from './cloud/provision.ts';
import type { CloudConnection } from './nats/cloud-connection.ts';
import { subjectsOf } from './nats/subjects.ts';
import { madeEvent } from './testing/made-event.ts';
import { EgressLedger, type LedgerDay } from './outbox/egress-ledger.ts';
import { Outbox } from './outbox/outbox.ts';
import { CALM, cloudSide, idsInStream, type RunningSync, runSync } from './testing/running-sync.ts';

const question: AdviceRequest = {
  requestId: newId('req', 1_790_000_000_000),
  site: 'demo',
  callRef: `call-${'b'.repeat(32)}`,
  callerRef: '',
  queue: 'service',
  skill: '',
  choices: ['cards'],
  readySkills: ['cards'],
  waiting: 0,
  hour: 9,
};
const answer = JSON.stringify({
  requestId: question.requestId,
  skill: 'cards',
  reason: { zh: '已选', en: 'chosen' },
  confidence: 0.5,
  model: 'test',
});
/** Times that a busy machine keeps: an answer of the server comes within the deadline, the next question before the breaker tries again. */
const ADVICE = '  deadlineMs: 1000\n  breakerFailures: 2\n  breakerRetryMs: 2500\n';

let dir: TempDir;
let sync: RunningSync | undefined;
beforeEach(() => {
  dir = tempDir();
});
afterEach(async () => {
  sync?.process.kill('SIGKILL');
  await sync?.exited;
  sync = undefined;
  dir.remove();
});

const link = (running: RunningSync): Promise<string> => running.get<LinkStatus>('/link').then(({ state }) => state);
async function ask(running: RunningSync, body: unknown = question): Promise<AdviceReply> {
  return (await running.post<AdviceReply>('/advice/route', body)).body;
}
/** What the ledger has of requests once the process has ended. */
async function requestsIn({ path }: TempDir): Promise<readonly LedgerDay[]> {
  sync?.process.kill('SIGTERM');
  await sync?.exited;
  const ledger = await EgressLedger.open(`${path}/outbox.db`);
  const days = await ledger.days('2020-01-01', '9999-12-31');
  await ledger.close();
  return days.filter(({ type }) => type.startsWith('request.'));
}
/** Lines of the link stream as they come. */
function follow(socketPath: string): { lines: LinkStatus[]; end(): void } {
  const lines: LinkStatus[] = [];
  const get = request({ socketPath, path: '/link/stream' }, (response) => {
    createInterface({ input: response })
      .on('line', (line) => lines.push(JSON.parse(line)))
      .on('error', () => undefined); // the process was killed: readline hands the broken socket on to its own listeners
  });
  get.on('error', () => undefined);
  get.end();
  return { lines, end: () => get.destroy() };
}

describe('cloud-sync without any cloud', () => {
  it('serves its socket, says why the link is down, gives no advice and keeps the events', async () => {
    const running = (sync = await runSync({ folder: dir.path, hub: undefined }));
    const outbox = await Outbox.open(`${dir.path}/outbox.db`, { maxEvents: 100 });
    await outbox.append([madeEvent(1), madeEvent(2)], 2);
    await outbox.close();
    await expect.poll(() => running.get<LinkStatus>('/link')).toMatchObject({ state: 'down', why: 'no_servers_configured', backlog: 2 });
    expect(await ask(running)).toMatchObject({ outcome: 'link_down' });
    expect(await running.get('/counts')).toMatchObject({ produced: 2, waiting: 2, unaccounted: 0 });
    expect(await running.get('/health')).toMatchObject({ ok: true, breaker: 'open', relay: { windowLimit: 0, settled: 0 } });
  });

  it('replaces the socket of a dead process, not that of a living one, and keeps others out', async () => {
    const running = (sync = await runSync({ folder: dir.path, hub: undefined }));
    expect(statSync(running.socket).mode & 0o777).toBe(0o660);
    await expect(runSync({ folder: dir.path, hub: undefined })).rejects.toThrow(/SOCKET_UNUSABLE.*another process serves it/);
    running.process.kill('SIGKILL');
    await running.exited;
    const next = (sync = await runSync({ folder: dir.path, hub: undefined }));
    expect(await link(next)).toBe('down');
    next.process.kill('SIGTERM');
    expect(await next.exited).toBe(0);
    writeFileSync(next.socket, 'not a socket');
    await expect(runSync({ folder: dir.path, hub: undefined })).rejects.toThrow(/SOCKET_UNUSABLE.*something else/);
  });

  it('a question of the wrong shape is refused, with or without a cloud', async () => {
    const running = (sync = await runSync({ folder: dir.path, hub: undefined }));
    expect((await running.post('/advice/route', { ...question, hour: 24 })).status).toBe(400);
    expect((await running.post('/advice/route', 'x'.repeat(50_000))).status).toBe(413);
    expect(await ask(running, { ...question, callerRef: 'caller-13800138000' })).toMatchObject({ outcome: 'invalid' });
    expect(running.log()).not.toContain('13800138000');
  });

  it('a request of a desk to the AI services is checked, read by the guard, and answered with an outcome', async () => {
    const running = (sync = await runSync({ folder: dir.path, hub: undefined }));
    const qa = { requestId: 'r-1', site: 'demo', turns: [{ speaker: 'agent', text: '您好。' }], checks: [] };
    expect(await running.post('/ai/qa', qa)).toMatchObject({ status: 200, body: { outcome: 'link_down' } });
    expect(await running.post('/ai/qa', { ...qa, site: 'other' })).toMatchObject({ status: 200, body: { outcome: 'bad_request' } });
    const spoken = { ...qa, turns: [{ speaker: 'caller', text: '我的号码是 13800138000' }] };
    expect(await running.post('/ai/qa', spoken)).toMatchObject({ status: 200, body: { outcome: 'stopped' } });
    await expect.poll(() => running.log()).toContain('AI_REQUEST_STOPPED'); // the pipe may lag behind the reply
    expect(running.log()).not.toContain('13800138000');
    expect((await running.post('/ai/constructor', qa)).status).toBe(404);
    expect(await requestsIn(dir)).toEqual([expect.objectContaining({ type: 'request.qa', events: 0, bytes: 0, quarantined: 1 })]);
  });

  it('writes a line at once, when the backlog moves, and at least every two seconds', { timeout: 60_000 }, async () => {
    const running = (sync = await runSync({ folder: dir.path, hub: undefined }));
    const stream = follow(running.socket);
    await expect.poll(() => stream.lines.length).toBeGreaterThanOrEqual(1);
    const outbox = await Outbox.open(`${dir.path}/outbox.db`, { maxEvents: 100 });
    await outbox.append([madeEvent(1)], 1);
    await outbox.close();
    await expect.poll(() => stream.lines.at(-1)?.backlog).toBe(1);
    const count = stream.lines.length;
    await expect.poll(() => stream.lines.length).toBeGreaterThan(count);
    stream.end();
  });
});

describe('cloud-sync with a cloud', () => {
  let hub: Hub;
  let cloud: CloudConnection;
  const { adviceRoute } = subjectsOf('demo');
  beforeAll(async () => {
    hub = await startHub({ site: 'demo' });
    cloud = await cloudSide(hub);
    await provision(cloud, 'demo');
  });
  afterAll(async () => {
    cloud.drop();
    await hub.close();
  });

  it('asks within the deadline: nobody there, an answer, silence, and the breaker in between', { timeout: 60_000 }, async () => {
    const running = (sync = await runSync({ folder: dir.path, hub, cloud: CALM, advice: ADVICE }));
    await expect.poll(() => link(running)).toBe('up');
    expect((await ask(running)).outcome).toBe('no_responders'); // the server says so before the deadline, which would be a time-out
    expect((await ask(running)).outcome).toBe('breaker_open');

    let silent = false;
    const service = cloud.nats.subscribe(adviceRoute, { callback: (_fault, message) => void (silent || message.respond(answer)) });
    await cloud.ping();
    await expect.poll(async () => (await ask(running)).outcome).toBe('answered');

    silent = true;
    expect((await ask(running)).outcome).toBe('timeout'); // when exactly is held by ask.test.ts, on a clock of its own
    expect((await ask(running)).outcome).toBe('timeout');
    expect((await ask(running)).outcome).toBe('breaker_open');
    service.unsubscribe();
    await cloud.ping();
    const [asked, ...others] = await requestsIn(dir);
    expect(others).toEqual([]);
    expect(asked).toMatchObject({ type: 'request.advice', quarantined: 0 });
    expect(asked?.events).toBeGreaterThanOrEqual(4); // those the breaker kept back never left
    expect(asked?.bytes).toBe((asked?.events ?? 0) * Buffer.byteLength(JSON.stringify(question)));
  });

  it('notices a black hole: frozen hub, open connection, nothing answers (PR 5424)', { timeout: 60_000 }, async () => {
    const outbox = await Outbox.open(`${dir.path}/outbox.db`, { maxEvents: 1000 });
    const running = (sync = await runSync({ folder: dir.path, hub, advice: ADVICE }));
    await expect.poll(() => link(running)).toBe('up');
    const stream = follow(running.socket);
    const ids = (await idsInStream(cloud)).length;
    await hub.freeze();
    try {
      await outbox.append([madeEvent(1), madeEvent(2), madeEvent(3)], 3);
      await expect.poll(() => link(running), { interval: 20 }).toBe('down');
      // How soon, and that `suspect` comes first where the process gets its turns, are laws of link-monitor.test.ts and link-model.test.ts; here: by
      // silence alone, and not before it was long enough.
      const change = (await running.get<LinkChange[]>('/link/timeline')).at(-1);
      expect(change).toMatchObject({ to: 'down', why: 'heartbeats_missed', condition: 'no_answer' });
      expect(change?.silentMs).toBeGreaterThanOrEqual(450);
      expect((await ask(running)).outcome).toBe('link_down');
      await expect.poll(() => stream.lines.map(({ state }) => state)).toContain('down');
      expect(await running.get('/counts')).toMatchObject({ waiting: 3 });
    } finally {
      await hub.thaw();
    }
    await expect.poll(() => link(running)).toBe('up');
    await expect.poll(() => running.get('/counts')).toMatchObject({ waiting: 0, delivered: 3 });
    expect((await idsInStream(cloud)).length).toBe(ids + 3);
    expect(stream.lines.map(({ why }) => why)).toContain('heartbeats_missed');
    stream.end();
    await outbox.close();
  });

  it('an outbox that was lost is a named fault: nothing is sent, health says what to do', { timeout: 60_000 }, async () => {
    const outbox = await Outbox.open(`${dir.path}/outbox.db`, { maxEvents: 1000 });
    await outbox.append([madeEvent(9)], 1);
    await outbox.close();
    const before = await idsInStream(cloud);
    expect(before.length).toBeGreaterThan(0); // of the test above, by another outbox
    const running = (sync = await runSync({ folder: dir.path, hub }));
    await expect
      .poll(() => running.get<{ faults: Array<{ code: string }> }>('/health').then(({ faults }) => faults.map(({ code }) => code)))
      .toEqual(['STREAM_LAST_UNKNOWN']);
    expect(await idsInStream(cloud)).toEqual(before);
  });
});
