/** The micro services over a real hub: instances share the work, deadlines and faults travel as codes, a stop lets work end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headers, type Msg } from '@nats-io/transport-node';
import { DEADLINE_HEADER } from '@keepline/contracts/ai-service';
import { systemClock } from '@keepline/contracts/clock';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { Type } from 'typebox';
import { CloudConnection } from '../../nats/cloud-connection.ts';
import { readCredentials } from '../../nats/credentials.ts';
import { subjectsOf } from '../../nats/subjects.ts';
import { builtInProvider } from '../providers/built-in/built-in.ts';
import type { Provider } from '../providers/provider.ts';
import { Experience } from '../advice/experience.ts';
import { cloudSide } from '../../testing/running-sync.ts';
import { aiEndpoints } from './ai-endpoints.ts';
import { ServiceRefusal } from './errors.ts';
import { deadlineOf, type Endpoint, MicroService } from './micro-service.ts';
import { ServiceFigures } from './service-figures.ts';

const SUBJECT = subjectsOf('demo').qa;
const log = { info: () => {}, warn: () => {} };

describe('micro services', () => {
  let hub: Hub;
  let asking: CloudConnection;
  const ends: (() => Promise<void> | void)[] = [];
  beforeAll(async () => {
    hub = await startHub({ site: 'demo' });
    asking = await cloudSide(hub);
  });
  afterAll(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
    asking.drop();
    await hub.close();
  });

  /** As the services connect: with the rights of the workers and no more. */
  async function serve(endpoints: readonly Endpoint[], change: { clock?: FakeClock; atOnce?: number } = {}) {
    const connection = await CloudConnection.open({
      servers: [hub.url],
      name: 'service',
      timeoutMs: 3000,
      credentials: readCredentials(hub.cloudCredentials.file),
    });
    const figures = new ServiceFigures();
    const identity = { name: 'test', version: '1.0.0', description: 'a test' };
    const service = new MicroService({ connection, ...identity, endpoints, clock: systemClock, figures, log, ...change });
    await service.start();
    const close = async (): Promise<void> => {
      await service.stop();
      connection.drop();
    };
    ends.push(close);
    return { service, figures, close };
  }
  const echo = (work: Endpoint['work']): Endpoint => ({
    name: 'echo',
    subject: SUBJECT,
    request: Type.Object({ n: Type.Integer() }),
    answer: Type.Object({ n: Type.Integer() }),
    work,
  });
  async function ask(body: unknown, deadline?: string, subject = SUBJECT): Promise<Msg> {
    const sent = headers();
    if (deadline !== undefined) sent.set(DEADLINE_HEADER, deadline);
    return await asking.nats.request(subject, JSON.stringify(body), { timeout: 5000, headers: sent });
  }
  const code = (message: Msg): string => message.headers?.get('Nats-Service-Error-Code') ?? '';

  it('several instances share the requests, each is answered once, and one may leave', async () => {
    const seen = [0, 0];
    const instance = (i: number) => echo((request) => Promise.resolve((seen[i] = (seen[i] ?? 0) + 1) && request));
    const one = await serve([instance(0)]);
    const two = await serve([instance(1)]);
    for (let n = 0; n < 60; n++) expect((await ask({ n })).json()).toEqual({ n });
    expect(seen.reduce((a, b) => a + b)).toBe(60);
    expect(Math.min(...seen)).toBeGreaterThan(0);
    await one.close();
    for (let n = 0; n < 10; n++) expect((await ask({ n })).json()).toEqual({ n });
    await two.close();
    await expect(ask({ n: 1 })).rejects.toThrow('no responders');
  });

  it('refuses with codes: bad requests, answers of another shape, faults of its own, refusals of the work', async () => {
    const { figures, close } = await serve([
      echo((request) => {
        const n = typeof request === 'object' && request !== null && 'n' in request ? request.n : 0;
        if (n === 1) return Promise.resolve({ n: 'x' });
        if (n === 2) throw new Error('a secret of the machine');
        if (n === 3) throw new ServiceRefusal('budget', 'used up');
        return Promise.resolve(undefined);
      }),
    ]);
    expect(code(await ask({ n: 'text' }))).toBe('400');
    expect(code(await ask({ n: 0 }, 'soon'))).toBe('400');
    expect(code(await ask({ n: 1 }))).toBe('502');
    const failed = await ask({ n: 2 });
    expect(code(failed)).toBe('500');
    expect(failed.headers?.get('Nats-Service-Error')).toBe('internal: the service failed');
    expect(code(await ask({ n: 3 }))).toBe('429');
    expect((await ask({ n: 4 })).data).toHaveLength(0);
    expect(figures.of('echo').outcomes).toEqual({ bad_request: 2, provider: 1, internal: 1, budget: 1, answered: 1 });
    await close();
  });

  it('gives up at the deadline of the asker, tells the work, and begins nothing too late', async () => {
    const clock = new FakeClock();
    const told: unknown[] = [];
    const { close } = await serve([echo((_, until) => new Promise(() => until.addEventListener('abort', () => told.push(until.reason))))], {
      clock,
    });
    const late = ask({ n: 1 }, '700');
    await expect.poll(async () => (await clock.advanceAsync(100), told.length)).toBe(1);
    expect(code(await late)).toBe('408');
    expect(told[0]).toMatchObject({ fault: 'deadline' });
    expect(code(await ask({ n: 1 }, '1'))).toBe('408');
    await close();
    expect([deadlineOf(''), deadlineOf('250'), deadlineOf('999999999'), deadlineOf('-1')]).toEqual([5000, 250, 60_000, undefined]);
  });

  it('takes no more than it can work on, and lets work end when it stops', async () => {
    let finish = (): void => {};
    const started: number[] = [];
    const { service, close } = await serve(
      [
        echo(async (request) => {
          started.push(1);
          await new Promise<void>((resolve) => (finish = resolve));
          return request;
        }),
      ],
      { atOnce: 1 },
    );
    const first = ask({ n: 7 });
    await expect.poll(() => started.length).toBe(1);
    expect(code(await ask({ n: 8 }))).toBe('503');
    const stopped = service.stop();
    finish();
    expect((await first).json()).toEqual({ n: 7 });
    await stopped;
    await close();
  });

  it('the AI services answer what the request offers, and refuse a provider that invents', async () => {
    const known = new Experience();
    const builtIn = builtInProvider({ known, settings: { retentionSkill: '' }, clock: systemClock, model: () => undefined });
    const head = { requestId: 'req-1', site: 'demo' };
    const turns = [{ speaker: 'caller', text: '我要挂失信用卡。' }];
    const summary = { ...head, turns, dispositions: ['resolved'], context: { queue: '', skill: '', choice: '' }, maxChars: 100 };
    const candidates = [{ id: 'loss', kind: 'knowledge', title: '挂失信用卡', text: '' }];
    const assist = { ...head, utterance: '挂失信用卡', candidates };
    const subjects = subjectsOf('demo');
    const honest = await serve(aiEndpoints('demo', builtIn, builtIn));
    expect((await ask(summary, undefined, subjects.summary)).json()).toMatchObject({ requestId: 'req-1', summary: '我要挂失信用卡。' });
    expect((await ask(assist, undefined, subjects.assist)).json()).toMatchObject({ suggestions: [{ id: 'loss' }] });
    expect((await ask({ ...head, turns, checks: ['polite'] }, undefined, subjects.qa)).json()).toMatchObject({
      findings: [{ check: 'polite' }],
      score: 1,
    });
    expect(code(await ask({ ...summary, site: 'other' }, undefined, subjects.summary))).toBe('400');
    await honest.close();

    const reason = { zh: '因为', en: 'because' };
    const inventive: Provider = {
      advise: ({ requestId }) => Promise.resolve({ requestId, skill: 'manager', reason, confidence: 1, model: 'x' }),
      assist: ({ requestId }) => Promise.resolve({ requestId, suggestions: [{ id: 'made-up', score: 1, reason }], model: 'x' }),
      summarise: ({ requestId }) => Promise.resolve({ requestId, summary: '…', disposition: 'fraud', confidence: 1, model: 'x' }),
      checkQuality: ({ requestId }) => Promise.resolve({ requestId, findings: [], score: 1, model: 'x' }),
    };
    const dishonest = await serve(aiEndpoints('demo', inventive, inventive));
    const advice = {
      ...head,
      callRef: '',
      callerRef: '',
      queue: 'service',
      skill: '',
      choices: [],
      readySkills: ['cards'],
      waiting: 0,
      hour: 9,
    };
    const asked = [
      [advice, subjects.adviceRoute],
      [assist, subjects.assist],
      [summary, subjects.summary],
      [{ ...head, turns, checks: [] }, subjects.qa],
    ] as const;
    for (const [request, subject] of asked) expect(code(await ask(request, undefined, subject))).toBe('502');
    await dishonest.close();
  });
});
