/**
 * `./keepline bench calls [--json] [--from 40] [--step 40] [--max 480] [--step-seconds 8] [--edge-workers 1]`: how many recorded two-way calls,
 * each set up over SIP through the queue to an agent on a SIP phone, a whole site on this machine carries at once. The climb ends with a step in
 * which more than 0.1 % of the packets are lost, the delay reaches 20 ms for more than one in a hundred (either is looked at twice), a set-up fails,
 * or the recording of a call that ended there is off by more than 0.1 s. `addedDelayMsP99` is the whole way from socket to socket, so what the
 * generator and the kernel add is in it; in the same run the same generator talks through a bare dgram relay, which shows how much that is.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { eventually } from '@keepline/testkit/eventually';
import { tempDir } from '@keepline/testkit/temp-dir';
import { type LoadCall, LoadPhones } from './parts/load-phones.ts';
import { openLoadSite } from './parts/load-site.ts';
import { LoadVoices } from './parts/load-voices.ts';
import { cpuByThread, cpuSecondsOf, rssKiBOf } from './parts/process-cpu.ts';
import { closedRecordings, TapeCheck } from './parts/recorded-sound.ts';
import type { LoadFigures } from './parts/rtp-load.ts';
import type { RelayCommand } from './parts/rtp-relay.ts';

const LIMITS = { lossPercent: 0.1, delayMs: 20, recordingOffMs: 100 } as const;
const FLOOR = 'the same generator through a bare relay: a socket for each leg, what comes in goes out at the other, nothing is recorded';
/** Calls that end after each step, so that their recordings are measured while the others talk. */
const WITNESSES = 4;
/** New calls, and hang-ups, a second. */
const SETUPS_PER_SECOND = 20;
/** For packets on the way, and after the last set-up of a step before it is measured. */
const [GRACE_MS, SETTLE_MS] = [500, 1000];
const TALK_LIMIT_MS = 20_000;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    from: { type: 'string', default: '40' },
    step: { type: 'string', default: '40' },
    max: { type: 'string', default: '480' },
    'step-seconds': { type: 'string', default: '8' },
    'edge-workers': { type: 'string', default: '1' },
  },
});
const [from, step, max, stepMs] = [Number(values.from), Number(values.step), Number(values.max), Number(values['step-seconds']) * 1000];
const tell = (line: string): void => console.error(`bench: ${line}`);
const rounded = (value: number, places = 2): number => Math.round(value * 10 ** places) / 10 ** places;

interface Step {
  readonly calls: number;
  readonly lossPercent: number;
  readonly delayMsP99: number;
  readonly delayMsP50: number;
  readonly sendLateMsP99: number;
  /** The worst of the calls that ended after it, ms. */
  readonly recordingOffMs: number;
  readonly gatewayRssMiB: number;
  /** Cores in use while it was measured. */
  readonly gatewayCpu: number;
  readonly generatorCpu: number;
  /** Cores by thread of the gateway, those above a hundredth. */
  readonly gatewayThreads: Readonly<Record<string, number>>;
}

const lossOf = ({ sent, heard }: LoadFigures): number => (sent === 0 ? 100 : Math.max(0, rounded((100 * (sent - heard)) / sent, 3)));

/** Why a step is one too many; '' when it is not. */
function verdictOn({ lossPercent, delayMsP99, recordingOffMs }: Step): string {
  if (lossPercent > LIMITS.lossPercent) return `${lossPercent} % of the packets were lost`;
  if (!(delayMsP99 <= LIMITS.delayMs)) return `p99 of the delay was ${delayMsP99} ms`;
  return recordingOffMs > LIMITS.recordingOffMs ? `a recording was off by ${recordingOffMs} ms` : '';
}

/** One after the other, at the rate; all have come to an end when this resolves. */
async function paced<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const running: Array<Promise<unknown>> = [];
  for (const item of items) {
    running.push(work(item));
    await pause(1000 / SETUPS_PER_SECOND);
  }
  await Promise.all(running);
}

