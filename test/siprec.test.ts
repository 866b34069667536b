/**
 * A PBX forks its call to us to be recorded (SIPREC, RFC 7866 and 7865): SIPp as recording client with two streams, who joins and leaves, a
 * pause and a resume. In the ledger, sealed and listed like a call of ours; refused on a trunk that may not.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@keepline/testkit/eventually';
import { exportRecording, listRecordings, tonesOnTape } from '@keepline/testkit/recordings';
import { writeRtpPcap } from '@keepline/testkit/rtp-pcap';
import { Sipp } from '@keepline/testkit/sipp';
import { eventsOf, query } from '@keepline/testkit/site-database';
import { staffedSite, type StaffedSite } from '@keepline/testkit/staffed-site';
import { tempDir } from '@keepline/testkit/temp-dir';
import { loudness } from '@keepline/testkit/tone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RtpLine } from '../testkit/src/softphone/rtp-line.ts';
import { readStereoAlaw } from '../testkit/src/wav-file.ts';
import { openedData } from './opened-data.ts';

const LEFT_HZ = 440;
const RIGHT_HZ = 620;
const CALLER = '13812345678';
const scenario = (name: string): string => join(import.meta.dirname, 'fixtures/sipp', name);

describe('a recording session', () => {
  const scratch = tempDir();
  let house: StaffedSite;
  let right: RtpLine;

  beforeAll(async () => {
    house = await staffedSite(1, {
      queues: [{ name: 'service' }],
      sip: {
        trunks: [
          { name: 'pbx', sources: ['127.0.0.1/32'], siprec: true },
          { name: 'carrier', sources: ['127.0.0.3/32'] },
        ],
      },
    });
    right = await RtpLine.open('127.0.0.1');
    writeRtpPcap(join(scratch.path, 'left.pcap'), { hz: LEFT_HZ, ms: 8000, keys: [] });
  }, 120_000);
  afterAll(async () => {
    right?.close();
    await house?.close();
    scratch.remove();
  }, 120_000);

  const sipp = (name: string, address: string, log: string): Promise<Sipp> =>
    Sipp.start({
      scenario: scenario(name),
      folder: scratch.path,
      remote: house.site.place.sip,
      address,
      options: ['-trace_logs', '-log_file', log, '-key', 'right_port', `${right.port}`, '-key', 'caller', CALLER],
    });

  /** A session from its INVITE to its BYE, with both voices. */
  async function fork(name: string): Promise<void> {
    const log = join(scratch.path, `${name}.log`);
    const src = await sipp(name, '127.0.0.1', log);
    try {
      const port = await eventually('the recorder answers', () =>
        existsSync(log) ? Number(/right ([0-9]+)/.exec(readFileSync(log, 'utf8'))?.[1] ?? 0) : 0,
      );
      right.start({ address: '127.0.0.1', port }, [RIGHT_HZ]);
      await src.done();
    } finally {
      await src.close();
    }
  }

  it('has both voices on their sides, is silent while paused, and stands in ledger, events and list with its source', async () => {
    const { data } = house.site.place;
    await fork('src-forks.xml');
    const [row] = await eventually('the recording is complete', async () => {
      const rows = await listRecordings(data);
      return rows.length === 1 && rows[0]?.state === 'complete' && rows;
    });
    if (!row) throw new Error('no recording');
    expect(row).toMatchObject({ source: 'siprec', sourceSession: 'ab30317f1a784dc48ff824d0d3715d86', agentId: '' });

    const wav = await exportRecording(data, row.id, scratch.path);
    const heard = tonesOnTape(wav, LEFT_HZ, RIGHT_HZ);
    expect(Math.min(heard.caller, heard.agent)).toBeGreaterThan(0.5);
    const swapped = tonesOnTape(wav, RIGHT_HZ, LEFT_HZ);
    expect(Math.max(swapped.caller, swapped.agent)).toBeLessThan(0.05);

    const [pause, ...more] = await query<{ fromMs: number; toMs: number; by: string; resumedBy: string }>(
      data,
      'SELECT from_ms AS fromMs, to_ms AS toMs, paused_by AS "by", resumed_by AS resumedBy FROM recording_pauses',
    );
    expect(more).toEqual([]);
    expect(pause).toMatchObject({ by: 'source', resumedBy: 'source' });
    const sound = readStereoAlaw(wav);
    const between = (fromMs: number, toMs: number, side: 'left' | 'right'): number =>
      loudness(sound[side].subarray(Math.round(fromMs * 8), Math.round(toMs * 8)));
    const { fromMs = 0, toMs = 0 } = pause ?? {};
    expect(toMs - fromMs).toBeGreaterThan(1000);
    for (const side of ['left', 'right'] as const) {
      expect(between(fromMs + 200, toMs - 200, side)).toBeLessThan(20);
      expect(between(toMs + 300, toMs + 1300, side)).toBeGreaterThan(1000); // both still speak, and are heard again
    }

    const events = async () => (await eventsOf(data)).map(({ type }) => type).filter((type) => /^(call|recording)\./.test(type));
    await expect
      .poll(events)
      .toEqual([
        'call.offered',
        'recording.opened',
        'recording.party_changed',
        'recording.party_changed',
        'recording.party_changed',
        'recording.party_changed',
        'recording.paused',
        'recording.resumed',
        'recording.closed',
        'call.ended',
      ]);
    const { calls, events: stories } = await openedData(data);
    expect(calls[0]).toMatchObject({
      trunk: 'pbx',
      callerNumber: CALLER,
      callerName: 'Zhang Wei',
      dialledNumber: '4001',
      verdict: 'completed',
    });
    const changes = stories.map((json) => JSON.parse(json)).filter(({ change }) => change !== undefined);
    expect(changes.map(({ side, change, number }) => `${side} ${change} ${number}`)).toEqual([
      `left joined ${CALLER}`,
      'right joined 4001',
      'right left 4001',
      'right joined 4002',
    ]);
    // On the disk none of it can be read.
    const raw = await query<{ data: string }>(data, "SELECT data FROM event_log WHERE type = 'recording.party_changed'");
    expect(raw.some((event) => event.data.includes(CALLER) || event.data.includes('Zhang'))).toBe(false);
    const health = await house.site.health();
    expect(JSON.stringify(health)).not.toMatch(/unaccounted/);
  }, 180_000);

  it('that begins without an offer gets ours, and the answer in its ACK says which voice is which (RFC 3261 §13.2.1)', async () => {
    const { data } = house.site.place;
    await fork('src-late-offer.xml');
    const row = await eventually('the recording is complete', async () =>
      (await listRecordings(data)).find(({ sourceSession, state }) => sourceSession === 'late-offer' && state === 'complete'),
    );
    const heard = tonesOnTape(await exportRecording(data, row.id, scratch.path), LEFT_HZ, RIGHT_HZ);
    expect(Math.min(heard.caller, heard.agent)).toBeGreaterThan(0.5);
    const told = async () => {
      const { events } = await openedData(data);
      const own = events.map((json) => JSON.parse(json)).filter(({ recordingId }) => recordingId === row.id);
      return own
        .map(({ side, change, number }) => (change === undefined ? '' : `${side} ${change} ${number}`))
        .filter((line) => line !== '');
    };
    await expect.poll(told, { timeout: 30_000 }).toEqual([`left joined ${CALLER}`, 'right joined 4001']);
    expect(await query(data, 'SELECT * FROM recording_pauses WHERE recording_id = ?', row.id)).toEqual([]);
  }, 120_000);

  it('is refused with 420 on a trunk that may not fork calls, and leaves nothing behind', async () => {
    const before = await query(house.site.place.data, 'SELECT id FROM calls');
    const src = await sipp('src-refused.xml', '127.0.0.3', join(scratch.path, 'refused.log'));
    try {
      await src.done();
    } finally {
      await src.close();
    }
    expect(await query(house.site.place.data, 'SELECT id FROM calls')).toEqual(before);
  }, 120_000);
});
