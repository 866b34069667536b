/** How a phone says a request again until it is answered, over a transport that may lose it (RFC 3261 §17.1.2.2, timers E and F; an INVITE likewise). */
const T1_MS = 500;
const T2_MS = 4000;
const GIVE_UP_MS = 64 * T1_MS;

export class Repeats {
  #next: NodeJS.Timeout | undefined;

  /** Says it now and again; what was said before is said no more. @param giveUp once, 32 s after the first time, unless stopped */
  start(say: () => void, giveUp: () => void): void {
    this.stop();
    say();
    let waitMs = T1_MS;
    let passedMs = 0;
    const again = (): void => {
      passedMs += waitMs;
      if (passedMs >= GIVE_UP_MS) return giveUp();
      say();
      waitMs = Math.min(waitMs * 2, T2_MS);
      this.#next = setTimeout(again, waitMs);
    };
    this.#next = setTimeout(again, waitMs);
  }

  stop(): void {
    clearTimeout(this.#next);
    this.#next = undefined;
  }
}
