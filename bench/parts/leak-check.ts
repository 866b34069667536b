/**
 * What the gateway keeps of a call that is over: a whole site takes recorded calls through the queue, one after the other in each lane, for so
 * long. Between rounds, when the last call is over and its recording closed, garbage is collected in every thread of the gateway and what is left
 * is counted: growth of memory, map entries and open files for one call more (least squares).
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@keepline/testkit/eventually';
import { INSPECTABLE, NodeInspector, type ProcessFigures } from '@keepline/testkit/node-inspector';
import { tempDir } from '@keepline/testkit/temp-dir';
import { LoadPhones } from './load-phones.ts';
import { openLoadSite } from './load-site.ts';
import { LoadVoices } from './load-voices.ts';
import { openRecordings } from './recorded-sound.ts';

/** Growth for one call more that is taken for a leak: a leg or a dialog that stays costs kilobytes. */
const LIMITS = { heapBytes: 512, entries: 0.05, files: 0.01 } as const;
/** What SIP keeps of a finished call for its 32 s falls away before a look (RFC 3261 timers H and J). */
const LINGER_MS = 35_000;
/** Looks between start and end. */
const ROUNDS = 12;
/** Not judged: caches and compiled code grow, and SIP fills its memory of 1024 ended dialogs: three entries of each call were measured, and none after 342. */
const WARM_UP_CALLS = 400;
/** Looks after the warm-up that a slope needs. */
const JUDGED_MIN = 3;

export interface LeakCheck {
  readonly minutes: number;
  /** Calls at once. */
  readonly lanes: number;
  readonly talkMs: number;
}

const tell = (line: string): void => console.error(`leak-check: ${line}`);

interface Sample {
  readonly calls: number;
  readonly heapBytes: number;
  readonly entries: number;
  readonly files: number;
  readonly rssBytes: number;
}

export interface LeakVerdict {
  /** Calls that were answered, and those that were not. */
  readonly calls: number;
  readonly failed: number;
  readonly minutes: number;
  /** null, like `leaks`, when there were too few calls to judge. */
  readonly perCall: Omit<Sample, 'calls'> | null;
  readonly limits: typeof LIMITS;
  readonly leaks: boolean | null;
  readonly verdict: string;
  readonly samples: readonly Sample[];
}

function sampleOf(calls: number, { threads, files, rssBytes }: ProcessFigures): Sample {
  const sum = (name: 'heapBytes' | 'entries'): number => Object.values(threads).reduce((total, thread) => total + thread[name], 0);
  return { calls, heapBytes: sum('heapBytes'), entries: sum('entries'), files, rssBytes };
}

/** Least squares: growth of a figure for one call more. */
function slopeOf(samples: readonly Sample[], name: Exclude<keyof Sample, 'calls'>): number {
  const mean = (of: keyof Sample): number => samples.reduce((sum, one) => sum + one[of], 0) / samples.length;
  const [meanCalls, meanValue] = [mean('calls'), mean(name)];
  const over = samples.reduce((sum, one) => sum + (one.calls - meanCalls) * (one[name] - meanValue), 0);
  return over / samples.reduce((sum, { calls }) => sum + (calls - meanCalls) ** 2, 0);
}

export async function leakCheck({ minutes, lanes, talkMs }: LeakCheck): Promise<LeakVerdict> {
  process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} ${INSPECTABLE}`.trim();
  const folder = tempDir();
  const voices = new LoadVoices();
  const phones = await LoadPhones.open(voices);
  const site = await openLoadSite(folder.path, phones, lanes, 20 * lanes);
  try {
    const pid = (await site.pids()).get('gateway') ?? 0;
    const inspector = await NodeInspector.open(pid, join(folder.path, 'log/gateway.log'));
    let calls = 0;
    let failed = 0;
    const lane = async (untilMs: number): Promise<void> => {
      while (performance.now() < untilMs) {
        try {
          const call = await phones.call(site.place.sip);
          calls++;
          await pause(talkMs);
          await call.hangup();
        } catch (refused) {
          failed++;
          tell(refused instanceof Error ? refused.message : String(refused));
          await pause(talkMs);
        }
      }
    };
    const samples: Sample[] = [];
    const look = async (): Promise<void> => {
      await eventually('the last call is over', () => phones.talking === 0, 60_000);
      await pause(LINGER_MS);
      // Not as many as talks: a caller who hangs up in the moment of the answer has spoken with nobody, and nothing was recorded.
      await eventually('no recording is open', async () => (await openRecordings(folder.path)) === 0, 60_000);
      const sample = sampleOf(calls, await inspector.figures());
      samples.push(sample);
      tell(`${calls} calls: heap ${(sample.heapBytes / 1e6).toFixed(1)} MB, ${sample.entries} entries, ${sample.files} files`);
    };
    const roundMs = Math.max(1000, (minutes * 60_000) / ROUNDS - LINGER_MS);
    await look();
    for (let round = 0; round < ROUNDS; round++) {
      const untilMs = performance.now() + roundMs;
      await Promise.all(Array.from({ length: lanes }, () => lane(untilMs)));
      await look();
    }
    inspector.close();
    const judged = samples.filter((sample) => sample.calls >= WARM_UP_CALLS);
    if (judged.length < JUDGED_MIN) {
      const verdict = `too short to judge: ${judged.length} looks after the first ${WARM_UP_CALLS} calls`;
      return { calls, failed, minutes, perCall: null, limits: LIMITS, leaks: null, verdict, samples };
    }
    const perCall = {
      heapBytes: Math.round(slopeOf(judged, 'heapBytes')),
      rssBytes: Math.round(slopeOf(judged, 'rssBytes')),
      entries: Math.round(slopeOf(judged, 'entries') * 1000) / 1000,
      files: Math.round(slopeOf(judged, 'files') * 1000) / 1000,
    };
    const leaks = (['heapBytes', 'entries', 'files'] as const).filter((name) => perCall[name] > LIMITS[name]);
    const verdict = leaks.length === 0 ? 'nothing is kept' : `grows with each call: ${leaks.join(', ')}`;
    tell(verdict);
    return { calls, failed, minutes, perCall, limits: LIMITS, leaks: leaks.length > 0, verdict, samples };
  } finally {
    phones.close();
    await site.close();
    await voices.close();
    folder.remove();
  }
}
