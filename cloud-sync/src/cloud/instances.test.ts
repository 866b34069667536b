/**
 * AI services as an operator runs them for safety: two processes in one queue group, and one of them dies in the middle of its work. Analytics is a
 * process of its own beside them.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import type { Asked, CloudConnection } from '../nats/cloud-connection.ts';
import { subjectsOf } from '../nats/subjects.ts';
import { cloudSide } from '../testing/running-sync.ts';
import { type RunningWorkers, runWorkers } from '../testing/running-workers.ts';
import { provision } from './provision.ts';

const { summary, analyticsCounters } = subjectsOf('demo');
/** Each asks one question after the other, so that none can lose more than the one it waits for. */
const ASKERS = 16;
/** Far above what an answer takes, even here: only a question whose instance died runs into it. */
const DEADLINE_MS = 10_000;
const ANSWERS_BEFORE = 200;
const ANSWERS_AFTER = 400;

let hub: Hub;
let dir: TempDir;
let asking: CloudConnection;
const running: RunningWorkers[] = [];

beforeAll(async () => {
  dir = tempDir();
  hub = await startHub({ site: 'demo' });
  asking = await cloudSide(hub);
  await provision(asking, 'demo');
  const services = [
    ['one', 'ai'],
    ['two', 'ai'],
    ['facts', 'analytics'],
  ] as const;
  const start = ([name, service]: (typeof services)[number]) => runWorkers(hub, `${dir.path}/${name}`, ['--services', service]);
  running.push(...(await Promise.all(services.map(start))));
});
afterAll(async () => {
  for (const { process: child, exited } of running) {
    child.kill('SIGTERM');
    await exited;
  }
  asking.drop();
  await hub.close();
  dir.remove();
});

/** Summaries this instance has answered, by its own metrics; undefined when it shows none. */
async function answeredBy({ url }: RunningWorkers): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^keepline_ai_requests_total\{endpoint="summary",outcome="answered"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}
const health = async ({ url }: RunningWorkers): Promise<unknown> => (await fetch(`${url}/health`)).json();

it('two AI processes share the questions; killed in the middle, one takes no more with it than it was working on', {
  timeout: 120_000,
}, async () => {
  const [one, two, facts] = running as [RunningWorkers, RunningWorkers, RunningWorkers];
  for (const each of running) expect(await health(each)).toMatchObject({ ok: true, connected: true });
  const answers: Asked[] = [];
  const answered = (): number => answers.filter(({ ok }) => ok).length;
  let over = false;
  const asker = async (_: unknown, i: number): Promise<void> => {
    for (let n = 0; !over; n++) {
      const request = {
        requestId: `req-${i}-${n}`,
        site: 'demo',
        turns: [{ speaker: 'caller', text: '我要挂失信用卡。' }],
        dispositions: ['resolved'],
        context: { queue: '', skill: '', choice: '' },
        maxChars: 100,
      };
      const answer = await asking.ask(summary, JSON.stringify(request), DEADLINE_MS);
      if (answer.ok) expect(JSON.parse(answer.text)).toMatchObject({ requestId: request.requestId });
      answers.push(answer);
    }
  };
  const askers = Array.from({ length: ASKERS }, asker);
  await expect.poll(answered).toBeGreaterThan(ANSWERS_BEFORE);
  await expect.poll(() => answeredBy(one)).toBeGreaterThan(0);
  await expect.poll(() => answeredBy(two)).toBeGreaterThan(0);

  const before = answered();
  const survivor = await answeredBy(two);
  one.process.kill('SIGKILL');
  await one.exited;
  await expect.poll(answered).toBeGreaterThan(before + ANSWERS_AFTER);
  over = true;
  await Promise.all(askers);
  const lost = answers.flatMap((answer) => (answer.ok ? [] : [answer.why]));
  expect(lost.length).toBeLessThanOrEqual(ASKERS);
  expect(lost.filter((why) => why !== 'timeout')).toEqual([]); // there was always somebody to ask
  expect(await answeredBy(two)).toBeGreaterThan(survivor + ANSWERS_AFTER - 2 * ASKERS);
  expect(await health(two)).toMatchObject({ ok: true });

  // The other kind of service noticed nothing, and answers nothing of theirs.
  expect(await answeredBy(facts)).toBe(0);
  expect(await asking.ask(analyticsCounters, '', DEADLINE_MS)).toMatchObject({ ok: true });
});
