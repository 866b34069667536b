/** The last changes of the link, oldest first; what a person reads after an outage. */
import type { LinkChange } from '@keepline/contracts/link';

/** Changes that are kept; at one a second, the last four minutes of the worst line. */
const KEPT = 256;

export class Timeline {
  readonly #changes: LinkChange[] = [];

  add(change: LinkChange): void {
    this.#changes.push(change);
    if (this.#changes.length > KEPT) this.#changes.shift();
  }

  list(): readonly LinkChange[] {
    return this.#changes;
  }
}
