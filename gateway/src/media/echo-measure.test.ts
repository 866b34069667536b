import { describe, expect, it } from 'vitest';
import { EchoMeasure } from './echo-measure.ts';
import { emptyHeader, readRtp, writeRtp } from './rtp-packet.ts';

/** Sends 250 packets, one each 20 ms; `back` says when a packet comes back, or null. */
function round(back: (i: number) => number | null): EchoMeasure {
  const measure = new EchoMeasure();
  const arrivals: Array<{ readonly atMs: number; readonly packet: Buffer }> = [];
  for (let i = 0; i < 250; i++) {
    const packet = Buffer.alloc(172);
    writeRtp(packet, 0, 8, i === 0, i, i * 160, 7);
    measure.send(packet, 12, i * 20);
    const delayMs = back(i);
    if (delayMs !== null) arrivals.push({ atMs: i * 20 + delayMs, packet });
  }
  const header = emptyHeader();
  for (const { atMs, packet } of arrivals.toSorted((a, b) => a.atMs - b.atMs))
    if (readRtp(packet, header)) measure.received(packet, header, atMs);
  return measure;
}

describe('an echo that is measured', () => {
  it('is as good as G.711 gets when all comes back at once', () => {
    expect(round(() => 2).figures()).toEqual({ sent: 250, received: 250, lost: 0, jitterMs: 0, roundTripMs: 2, mos: 4.38 });
  });

  it('tells loss, delay and jitter apart, and each costs', () => {
    const lossy = round((i) => (i % 10 === 3 ? null : 2)).figures();
    expect(lossy).toMatchObject({ lost: 25, roundTripMs: 2, jitterMs: 0 });
    expect(lossy.mos).toBeLessThan(2.5);
    const late = round(() => 600).figures();
    expect(late).toMatchObject({ lost: 0, roundTripMs: 600, jitterMs: 0 });
    expect(late.mos).toBeLessThan(4);
    const uneven = round((i) => (i % 2) * 60).figures();
    expect(uneven.lost).toBe(0);
    expect(uneven.jitterMs).toBeGreaterThan(20);
  });

  it('has no score without sound, and takes neither a packet twice nor one of somebody else', () => {
    expect(round(() => null).figures()).toEqual({ sent: 250, received: 0, lost: 250, jitterMs: 0, roundTripMs: null, mos: null });
    const measure = round(() => 2);
    const packet = Buffer.alloc(172);
    const header = emptyHeader();
    for (const number of [3, 4_000_000_000]) {
      writeRtp(packet, 0, 8, false, 9, 9, 7);
      packet.writeUInt32BE(number, 12);
      readRtp(packet, header);
      measure.received(packet, header, 9000);
    }
    expect(measure.figures()).toMatchObject({ received: 250, roundTripMs: 2 });
  });
});