async function floorOf(
  calls: number,
  voices: LoadVoices,
): Promise<{ readonly lossPercent: number; readonly delayMsP99: number; readonly cpu: number }> {
  const relay = fork(join(import.meta.dirname, 'parts/rtp-relay.ts'), ['bare', `${calls}`]);
  const hear = async <T>(): Promise<T> => {
    const died = once(relay, 'exit').then(([code]) => Promise.reject(new Error(`the relay ended with ${code}`)));
    const [told] = await Promise.race([once(relay, 'message'), died]);
    return told; // both ends are ours: rtp-relay.ts says what it sends
  };
  try {
    const { ports } = await hear<{ readonly ports: readonly number[] }>();
    const legs = await Promise.all(ports.map(() => voices.open()));
    const ready = hear<'ready'>();
    relay.send({ farEnds: legs.map(({ port }) => port) } satisfies RelayCommand);
    await ready;
    for (const [i, leg] of legs.entries()) await leg.talk(ports[i] ?? 0);
    await pause(2 * SETTLE_MS); // code that runs for each packet is compiled
    const cpuBefore = cpuSecondsOf(relay.pid ?? 0);
    const figures = await voices.measure(stepMs, GRACE_MS);
    const cpu = rounded((cpuSecondsOf(relay.pid ?? 0) - cpuBefore) / ((stepMs + GRACE_MS) / 1000));
    await Promise.all(legs.map((leg) => leg.stop()));
    return { lossPercent: lossOf(figures), delayMsP99: figures.delayMs.p99, cpu };
  } finally {
    relay.disconnect();
    if (relay.exitCode === null) await once(relay, 'exit');
  }
}

