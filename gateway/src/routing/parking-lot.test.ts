import { type CallId, newId } from '@keepline/contracts/ids';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ParkingLot, type ParkingPlace } from './parking-lot.ts';

const call = (): CallId => newId('call', 0);

describe('parking places', () => {
  it('whatever comes and goes: no place has two calls, no call two places, and none is lost', () => {
    const act = fc.oneof(fc.constant('take' as const), fc.nat(30));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), fc.array(act, { maxLength: 200 }), (slots, acts) => {
        const lot = new ParkingLot({ firstSlot: 701, slots });
        const places: Array<{ readonly place: ParkingPlace; readonly callId: CallId }> = [];
        for (const each of acts) {
          if (each !== 'take') {
            const [left] = places.splice(each, 1);
            left?.place.leave();
            left?.place.leave(); // twice is once, also when somebody else stands there by now
            if (left) expect(lot.at(left.place.slot)).toBeUndefined();
          } else if (places.length === slots) expect(() => lot.take(call())).toThrow('parking places are taken');
          else {
            const callId = call();
            places.push({ callId, place: lot.take(callId) });
          }
          expect(lot.parked).toBe(places.length);
          expect(new Set(places.map(({ place }) => place.slot)).size).toBe(places.length);
          for (const { place, callId } of places) {
            expect(lot.at(place.slot)).toBe(callId);
            expect(place.slot).toBeGreaterThanOrEqual(701);
            expect(place.slot).toBeLessThan(701 + slots);
          }
        }
      }),
    );
  });

  it('a place that was left late does not lose its next call', () => {
    const lot = new ParkingLot({ firstSlot: 701, slots: 1 });
    const former = lot.take(call());
    former.leave();
    const next = call();
    lot.take(next);
    former.leave();
    expect(lot.at(701)).toBe(next);
    expect(() => lot.take(next)).toThrow('parked already');
  });
});
