/**
 * `./keepline bench relay [--json] [--events 100000] [--backlog 100000] [--bare 100000] [--gateway 50000]`: anonymised events a second from the outbox to
 * the acknowledgement of JetStream with everything on (real `cloud-sync` process, egress guard, ledger, real nats-server with a file store), in
 * the same run as bare asynchronous publishing of the same payloads to the same server, which is the floor. Then a backlog that has waited for the
 * cloud, and the whole way from the event log through the anonymiser. `--backlog 1000000` is the full one.
 *
 * `--calls 60` measures something else: as many recorded calls of a whole site before, while and after its backlog drains
 * (`parts/calls-beside-drain.ts`): lost packets, added delay, set-up, advice, recordings, memory. It fails where the balance of both ends does, or
 * more than 0.1 % of the packets beside the drain are lost.
 */
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { tempDir } from '@keepline/testkit/temp-dir';
import { callsBesideDrain } from './parts/calls-beside-drain.ts';
import { barePublish } from './parts/bare-publish.ts';
import { cpuSecondsOf, childWith } from './parts/process-cpu.ts';
import { makeEvents, exportFromLog, RelaySite } from './parts/relay-site.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    events: { type: 'string', default: '100000' },
    backlog: { type: 'string', default: '100000' },
    bare: { type: 'string', default: '100000' },
    gateway: { type: 'string', default: '50000' },
    'cpu-prof': { type: 'string' },
    calls: { type: 'string' },
  },
});
const tell = (line: string): void => console.error(`bench: ${line}`);
/** Share of the packets of calls beside a drain that may be lost. */
const LOSS_MAX = 0.001;
const rate = (events: number, ms: number): number => Math.round((events / ms) * 1000);

interface Cost {
  readonly ms: number;
  /** µs of CPU per event. */
  readonly cpu: Readonly<Record<'producer' | 'hub' | 'cloudSync', number>>;
}

if (values.calls !== undefined) {
  const beside = await callsBesideDrain(Number(values.calls), Number(values.backlog), tell);
  console.log(values.json ? JSON.stringify(beside) : JSON.stringify(beside, undefined, 2));
  const { verdict, draining } = beside;
  process.exit(verdict === 'balanced' && draining.lostPackets <= draining.packets * LOSS_MAX ? 0 : 1); // phones leave timers behind
}

const scratch = tempDir();
const site = await RelaySite.start(scratch.path, values['cpu-prof']);
try {
  const server = childWith('nats-server');
  /** Runs `work` and says what it cost each process, µs of CPU per event. */
  const costing = async (events: number, work: () => Promise<unknown>): Promise<Cost> => {
    const all = (): number[] => [process.pid, server, ...(site.pid === undefined ? [] : [site.pid])].map(cpuSecondsOf);
    const before = all();
    const begun = performance.now();
    await work();
    const ms = performance.now() - begun;
    const [producer = 0, hub = 0, sync = 0] = all().map((seconds, i) => Math.round(((seconds - (before[i] ?? 0)) / events) * 1e7) / 10);
    return { ms, cpu: { producer, hub, cloudSync: sync } };
  };

  const bareEvents = Number(values.bare);
  const payloads = makeEvents(Math.min(bareEvents, 20_000), 0).map((event) => JSON.stringify(event));
  tell(`bare publish of ${bareEvents} events`);
  const bare = await costing(bareEvents, () => barePublish(site.hub, payloads, bareEvents));
  const barePublishPerSecond = rate(bareEvents, bare.ms);

  // The backlog first: it waits while no cloud-sync runs, as after a long outage.
  const backlog = Number(values.backlog);
  tell(`a backlog of ${backlog} events`);
  await site.append(backlog);
  await site.startSync();
  const rssBefore = site.rssMegabytes();
  const drained = await costing(backlog, () => site.delivered(backlog));
  const drainPerSecond = rate(backlog, drained.ms);
  const rssAfterBacklog = site.rssMegabytes();

  const events = Number(values.events);
  const made = makeEvents(events, backlog);
  await setTimeout(1000); // garbage and checkpoints of the phase before
  tell(`${events} events end to end`);
  const whole = await costing(events, async () => {
    await site.appendAll(made);
    await site.delivered(backlog + events);
  });
  const eventsPerSecond = rate(events, whole.ms);

  const logged = Number(values.gateway);
  tell(`${logged} events from the event log through the anonymiser`);
  let withGateway: Cost | undefined;
  await exportFromLog(site, scratch.path, logged, backlog + events, async (work) => {
    withGateway = await costing(logged, work);
  });
  const { counts, stream, verdict } = await site.reconcile();
  if (verdict !== 'balanced') throw new Error(`the balance of both ends is ${verdict}: ${JSON.stringify({ counts, stream })}`);

  const result = {
    eventsPerSecond,
    barePublishPerSecond,
    ratio: Math.round((eventsPerSecond / barePublishPerSecond) * 100) / 100,
    drainPerSecond,
    withGatewayPerSecond: rate(logged, withGateway?.ms ?? Number.NaN),
    cpuMicrosecondsPerEvent: { bare: bare.cpu, drain: drained.cpu, endToEnd: whole.cpu, withGateway: withGateway?.cpu },
    rssMegabytes: { before: rssBefore, afterBacklog: rssAfterBacklog, after: site.rssMegabytes() },
    events,
    backlog,
    verdict,
  };
  console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, undefined, 2));
} finally {
  await site.close();
  scratch.remove();
}
