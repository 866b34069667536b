import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LegReports } from './leg-reports.ts';
import { ntpMiddle, readReport, writeReport } from './rtcp-packet.ts';

const sent = { timestamp: 1000, packets: 50, bytes: 8000 };
const reception = { ssrc: 2, fractionLost: 12, lost: 3, highest: 70_000, jitter: 16 };

describe('RTCP of a leg (RFC 3550 §6.4)', () => {
  it('tells two legs the round trip between them and what the other has lost', () => {
    const [a, b] = [new LegReports(1, 'leg-a'), new LegReports(2, 'leg-b')];
    const start = 1_800_000_000_000;
    expect(b.read(a.write(sent, undefined, start), start + 30)).toBe(true); // 30 ms on the way
    const back = b.write(sent, { ...reception, ssrc: 1 }, start + 530); // half a second later
    expect(a.read(back, start + 580)).toBe(true); // 50 ms back
    expect(a.roundTripMs).toBeCloseTo(80, 0);
    expect(a.lostByRemote).toBe(3);
    expect(b.roundTripMs).toBeNull();
  });

  it('counts what lies behind a relay: both ways added, and the loss of whom it relays to', () => {
    const [a, b] = [new LegReports(1, 'leg-a'), new LegReports(2, 'leg-b')];
    const start = 1_800_000_000_000;
    b.read(a.write(sent, undefined, start), start + 1);
    a.read(b.write(sent, { ...reception, ssrc: 1 }, start + 501), start + 502);
    a.behind = { roundTripMs: 180, lost: 40, jitterMs: 12 };
    expect(a.roundTripMs).toBeCloseTo(182, 0);
    expect(a).toMatchObject({ lostByRemote: 40, jitterByRemoteMs: 12 });
  });

  it('is a compound of report and canonical name in whole words, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.string({ maxLength: 60, unit: 'grapheme-ascii' }),
        fc.integer({ min: -9e6, max: 9e6 }),
        (sends, hears, name, lost) => {
          const heard = hears ? { ...reception, lost } : undefined;
          const packet = writeReport({
            ssrc: 7,
            name,
            nowMs: 1e12,
            sent: sends ? sent : null,
            reception: heard,
            lastReport: 5,
            sinceLastReport: 6,
          });
          expect(packet.length % 4).toBe(0);
          const read = readReport(packet, reception.ssrc);
          expect(read?.reportTime).toBe(sends ? ntpMiddle(1e12) : 0);
          const clipped = Math.min(0x7fffff, Math.max(-0x800000, lost));
          expect(read?.aboutUs).toEqual(hears ? { lost: clipped, jitter: reception.jitter, lastReport: 5, sinceLastReport: 6 } : undefined);
        },
      ),
    );
  });

  it('refuses what is cut short or no RTCP, and never fails on noise', () => {
    const packet = writeReport({ ssrc: 7, name: 'x', nowMs: 0, sent, reception, lastReport: 0, sinceLastReport: 0 });
    for (let length = 1; length < 52; length++) expect(readReport(packet.subarray(0, length), 2)).toBeUndefined();
    expect(new LegReports(1, 'x').read(Uint8Array.of(0, 200, 0, 0), 0)).toBe(false);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => void readReport(noise, 1)));
  });
});
