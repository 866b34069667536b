/**
 * `./keepline bench sip [--json] [--rate 300] [--seconds 10]`: what a call set-up costs without media. SIPp calls our user agent (180, 200, ACK,
 * BYE) at a steady rate, and in the same run a SIPp phone doing the same, as the floor. Set-ups per second per core are calls divided by the
 * CPU seconds of the answering process. SIPp gives the times to 180 and to 200 in whole ms: 0 is less than one.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Quantiles, quantiles } from '@keepline/testkit/quantiles';
import { Sipp } from '@keepline/testkit/sipp';
import { tempDir } from '@keepline/testkit/temp-dir';
import type { AgentStarted, AgentUsed } from './parts/answering-agent.ts';
import { childWith, cpuSecondsOf } from './parts/process-cpu.ts';

const FLOOR = 'SIPp as the phone, called by the same SIPp';
/** Calls before the measured ones, so that neither side is cold. */
const WARM_UP_CALLS = 600;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rate: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '10' },
  },
});
const perSecond = Number(values.rate);
const calls = perSecond * Number(values.seconds);
const tell = (line: string): void => console.error(`bench: ${line}`);
const scratch = tempDir();

interface Figures {
  readonly setupsPerCpuSecond: number;
  readonly ringMs: Quantiles;
  readonly answerMs: Quantiles;
  /** Calls whose 180 SIPp never saw; a busy machine drops some datagrams. */
  readonly withoutRinging: number;
}

/** Times of the calls that had one, ms. */
interface Times {
  readonly ring: readonly number[];
  readonly answer: readonly number[];
}

/** Calls somebody until all calls are through. @throws SippFailed when one call fails */
async function callMany(port: number, count: number): Promise<Times> {
  const folder = tempDir();
  try {
    const caller = await Sipp.start({
      scenario: join(import.meta.dirname, 'parts/caller-hangs-up.xml'),
      folder: folder.path,
      remote: { address: '127.0.0.1', port },
      calls: count,
      perSecond,
      limitSeconds: 60 + Math.ceil(count / perSecond),
      options: ['-trace_rtt', '-rtt_freq', '1000', '-buff_size', '1048576'],
    });
    await caller.done();
    const times = readdirSync(folder.path).find((name) => name.endsWith('_rtt.csv'));
    const rows = times === undefined ? [] : readFileSync(join(folder.path, times), 'utf8').trim().split('\n').slice(1);
    const named = (name: string): number[] =>
      rows
        .map((row) => row.split(';'))
        .filter((row) => row[2] === name)
        .map((row) => Number(row[1]));
    return { ring: named('ring'), answer: named('answer') };
  } finally {
    folder.remove();
  }
}

async function measure(port: number, cpuSeconds: () => number | Promise<number>): Promise<Figures> {
  await callMany(port, WARM_UP_CALLS);
  const before = await cpuSeconds();
  const times = await callMany(port, calls);
  const spent = (await cpuSeconds()) - before;
  const { ring, answer } = times;
  return {
    setupsPerCpuSecond: Math.round(calls / spent),
    ringMs: quantiles(ring),
    answerMs: quantiles(answer),
    withoutRinging: calls - ring.length,
  };
}

async function message<T>(child: ChildProcess): Promise<T> {
  const died = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the agent ended with ${code}; its words are above`)));
  const [told] = await Promise.race([once(child, 'message'), died]);
  return told; // both ends are ours: answering-agent.ts says what it sends
}

async function measureAgent(): Promise<Figures & { readonly used: AgentUsed }> {
  const agent = fork(join(import.meta.dirname, 'parts/answering-agent.ts'));
  const ask = (): Promise<AgentUsed> => {
    const told = message<AgentUsed>(agent);
    agent.send('usage');
    return told;
  };
  try {
    const { port } = await message<AgentStarted>(agent);
    const figures = await measure(port, async () => (await ask()).cpuSeconds);
    return { ...figures, used: await ask() };
  } finally {
    agent.disconnect();
    await once(agent, 'exit');
  }
}

async function measureFloor(): Promise<Figures> {
  const phone = await Sipp.start({
    scenario: join(import.meta.dirname, '../test/fixtures/sipp/phone-answers.xml'),
    folder: scratch.path,
    calls: WARM_UP_CALLS + calls + 1, // one more, so that it is still there when its CPU time is read
    limitSeconds: 300 + Math.ceil(calls / perSecond),
  });
  try {
    const pid = childWith(`${phone.port}`);
    return await measure(phone.port, () => cpuSecondsOf(pid));
  } finally {
    await phone.close();
  }
}

const shown = ({ p50, p95, p99 }: Quantiles): string => `p50 ${p50}  p95 ${p95}  p99 ${p99} ms`;
try {
  tell(`${calls} calls at ${perSecond} a second, to SIPp`);
  const floor = await measureFloor();
  tell(`${calls} calls at ${perSecond} a second, to our user agent`);
  const ours = await measureAgent();
  const ratio = Math.round((ours.setupsPerCpuSecond / floor.setupsPerCpuSecond) * 100) / 100;
  tell(`ours:  ${ours.setupsPerCpuSecond} set-ups a CPU second; INVITE to 180: ${shown(ours.ringMs)}, to 200: ${shown(ours.answerMs)}`);
  tell(
    `floor: ${floor.setupsPerCpuSecond} set-ups a CPU second; INVITE to 180: ${shown(floor.ringMs)}, to 200: ${shown(floor.answerMs)} (${FLOOR})`,
  );
  const { overloaded, callsOffered } = ours.used.counters;
  tell(`180 was lost in ${ours.withoutRinging} calls to us and ${floor.withoutRinging} to SIPp`);
  tell(`${callsOffered} calls answered, ${overloaded} refused; our memory ${Math.round(ours.used.rssBytes / 1e6)} MB`);
  const figures = {
    setupsPerSecondPerCore: ours.setupsPerCpuSecond,
    cpuMsPerSetup: Math.round(1e5 / ours.setupsPerCpuSecond) / 100,
    inviteTo180Ms: ours.ringMs,
    inviteTo200Ms: ours.answerMs,
    floorSetupsPerSecond: floor.setupsPerCpuSecond,
    floorInviteTo180Ms: floor.ringMs,
    floorInviteTo200Ms: floor.answerMs,
    floor: FLOOR,
    ratio,
  };
  if (values.json) console.log(JSON.stringify({ ...figures, offeredPerSecond: perSecond, calls }));
} finally {
  scratch.remove();
}
