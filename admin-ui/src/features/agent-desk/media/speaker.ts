/**
 * The page's one audio element, which plays the caller. It stays in the page for its whole life, because a browser lets an element that
 * played once after a click play again without one.
 */
export interface Speaker {
  play(track: MediaStreamTrack): void;
  silence(): void;
  /** Plays again what the browser had blocked; from a click or key press. */
  unlock(): void;
}

export function makeSpeaker(element: HTMLAudioElement): Speaker {
  const start = (): void => {
    // Refused until the agent has touched the page; answering does, and calls `unlock`.
    element.play().catch(() => {});
  };
  return {
    play(track) {
      element.srcObject = new MediaStream([track]);
      start();
    },
    silence() {
      element.srcObject = null;
    },
    unlock() {
      if (element.srcObject) start();
    },
  };
}
