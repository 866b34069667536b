/**
 * A lane to the disk: at most `width` operations at once, the rest wait in order. Node runs file operations in few threads that the whole
 * process shares; a stalled disk may take those of the lanes and leaves the others to the database and to name look-ups.
 */
export class DiskLane {
  readonly #width: number;
  readonly #waiting: Array<() => void> = [];
  #running = 0;

  /** @param width operations at once */
  constructor(width: number) {
    this.#width = width;
  }

  async run<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#width) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await operation();
    } finally {
      const next = this.#waiting.shift();
      if (next)
        next(); // the place goes straight to the next, so nobody can slip in between
      else this.#running--;
    }
  }
}

/** Threads of the four that Node has by default: two write, one waits for the disk's cache. */
export const WRITE_WIDTH = 2;
export const SYNC_WIDTH = 1;
