/** When an appliance of a pair may be stopped for another version, and when it is through. */
import { expect, it } from 'vitest';
import { isThrough, type PairSaid, whyItMustStay } from './pair-machine.ts';

const standby: PairSaid = { role: 'standby', fresh: false, data: 'copy', takenAgoMs: 900 };
const serving: PairSaid = { role: 'serving', fresh: true, data: 'own', takenAgoMs: null };

it('stops where nothing is served, and where no peer would take over', () => {
  expect([standby, { ...serving, fresh: false }, undefined].map(whyItMustStay)).toEqual([undefined, undefined, undefined]);
  expect(whyItMustStay(serving)).toContain('failback');
  expect(whyItMustStay({ ...serving, role: 'handing-over', fresh: false })).toContain('handing over');
});

it('is through when it serves, or stands by with a whole copy that is kept', () => {
  expect([standby, serving, { ...serving, fresh: false }].map(isThrough)).toEqual([true, true, true]);
  const not = [{ ...standby, data: 'own' }, { ...standby, takenAgoMs: null }, { ...standby, takenAgoMs: 60_000 }, undefined];
  expect(not.map(isThrough)).toEqual([false, false, false, false]);
});
