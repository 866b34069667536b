/** Law of the held cloud link: whenever the peer's copy is called fresh, everything that has left is in it, whatever stops, hangs or comes late. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HEARD_MS, hold, type Hold, type Look, NOT_HELD } from './uplink-hold.ts';

const BOUNDS = { lossBoundMs: 10_000, freshMs: 6300 };
const STEP_MS = 100;

it('calls no copy fresh that lacks an event which has left', () => {
  const deed = fc.record({
    forSteps: fc.integer({ min: 1, max: 60 }),
    copies: fc.boolean(),
    /** Steps by which cloud-sync hears later than it was told. */
    late: fc.integer({ min: 0, max: HEARD_MS / STEP_MS - 1 }),
  });
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 30 }), (deeds) => {
      let state: Hold = NOT_HELD;
      let [now, produced, sent] = [0, 0, 0];
      let copied: Look | undefined;
      let onItsWay: Look | undefined;
      const told: Array<number | null> = [];
      for (const { forSteps, copies, late } of deeds)
        for (let i = 0; i < forSteps; i++) {
          now += STEP_MS;
          produced += 3;
          if (copies && now % 1000 === 0) {
            if (onItsWay) copied = onItsWay;
            onItsWay = { beganAt: now, outboxSeq: produced };
          } else if (!copies) onItsWay = undefined;
          state = hold(state, copied, now, BOUNDS);
          told.push(state.copiedSeq);
          // It acts on what it was told, now or up to HEARD_MS ago.
          const heard = told.at(-1 - late) ?? null;
          sent = Math.max(sent, heard === null ? produced : Math.min(heard, produced));
          if (!state.fresh) continue;
          expect(copied?.outboxSeq ?? 0).toBeGreaterThanOrEqual(sent);
        }
    }),
    { numRuns: 500 },
  );
});

it('holds from the first copy on, calls the third one fresh, and lets everything go once the copy is older than the bound', () => {
  let state = hold(NOT_HELD, undefined, 0, BOUNDS);
  expect(state).toEqual(NOT_HELD);
  state = hold(state, { beganAt: 900, outboxSeq: 40 }, 1000, BOUNDS);
  expect(state).toEqual({ since: 1000, copiedSeq: 40, fresh: false });
  state = hold(state, { beganAt: 1000, outboxSeq: 41 }, 2000, BOUNDS);
  expect(state).toMatchObject({ copiedSeq: 41, fresh: false });
  state = hold(state, { beganAt: 2000, outboxSeq: 44 }, 3000, BOUNDS);
  expect(state).toMatchObject({ copiedSeq: 44, fresh: true });
  expect(hold(state, { beganAt: 2000, outboxSeq: 44 }, 8400, BOUNDS)).toMatchObject({ copiedSeq: 44, fresh: false });
  expect(hold(state, { beganAt: 2000, outboxSeq: 44 }, 12_001, BOUNDS)).toEqual(NOT_HELD);
});
