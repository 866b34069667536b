/**
 * `./keepline bench playback [--json] [--minutes 60] [--seeks 500]`: how long one second of a long recording takes from a random place, through the
 * real door (session, ticket, Range), request to last byte; beside a bare read of as many bytes at the same places of the same encrypted
 * file: the floor of any playback. Client and server share this process, so both are in the figure. Times in ms.
 */
import { mkdirSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { MessagePort } from 'node:worker_threads';
import { CHUNK_BYTES, recipientOf } from '@keepline/compliance/age';
import { systemClock as clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import { quantiles } from '@keepline/testkit/quantiles';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { openSite } from '../gateway/src/api/testing/open-site.ts';
import { enrolled, headersOf } from '../gateway/src/api/testing/people.ts';
import { partName } from '../gateway/src/recording/file-names.ts';
import { closeRow, openRow } from '../gateway/src/recording/ledger.ts';
import { Recorder } from '../gateway/src/recording/recorder.ts';
import { openOn } from '../gateway/src/recording/testing/open-on.ts';
import { SAMPLE_BYTES, SAMPLES_PER_SECOND, wavOffset } from '../gateway/src/recording/wav.ts';

const FLOOR = 'FileHandle.read of the same number of bytes at the same places, of the encrypted file';
const SECOND_BYTES = SAMPLES_PER_SECOND * SAMPLE_BYTES;
/** Not measured: code is compiled, the file is in the cache of the system for both sides. */
const WARM_UP = 50;
const Played = Type.Object({ ticket: Type.String(), size: Type.Number() });

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '60' },
    seeks: { type: 'string', default: '500' },
  },
});
const seconds = Math.round(Number(values.minutes) * 60);
const seeks = Number(values.seeks);
const tell = (line: string): void => console.error(`bench: ${line}`);

const site = await openSite({ limits: { requestsPerMinute: 1_000_000 } });
const dir = join(site.folder, 'recordings');
mkdirSync(dir);

/** What may wait for the disk: half of what the recorder queues before it drops, which is meant for live audio. */
const AHEAD_BYTES = 131_072;

/** Half-second blocks of noise, as fast as the file at `path` takes them. */
async function speak(port: MessagePort, path: string): Promise<void> {
  const block = SAMPLES_PER_SECOND / 2;
  for (let i = 0; i < seconds * 2; i++) {
    const alaw = new Uint8Array(block * SAMPLE_BYTES).map((_, at) => (at * 31 + i * 7) % 256);
    port.postMessage({ kind: 'audio', startSample: i * block, alaw });
    while ((i + 1) * block * SAMPLE_BYTES - (await stat(path)).size > AHEAD_BYTES + CHUNK_BYTES)
      await new Promise((resolve) => setTimeout(resolve, 1));
  }
  port.postMessage({ kind: 'end', samples: seconds * SAMPLES_PER_SECOND });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

try {
  tell(`recording ${seconds} s`);
  const onFault = (fault: Error): void => tell(fault.message);
  const recorder = await Recorder.start({ dir, recipient: await recipientOf(site.recordingKey), minFreeBytes: 0, clock, onFault });
  const id = newId('rec', clock.now());
  await site.store.write((tx) => openRow(tx, { id, callId: newId('call', clock.now()), agentId: 'li', openedAtMs: clock.now() }));
  const { port, finished } = await openOn(recorder, id);
  await speak(port, join(dir, partName(id)));
  const result = await finished;
  await site.store.write((tx) => closeRow(tx, id, clock.now(), result));
  await recorder.close();
  if (result.outcome !== 'complete') throw new Error(`the recording is ${result.outcome}: ${result.why}`);

  const person = await enrolled(site, 'bench', ['quality_reviewer']);
  const play = async () =>
    Value.Parse(Played, (await site.ask('POST', `/api/recordings/${id}/play`, { ...headersOf(person), body: { purpose: 'bench' } })).json);
  const openMs = await timed(play);
  const { ticket } = await play();
  const peaksMs = await timed(() => site.ask('GET', `/api/recordings/${id}/peaks?ticket=${ticket}`, headersOf(person)));

  const file = await open(join(dir, result.file), 'r');
  const buffer = Buffer.alloc(SECOND_BYTES);
  const [asked, bare]: [number[], number[]] = [[], []];
  for (let i = -WARM_UP; i < seeks; i++) {
    const start = wavOffset(Math.floor(Math.random() * (seconds - 1)) * SAMPLES_PER_SECOND);
    const askMs = await timed(async () => {
      const headers = { cookie: person.cookie, range: `bytes=${start}-${start + SECOND_BYTES - 1}` };
      const answer = await fetch(`${site.origin}/api/recordings/${id}/audio?ticket=${ticket}`, { headers });
      const { byteLength } = await answer.arrayBuffer();
      if (answer.status !== 206 || byteLength !== SECOND_BYTES) throw new Error(`${answer.status} with ${byteLength} bytes`);
    });
    const bareMs = await timed(() => file.read(buffer, 0, SECOND_BYTES, start));
    if (i < 0) continue;
    asked.push(askMs);
    bare.push(bareMs);
  }
  await file.close();
  const figures = {
    secondMs: quantiles(asked),
    floorMs: quantiles(bare),
    /** Hash of the whole file against the ledger, identity, waveform: once per listening. */
    openTicketMs: Math.round(openMs),
    peaksMs: Math.round(peaksMs),
    recordingSeconds: seconds,
    seeks,
    floor: FLOOR,
  };
  tell(`one second: p50 ${figures.secondMs.p50}  p95 ${figures.secondMs.p95}  p99 ${figures.secondMs.p99} ms`);
  tell(`floor: p50 ${figures.floorMs.p50}  p95 ${figures.floorMs.p95}  p99 ${figures.floorMs.p99} ms (${FLOOR})`);
  tell(`a ticket, with the hash of the whole file: ${figures.openTicketMs} ms; waveform: ${figures.peaksMs} ms`);
  if (values.json) console.log(JSON.stringify(figures));
} finally {
  await site.close();
}
