/**
 * `./keepline bench rtp [--json] [--calls 60] [--seconds 20] [--connected]`: CPU microseconds for each RTP packet that the edge receives, records and sends on,
 * beside a bare dgram relay with the same traffic at the same time, so that whatever else the machine does slows both. The recording is laid on its timeline and handed to the main
 * thread; encryption and disk are not in it (a call makes 16 kB a second).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { RelayCommand, RelayKind, RelayUsed } from './parts/rtp-relay.ts';
import type { TrafficCommand, TrafficCounts } from './parts/rtp-traffic.ts';

const FLOOR = 'a socket for each leg, what comes in goes out at the other, nothing else';
/** Before the measured time: streams begin, and the code that runs for each packet is compiled. */
const WARM_UP_MS = 10_000;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    calls: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '20' },
    connected: { type: 'boolean', default: false },
  },
});
const calls = Number(values.calls);
const seconds = Number(values.seconds);
const tell = (line: string): void => console.error(`bench: ${line}`);

class Part {
  readonly #child: ChildProcess;
  constructor(file: string, args: readonly string[]) {
    this.#child = fork(join(import.meta.dirname, 'parts', file), args);
  }

  /** What it says next. */
  async hear<T>(): Promise<T> {
    const died = once(this.#child, 'exit').then(([code]) => Promise.reject(new Error(`a part ended with ${code}; its words are above`)));
    const [told] = await Promise.race([once(this.#child, 'message'), died]);
    return told; // both ends are ours: the parts say what they send
  }

  ask<T>(command: RelayCommand | TrafficCommand): Promise<T> {
    const heard = this.hear<T>();
    this.#child.send(command);
    return heard;
  }

  tell(command: TrafficCommand): void {
    this.#child.send(command);
  }

  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}

interface Cost {
  readonly usPerPacket: number;
  readonly lossPercent: number;
  readonly recordedSeconds: number;
}

async function measure(kind: RelayKind): Promise<Cost> {
  const relay = new Part('rtp-relay.ts', [kind, `${calls}`]);
  const traffic = new Part('rtp-traffic.ts', []);
  try {
    const { ports: to } = await relay.hear<{ ports: readonly number[] }>();
    const { ports: farEnds } = await traffic.ask<{ ports: readonly number[] }>({ to });
    await relay.ask<'ready'>({ farEnds });
    traffic.tell('start');
    await pause(WARM_UP_MS);
    const [usedBefore, countedBefore] = [await relay.ask<RelayUsed>('used'), await traffic.ask<TrafficCounts>('counts')];
    await pause(seconds * 1000);
    const [used, counted] = [await relay.ask<RelayUsed>('used'), await traffic.ask<TrafficCounts>('counts')];
    const forwarded = counted.heard - countedBefore.heard;
    const sent = counted.sent - countedBefore.sent;
    return {
      usPerPacket: rounded(((used.cpuSeconds - usedBefore.cpuSeconds) * 1e6) / forwarded),
      lossPercent: Math.max(0, rounded((100 * (sent - forwarded)) / sent)),
      recordedSeconds: rounded(used.recordedSeconds - usedBefore.recordedSeconds),
    };
  } finally {
    await traffic.close();
    await relay.close();
  }
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

tell(`${calls} calls through a bare relay and ${calls} through the edge, recorded, ${(WARM_UP_MS / 1000 + seconds).toFixed(0)} s`);
const [bare, edge] = await Promise.all([measure('bare'), measure(values.connected ? 'edge-connected' : 'edge')]);
const ratio = rounded(edge.usPerPacket / bare.usPerPacket);
tell(`edge: ${edge.usPerPacket} µs a packet, ${edge.lossPercent} % lost, ${edge.recordedSeconds} s recorded of ${calls * seconds}`);
tell(`bare: ${bare.usPerPacket} µs a packet, ${bare.lossPercent} % lost (${FLOOR}); ratio ${ratio}`);
const figures = { usPerPacket: edge.usPerPacket, bareNodeUsPerPacket: bare.usPerPacket, ratio, floor: FLOOR };
if (values.json) {
  console.log(JSON.stringify({ ...figures, calls, seconds, lossPercent: edge.lossPercent, recordedSeconds: edge.recordedSeconds }));
}
