/**
 * How the main thread sees that a worker thread still turns: shared memory that the thread counts up at every turn of its ticker. A thread that
 * is busy for ever answers no message and ends by no event; its count stands still.
 */
const [TURNS, LATE_MS] = [0, 1];

/** Given to a thread at its start; both sides hold the same memory. */
export type Beat = Int32Array<SharedArrayBuffer>;

export const newBeat = (): Beat => new Int32Array(new SharedArrayBuffer(8));

/** In the thread, each turn. @param lateMs how much later the turn came than it was due */
export function beat(of: Beat, lateMs: number): void {
  Atomics.add(of, TURNS, 1);
  if (lateMs > Atomics.load(of, LATE_MS)) Atomics.store(of, LATE_MS, Math.round(lateMs));
}

/** On the main thread: asked once a second, tells how long the count has stood still. */
export class Pulse {
  readonly #of: Beat;
  #turns = 0;
  /** Looks in a row that found nothing new; a thread that has not begun yet is not judged. */
  missed = 0;
  /** The latest turn between the last two looks, ms. */
  lateMs = 0;

  constructor(of: Beat) {
    this.#of = of;
  }

  /** Turns of the thread since it began. */
  get turns(): number {
    return Atomics.load(this.#of, TURNS);
  }

  look(): void {
    const { turns } = this;
    this.lateMs = Atomics.exchange(this.#of, LATE_MS, 0);
    this.missed = turns === 0 || turns !== this.#turns ? 0 : this.missed + 1;
    this.#turns = turns;
  }
}