const folder = tempDir();
const voices = new LoadVoices();
const phones = await LoadPhones.open(voices);
const site = await openLoadSite(folder.path, phones, max + WITNESSES, max, Number(values['edge-workers']));
try {
  const gateway = (await site.pids()).get('gateway') ?? 0;
  const tapes = await TapeCheck.open(folder.path);
  const inProgress: LoadCall[] = [];
  const steps: Step[] = [];
  let stopped = '';
  let ended = 0;

  const hangUp = async (calls: readonly LoadCall[]): Promise<number> => {
    await paced(calls, (call) => call.hangup());
    ended += calls.length;
    await eventually('the recordings are closed', async () => (await closedRecordings(folder.path)) >= ended, 60_000, 200);
    const found = await tapes.measure(phones.talks.splice(0));
    return Math.max(0, ...found.map(({ offMs }) => offMs));
  };
  const measureStep = async (calls: number, recordingOffMs: number): Promise<Step> => {
    const threads = cpuByThread(gateway);
    const own = process.cpuUsage();
    const beganMs = performance.now();
    const figures = await voices.measure(stepMs, GRACE_MS);
    const seconds = (performance.now() - beganMs) / 1000;
    const { user, system } = process.cpuUsage(own);
    const used = [...cpuByThread(gateway)].map(([name, cpu]) => [name, rounded((cpu - (threads.get(name) ?? 0)) / seconds)] as const);
    const measured: Step = {
      calls,
      lossPercent: lossOf(figures),
      delayMsP50: figures.delayMs.p50,
      delayMsP99: figures.delayMs.p99,
      sendLateMsP99: figures.sendLateMs.p99,
      recordingOffMs,
      gatewayRssMiB: rounded(rssKiBOf(gateway) / 1024, 1),
      gatewayCpu: rounded(used.reduce((sum, [, cpu]) => sum + cpu, 0)),
      generatorCpu: rounded((user + system) / 1e6 / seconds),
      gatewayThreads: Object.fromEntries(used.filter(([, cpu]) => cpu > 0.01)),
    };
    const { lossPercent, delayMsP50, delayMsP99, gatewayCpu, generatorCpu, gatewayRssMiB } = measured;
    tell(
      `${calls} calls: ${lossPercent} % lost, delay p50 ${delayMsP50} p99 ${delayMsP99} ms, ` +
        `gateway ${gatewayCpu} cores and ${gatewayRssMiB} MiB, generator ${generatorCpu} cores`,
    );
    return measured;
  };
  for (let calls = from; calls <= max && stopped === ''; calls += step) {
    const missing = Array.from({ length: calls - inProgress.length }, (_, i) => i);
    try {
      await paced(missing, async () => inProgress.push(await phones.call(site.place.sip)));
      await eventually('every call has its agent', () => phones.talking === calls, TALK_LIMIT_MS);
    } catch (failed) {
      stopped = `a set-up failed at ${calls} calls: ${failed instanceof Error ? failed.message : String(failed)}`;
      break;
    }
    await pause(SETTLE_MS);
    let measured = await measureStep(calls, 0);
    // One hiccup of the machine is no verdict on the site: what a second look does not confirm does not end the climb.
    if (verdictOn(measured) !== '') measured = await measureStep(calls, 0);
    measured = { ...measured, recordingOffMs: await hangUp(inProgress.splice(0, WITNESSES)) };
    steps.push(measured);
    tell(`  recordings within ${measured.recordingOffMs} ms`);
    stopped = verdictOn(measured);
  }
  tell(stopped === '' ? `the climb ended at --max ${max}` : `the climb ended: ${stopped}`);
  const worstAtEnd = await hangUp(inProgress.splice(0));
  tell(`the other recordings are within ${worstAtEnd} ms`);

  const good = steps.filter((one) => verdictOn(one) === '');
  // Calls that went on into a step too many may have suffered there; without such a step every recording must be right.
  const last = stopped === '' && worstAtEnd > LIMITS.recordingOffMs ? good.at(-2) : good.at(-1);
  const recordedCalls = last?.calls ?? 0;
  const floor = await floorOf(Math.max(1, recordedCalls), voices);
  tell(
    `floor at ${Math.max(1, recordedCalls)} calls: ${floor.lossPercent} % lost, delay p99 ${floor.delayMsP99} ms, relay ${floor.cpu} cores (${FLOOR})`,
  );
  const rssPerCallKiB = rssSlope(steps.filter(({ calls }) => calls <= recordedCalls));
  tell(`${recordedCalls} recorded calls, ${rssPerCallKiB} KiB each`);
  if (values.json) {
    console.log(
      JSON.stringify({
        recordedCalls,
        lossPercent: last?.lossPercent ?? null,
        addedDelayMsP99: last?.delayMsP99 ?? null,
        rssPerCallKiB,
        stoppedBy: stopped === '' ? 'max' : stopped,
        worstRecordingAtEndMs: worstAtEnd,
        limits: LIMITS,
        floor: { ...floor, what: FLOOR },
        generatorCpuShare: last ? rounded(last.generatorCpu / (last.generatorCpu + last.gatewayCpu)) : null,
        steps,
      }),
    );
  }
} finally {
  phones.close();
  await site.close();
  await voices.close();
  folder.remove();
}

/** Least squares over the steps: KiB of resident memory for one call more; null with fewer than two steps. */
function rssSlope(steps: readonly Step[]): number | null {
  if (steps.length < 2) return null;
  const meanCalls = steps.reduce((sum, { calls }) => sum + calls, 0) / steps.length;
  const meanKiB = (steps.reduce((sum, { gatewayRssMiB }) => sum + gatewayRssMiB, 0) / steps.length) * 1024;
  const over = steps.reduce((sum, { calls, gatewayRssMiB }) => sum + (calls - meanCalls) * (gatewayRssMiB * 1024 - meanKiB), 0);
  return rounded(over / steps.reduce((sum, { calls }) => sum + (calls - meanCalls) ** 2, 0), 1);
}
