/**
 * A call that is over leaves nothing behind: after a number of recorded calls the objects that make up a call, and the sockets and files of the
 * gateway, are back at what they were (issue 3). `node scripts/leak-check.ts` is the long form.
 */
import { join } from 'node:path';
import { eventually } from '@keepline/testkit/eventually';
import { inspectable, NodeInspector, type ProcessFigures } from '@keepline/testkit/node-inspector';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LoadPhones } from '../bench/parts/load-phones.ts';
import { openLoadSite } from '../bench/parts/load-site.ts';
import { LoadVoices } from '../bench/parts/load-voices.ts';
import { closedRecordings } from '../bench/parts/recorded-sound.ts';

const CALLS = 12;
const LANES = 4;
/** What a call is made of, in the main thread, the RTP edge and the recorder. */
const CALL_OBJECTS = ['LiveCall', 'CallOnEdge', 'LegOnEdge', 'EdgeCall', 'EdgeLeg', 'RecordingFile'] as const;

const folder = tempDir();
const voices = new LoadVoices();
let phones: LoadPhones;
let site: Awaited<ReturnType<typeof openLoadSite>>;

beforeAll(async () => {
  phones = await LoadPhones.open(voices);
  site = await inspectable(() => openLoadSite(folder.path, phones, LANES, 20 * LANES));
}, 120_000);

afterAll(async () => {
  phones?.close();
  await site?.close();
  await voices.close();
  folder.remove();
});

/** All lanes at once, again and again: everybody talks, everybody hangs up, every recording is closed. */
async function talk(calls: number): Promise<void> {
  for (let left = calls; left > 0; left -= LANES) {
    const placed = await Promise.all(Array.from({ length: LANES }, () => phones.call(site.place.sip)));
    await eventually('everybody talks', () => phones.talking === LANES);
    await Promise.all(placed.map((call) => call.hangup()));
    await eventually('every agent is free', () => phones.talking === 0);
  }
  await eventually('every recording is closed', async () => (await closedRecordings(folder.path)) === phones.talks.length);
}

const objectsIn = ({ threads }: ProcessFigures): Record<string, number> =>
  Object.values(threads).reduce<Record<string, number>>((all, { living }) => ({ ...all, ...living }), {});
const socketsIn = ({ threads }: ProcessFigures): number =>
  Object.values(threads).reduce((sum, { resources }) => sum + (resources['UDPWrap'] ?? 0), 0);

it('a dozen recorded calls leave no call, leg, recording, socket or file behind', { timeout: 240_000 }, async () => {
  await talk(LANES); // what is made once, at the first call, stays
  const inspector = await NodeInspector.open((await site.pids()).get('gateway') ?? 0, join(folder.path, 'log/gateway.log'));
  try {
    const look = (): Promise<ProcessFigures> => inspector.figures(CALL_OBJECTS);
    const nothing = Object.fromEntries(CALL_OBJECTS.map((name) => [name, 0]));
    const before = await look();
    await talk(CALLS);
    const after = await eventually(
      'the dozen is forgotten',
      async () => {
        const figures = await look();
        return Object.values(objectsIn(figures)).every((count) => count === 0) && figures.files <= before.files && figures;
      },
      60_000,
      500,
    );
    expect(objectsIn(after)).toEqual(nothing);
    expect(socketsIn(after)).toBe(socketsIn(before));
    expect(after.files).toBeLessThanOrEqual(before.files);
  } finally {
    inspector.close();
  }
});
