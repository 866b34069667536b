/** Listening to recordings through the door: real files of the real recorder, one audit entry per play, parts by Range. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { decryptBytes, recipientOf } from '@keepline/compliance/age';
import { newId, type RecordingId } from '@keepline/contracts/ids';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { systemClock } from '@keepline/contracts/clock';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeRow, openRow } from '../recording/ledger.ts';
import { PLAY_IDLE_MS } from '../recording/play-sessions.ts';
import { Recorder } from '../recording/recorder.ts';
import { openOn } from '../recording/testing/open-on.ts';
import { wavHeader } from '../recording/wav.ts';
import { openSite, type TestSite } from './testing/open-site.ts';
import { enrolled, headersOf, type Person } from './testing/people.ts';

const SAMPLES = 100_000;
const ALAW = new Uint8Array(SAMPLES * 2).map((_, i) => (i * 7) % 251);
const WAV = Buffer.concat([wavHeader(SAMPLES), ALAW]);
const Played = Type.Object({ ticket: Type.String(), size: Type.Number(), durationMs: Type.Number() });
const Peaks = Type.Object({ bucketMs: Type.Number(), caller: Type.String(), agent: Type.String() });
const clock = new FakeClock();
let site: TestSite;
let reviewer: Person;
let id: RecordingId;

async function recorded(): Promise<RecordingId> {
  const dir = join(site.folder, 'recordings');
  mkdirSync(dir, { recursive: true });
  const onFault = (fault: Error): never => {
    throw fault;
  };
  const recipient = await recipientOf(site.recordingKey);
  const recorder = await Recorder.start({ dir, recipient, minFreeBytes: 0, clock: systemClock, onFault });
  const recordingId = newId('rec', clock.now());
  const callId = newId('call', clock.now());
  await site.store.write(async (tx) => {
    await openRow(tx, { id: recordingId, callId, agentId: 'li', openedAtMs: clock.now() });
  });
  const { port, finished } = await openOn(recorder, recordingId);
  port.postMessage({ kind: 'audio', startSample: 0, alaw: ALAW });
  port.postMessage({ kind: 'end', samples: SAMPLES });
  const result = await finished;
  await site.store.write((tx) => closeRow(tx, recordingId, clock.now(), result));
  await recorder.close();
  return recordingId;
}

beforeEach(async () => {
  site = await openSite({ clock });
  reviewer = await enrolled(site, 'zhou', ['quality_reviewer']);
  id = await recorded();
  site.acts.length = 0;
});
afterEach(() => site.close());

const play = async (person: Person, purpose = 'complaint 4711') =>
  site.ask('POST', `/api/recordings/${id}/play`, { ...headersOf(person), body: { purpose } });
const ticketOf = async (person = reviewer): Promise<string> => Value.Parse(Played, (await play(person)).json).ticket;
const acts = (): string[] => site.acts.map(({ act, who, object, purpose, outcome }) => `${act} ${who} ${object} ${purpose} ${outcome}`);

/** Bytes as they come, which `ask` would read as text. */
function audio(ticket: string, range?: string, person = reviewer): Promise<{ status: number; contentRange: string; body: Buffer }> {
  const headers = { cookie: person.cookie, ...(range === undefined ? {} : { range }) };
  return new Promise((resolve, reject) => {
    request(`${site.origin}/api/recordings/${id}/audio?ticket=${ticket}`, { headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          contentRange: incoming.headers['content-range'] ?? '',
          body: Buffer.concat(chunks),
        }),
      );
    })
      .on('error', reject)
      .end();
  });
}

