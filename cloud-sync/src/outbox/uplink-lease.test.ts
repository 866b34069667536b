/** A pair's cloud-sync: when it may send, and that it goes no further than the peer has copied. */
import { join } from 'node:path';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { readUplink, UPLINK_SILENCE_MS, uplinkText } from '@keepline/contracts/uplink';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir } from '@keepline/testkit/temp-dir';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allowed, type Lease, looked, type Seen, UNSEEN, UplinkLease } from './uplink-lease.ts';

it('allows nothing for longer than its silence after the file last changed, whatever is seen when', () => {
  const look = fc.record({ afterMs: fc.integer({ min: 1, max: 2000 }), seen: fc.constantFrom('gone', 'same', 'touched', 'torn') });
  fc.assert(
    fc.property(fc.array(look, { maxLength: 40 }), (looks) => {
      let tooLong = 0;
      let [lease, now, mtimeMs, touchedAt]: [Lease, number, number, number] = [UNSEEN, 0, 1, -Infinity];
      for (const { afterMs, seen } of looks) {
        now += afterMs;
        if (seen === 'touched') [mtimeMs, touchedAt] = [mtimeMs + 1, now];
        const file: Seen = seen === 'gone' ? undefined : { mtimeMs, text: seen === 'torn' ? '12' : uplinkText({ copiedSeq: 12 }) };
        lease = looked(lease, file, now);
        if (seen === 'gone' || now - touchedAt > UPLINK_SILENCE_MS) tooLong += allowed(lease, now) ? 1 : 0;
      }
      expect(tooLong).toBe(0);
    }),
  );
});

it('reads what was written, and nothing from half of it', () => {
  for (const copiedSeq of [0, 7, 123_456_789, null]) expect(readUplink(uplinkText({ copiedSeq }))).toEqual({ copiedSeq });
  for (const text of ['', '12', 'al', 'all', '-1\n', '1e5\n']) expect(readUplink(text)).toBeUndefined();
});

it('takes a file that nobody touches for what a dead appliance left, and tells the end of one that was touched once', async () => {
  const home = tempDir();
  try {
    const clock = new FakeClock();
    const path = join(home.path, 'uplink');
    const lease = new UplinkLease(path, clock);
    let granted = false;
    const waiting = lease.granted().then(() => (granted = true));
    writeFileSync(path, uplinkText({ copiedSeq: 5 }));
    clock.advance(5000);
    await Promise.resolve();
    expect(granted).toBe(false);
    utimesSync(path, 1000, 1000);
    clock.advance(100);
    await waiting;
    const heard: Array<number | null> = [];
    let lost = 0;
    lease.follow(
      ({ copiedSeq }) => heard.push(copiedSeq),
      () => lost++,
    );
    clock.advance(100);
    rmSync(path);
    clock.advance(1000);
    expect(heard).toEqual([5]);
    expect(lost).toBe(1);
  } finally {
    home.remove();
  }
});
