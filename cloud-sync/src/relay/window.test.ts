/** The window by its law: whatever the answers, what it settles is what the stream has, and nothing is sent twice or out of order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLIGHT_MAX_BYTES, Window } from './window.ts';

const START = { settledSeq: 40, lastId: 'before', streamSeq: 7, fresh: true };
const fill = (window: Window, count: number, nowMs = 0) =>
  Array.from({ length: count }, (_, i) => window.send({ seq: 41 + i, id: `e${i}` }, 100, nowMs));

describe('window', () => {
  it('gives each event its place after the one before; the first of a run claims the number alone', () => {
    const positions = fill(new Window(START, 64), 3);
    expect(positions).toEqual([
      { afterSeq: 7, afterId: '', previousId: 'before' },
      { afterSeq: 8, afterId: 'e0', previousId: 'e0' },
      { afterSeq: 9, afterId: 'e1', previousId: 'e1' },
    ]);
  });

  it('settles up to the first gap only, and the rest when the gap closes', () => {
    const window = new Window(START, 64);
    fill(window, 4);
    window.acknowledged(9, 1);
    window.acknowledged(11, 1);
    expect(window.settle()).toBeUndefined();
    window.acknowledged(8, 1);
    expect(window.settle()).toMatchObject({ settledSeq: 42, streamSeq: 9, lastId: 'e1' });
    window.acknowledged(10, 1);
    expect(window.settle()).toMatchObject({ settledSeq: 44, streamSeq: 11, fresh: false });
    expect(window.settle()).toBeUndefined();
    expect(window.unanswered).toBe(0);
  });

  it('closes at a refusal and keeps what was acknowledged before it', () => {
    const window = new Window(START, 64);
    fill(window, 3);
    window.refused(9);
    window.acknowledged(8, 1);
    expect(window.open).toBe(false);
    expect(window.settle()).toMatchObject({ settledSeq: 41 });
    expect(window.unanswered).toBe(1);
  });

  it('holds no more events or bytes in flight than it may', () => {
    const few = new Window(START, 2);
    fill(few, 2);
    expect(few.open).toBe(false);
    const large = new Window(START, 64);
    large.send({ seq: 41, id: 'a' }, FLIGHT_MAX_BYTES, 0);
    expect(large.open).toBe(false);
    large.acknowledged(8, 1);
    expect(large.open).toBe(true);
  });

  /** `fillings` of the window, each answered whole `tookMs(events ahead of the last)` after it was sent. @returns the limit after each */
  const answered = (window: Window, fillings: number, tookMs: (inFlight: number) => number): number[] => {
    const limits: number[] = [];
    for (let n = 0; n < fillings; n++) {
      const sent: number[] = [];
      while (window.open) sent.push(window.send({ seq: ++seq, id: `e${seq}` }, 100, nowMs).afterSeq + 1);
      nowMs += tookMs(sent.length);
      for (const streamSeq of sent) window.acknowledged(streamSeq, nowMs);
      limits.push(window.limit);
    }
    return limits;
  };
  let seq = 40;
  let nowMs = 0;

  it('grows while answers come as quickly as ever, a long way off too, and shrinks when events queue up on the line', () => {
    const window = new Window(START, 1024);
    expect(answered(window, 6, () => 3000).at(-1)).toBe(1024);
    expect(answered(window, 2, () => 3600)).toEqual([512, 256]);
    // 50 ms for each event: only the least does not queue for longer than half a second.
    expect(answered(window, 60, (inFlight) => 100 + 50 * inFlight).slice(-30)).toSatisfy((limits: number[]) =>
      limits.every((n) => n <= 16),
    );
  });

  it('does not stay small on a machine that has become slow: when fewer in flight help nobody, they are not fewer for long', () => {
    for (const slowMs of [130, 900, 4000]) {
      const window = new Window(START, 1024);
      answered(window, 10, () => 2);
      const limits = answered(window, 20, () => slowMs);
      expect(limits).toContain(1); // it looked
      expect(limits.at(-1)).toBe(1024);
      expect(answered(window, 30, () => slowMs).slice(-13)).toEqual(Array.from({ length: 13 }, () => 1024)); // and has no reason to look again
    }
  });

  it('after any congestion the window is whole again within 32 fillings, however the line is then', () => {
    const load = fc.array(fc.record({ tookMs: fc.integer({ min: 1, max: 20_000 }), fillings: fc.integer({ min: 1, max: 8 }) }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(load, fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 256 }), (phases, thenMs, most) => {
        const window = new Window(START, most);
        for (const { tookMs, fillings } of phases) answered(window, fillings, () => tookMs);
        expect(answered(window, 32, () => thenMs).at(-1)).toBe(most);
      }),
      { numRuns: 100 },
    );
  });

  /** A server that takes events in order, loses some, and whose answers are lost, repeated and overtaken; then a new run on a new connection. */
  it('over any number of runs the stream holds each event once and in order, and settled never runs ahead of it', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), lost: fc.boolean() }) },
      { weight: 6, arbitrary: fc.record({ do: fc.constant('answer' as const), which: fc.nat(50), twice: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('drop' as const), which: fc.nat(50) }) },
      { weight: 1, arbitrary: fc.constant({ do: 'reconnect' as const }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 40 }), (steps, most) => {
        const stream: number[] = [];
        let settled = 0;
        let answers: { at: number; good: boolean }[] = [];
        let next = 1;
        let window = new Window({ settledSeq: 0, lastId: '', streamSeq: 0, fresh: true }, most);
        const take = (): void => {
          const reached = window.settle();
          if (!reached) return;
          expect(reached.settledSeq).toBeGreaterThan(settled);
          settled = reached.settledSeq;
          expect(stream[reached.streamSeq - 1]).toBe(settled);
          expect(stream.length).toBeGreaterThanOrEqual(reached.streamSeq);
        };
        for (const one of steps) {
          if (one.do === 'send' && window.open) {
            const { afterSeq } = window.send({ seq: next, id: String(next) }, 10, 0);
            const good = !one.lost && afterSeq === stream.length;
            if (good) stream.push(next);
            answers.push({ at: afterSeq + 1, good });
            next++;
          } else if (one.do === 'answer' && answers.length > 0) {
            const index = one.which % answers.length;
            const [answer] = one.twice ? answers.slice(index, index + 1) : answers.splice(index, 1);
            if (answer?.good) window.acknowledged(answer.at, 0);
            else if (answer) window.refused(answer.at);
            take();
          } else if (one.do === 'drop' && answers.length > 0) answers.splice(one.which % answers.length, 1);
          else if (one.do === 'reconnect') {
            take();
            // The relay asks the stream and goes on after what it holds, whatever was acknowledged.
            settled = Math.max(settled, stream.at(-1) ?? 0);
            next = settled + 1;
            answers = [];
            window = new Window({ settledSeq: settled, lastId: String(settled), streamSeq: stream.length, fresh: true }, most);
          }
          expect(window.unanswered).toBeGreaterThanOrEqual(0);
        }
        expect(stream).toEqual(Array.from({ length: stream.length }, (_, i) => i + 1));
      }),
      { numRuns: 500 },
    );
  });
});