describe('listening to a recording', () => {
  it('plays any part of it by Range, under one audit entry with its purpose', async () => {
    const answer = await play(reviewer);
    expect(answer).toMatchObject({ status: 201, json: { size: WAV.length, durationMs: SAMPLES / 8 } });
    const { ticket } = Value.Parse(Played, answer.json);
    expect((await audio(ticket)).body.equals(WAV)).toBe(true);
    for (const [start, end] of [
      [0, 99],
      [65_530, 65_545],
      [WAV.length - 10, WAV.length - 1],
      [60_000, 199_999],
    ] as const) {
      const part = await audio(ticket, `bytes=${start}-${end}`);
      expect(part).toMatchObject({ status: 206, contentRange: `bytes ${start}-${end}/${WAV.length}` });
      expect(part.body.equals(WAV.subarray(start, end + 1))).toBe(true);
    }
    expect(await audio(ticket, `bytes=${WAV.length}-`)).toMatchObject({ status: 416, contentRange: `bytes */${WAV.length}` });
    expect(acts()).toEqual([`recording.play zhou ${id} complaint 4711 done`]);
  });

  it('gives a ticket to one person for one recording, and only for a while', async () => {
    const ticket = await ticketOf();
    const other = await enrolled(site, 'qian', ['supervisor']);
    expect((await audio(ticket, undefined, other)).status).toBe(404);
    expect((await audio(`${ticket.slice(0, -1)}_`)).status).toBe(404);
    expect((await site.ask('GET', `/api/recordings/${newId('rec', 0)}/audio?ticket=${ticket}`, headersOf(reviewer))).code).toBe(
      'PLAY_TICKET_INVALID',
    );
    clock.advance(PLAY_IDLE_MS - 1);
    expect((await audio(ticket)).status).toBe(200);
    clock.advance(PLAY_IDLE_MS);
    expect((await audio(ticket)).status).toBe(404);
  });

  it('opens nothing without a purpose, a permission, or a durable audit entry', async () => {
    expect((await play(reviewer, '')).code).toBe('REQUEST_INVALID');
    const cookie = await site.signedIn('li');
    expect((await site.ask('POST', `/api/recordings/${id}/play`, { headers: { cookie }, body: { purpose: 'mine' } })).code).toBe(
      'PERMISSION_REFUSED',
    );
    expect(acts().filter((act) => act.startsWith('recording'))).toEqual([]);
    site.audit.isBroken = true;
    expect((await play(reviewer)).status).toBe(500);
    site.audit.isBroken = false;
  });

  it('shows the waveform, and makes it anew when its file is missing or is none', async () => {
    const shown = async (): Promise<unknown> =>
      (await site.ask('GET', `/api/recordings/${id}/peaks?ticket=${await ticketOf()}`, headersOf(reviewer))).json;
    const stored = Value.Parse(Peaks, await shown());
    expect(stored.bucketMs).toBe(50);
    expect(Buffer.from(stored.caller, 'base64')).toHaveLength(SAMPLES / 400);
    const file = join(site.folder, 'recordings', `${id}.peaks.age`);
    writeFileSync(file, 'torn');
    expect(await shown()).toEqual(stored);
    rmSync(file);
    expect(await shown()).toEqual(stored);
  });

  it('refuses a file that is not the one of the ledger before a byte is heard', async () => {
    writeFileSync(join(site.folder, 'recordings', `${id}.wav.age`), 'another file');
    expect((await play(reviewer)).code).toBe('RECORDING_CHANGED');
    expect(acts()).toEqual([`recording.play zhou ${id} complaint 4711 failed`]);
  });
});

describe('the list of recordings', () => {
  it('is searched, audited, and shows no number in clear', async () => {
    const of = (query: string) => site.ask('GET', `/api/recordings?${query}`, headersOf(reviewer));
    expect((await of('agent=li&limit=10')).json).toMatchObject([{ id, agent: 'li', callerNumber: '138******78', state: 'complete' }]);
    expect((await of('agent=wang')).json).toEqual([]);
    expect((await of(`after=${id}`)).json).toEqual([]);
    expect((await of('limit=all')).code).toBe('REQUEST_INVALID');
    expect((await site.ask('GET', `/api/recordings/${id}`, headersOf(reviewer))).json).toMatchObject({ id, pauses: [] });
    expect(new Set(site.acts.map(({ act }) => act))).toEqual(new Set(['recording.list']));
  });
});

describe('giving a recording out', () => {
  it('takes the right, a fresh second factor and a purpose, and is audited before the first byte', async () => {
    const officer = await enrolled(site, 'sun', ['compliance_officer']);
    site.acts.length = 0;
    const ask = (as: string, person = officer) =>
      site.ask('POST', `/api/recordings/${id}/export`, { ...headersOf(person), body: { purpose: 'court order 12', as } });
    expect((await ask('wav', reviewer)).code).toBe('PERMISSION_REFUSED');
    const wav = await ask('wav');
    expect(wav.headers).toMatchObject({ 'content-disposition': `attachment; filename="${id}.wav"` });
    expect(wav.text).toContain('keepline recording export v1');
    expect((await ask('age')).text.startsWith('age-encryption.org/v1')).toBe(true);
    expect(acts()).toEqual(Array(2).fill(`recording.export sun ${id} court order 12 done`));
    clock.advance(600_000);
    expect((await ask('wav')).code).toBe('STEP_UP_NEEDED');
  });
});

describe('what the archive keeps on disk', () => {
  it('is a waveform that only the identity opens', async () => {
    const sealed = readFileSync(join(site.folder, 'recordings', `${id}.peaks.age`));
    expect((await decryptBytes(sealed, site.recordingKey)).length).toBe(8 + 2 * (SAMPLES / 400));
  });
});
