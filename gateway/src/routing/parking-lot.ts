/**
 * The parking places of the house: which call stands in which. Bounded by `parking.slots`; a place has at most one call and a call at most one
 * place. Holds no clock: the journey of the call knows how long it may stand, and leaves.
 */
import type { CallId } from '@keepline/contracts/ids';
import { ParkingFull, ParkingSlotTaken } from './errors.ts';

export interface ParkingPlace {
  readonly slot: number;
  /** The place is free again; leaving twice changes nothing. */
  leave(): void;
}

export class ParkingLot {
  readonly #first: number;
  readonly #count: number;
  readonly #calls = new Map<number, CallId>();

  constructor({ firstSlot, slots }: { readonly firstSlot: number; readonly slots: number }) {
    this.#first = firstSlot;
    this.#count = slots;
  }

  /** Calls that stand here now. */
  get parked(): number {
    return this.#calls.size;
  }

  /** Takes the first place that is free. @throws ParkingFull, ParkingSlotTaken where the call stands already */
  take(callId: CallId): ParkingPlace {
    for (const [slot, parked] of this.#calls) if (parked === callId) throw new ParkingSlotTaken(slot);
    for (let slot = this.#first; slot < this.#first + this.#count; slot++) {
      if (this.#calls.has(slot)) continue;
      this.#calls.set(slot, callId);
      let isLeft = false;
      return {
        slot,
        leave: () => {
          if (!isLeft) this.#calls.delete(slot);
          isLeft = true;
        },
      };
    }
    throw new ParkingFull(this.#count);
  }

  /** The call in this place. */
  at(slot: number): CallId | undefined {
    return this.#calls.get(slot);
  }
}
