import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.ts';

describe('fake clock', () => {
  it('fires due timers in order of due time, those armed meanwhile included', () => {
    const clock = new FakeClock(1000);
    const seen: string[] = [];
    const note = (what: string) => () => void seen.push(`${what}@${clock.now()}`);
    clock.after(30, note('late'));
    clock.after(10, () => {
      note('early')();
      clock.after(5, note('armed meanwhile'));
      clock.after(500, note('not yet'));
    });
    clock.advance(30);
    expect(seen).toEqual(['early@1010', 'armed meanwhile@1015', 'late@1030']);
    expect(clock.pending).toBe(1);
  });

  it('repeats an interval until it is disarmed, also from inside', () => {
    const clock = new FakeClock();
    let count = 0;
    const disarm = clock.every(10, () => {
      if (++count === 3) disarm();
    });
    clock.advance(100);
    expect(count).toBe(3);
    expect(clock.pending).toBe(0);
    disarm();
  });

  it('lets promises settle between timers', async () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
    void (async () => {
      for (let i = 0; i < 3; i++) {
        await wait(10);
        seen.push(`turn ${i} at ${clock.monotonicMs()}`);
      }
    })();
    await clock.advanceAsync(30);
    expect(seen).toEqual(['turn 0 at 10', 'turn 1 at 20', 'turn 2 at 30']);
  });

  it('a jump of the wall changes no duration and no timer', () => {
    const clock = new FakeClock(0);
    let fired = false;
    clock.after(10, () => (fired = true));
    clock.jumpWall(-3_600_000);
    clock.advance(9);
    expect(fired).toBe(false);
    expect(clock.monotonicMs()).toBe(9);
    clock.advance(1);
    expect(fired).toBe(true);
    expect(clock.now()).toBe(-3_600_000 + 10);
  });
});
