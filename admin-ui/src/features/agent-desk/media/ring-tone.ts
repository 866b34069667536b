/**
 * The ring of the desk, made by WebAudio so that no sound file is needed: 450 Hz (the tone of Chinese telephone networks, GF 002-9002)
 * for one second, then two seconds of silence, with soft edges.
 */
export interface RingTone {
  /** On or off; saying the same again changes nothing. */
  set(isRinging: boolean): void;
}

export const RING_HZ = 450;
export const RING_ON_MS = 1000;
export const RING_PERIOD_MS = 3000;
const VOLUME = 0.12;
const EDGE_S = 0.03;

export function makeRingTone(): RingTone {
  let context: AudioContext | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;
  let playing: OscillatorNode | null = null;

  const burst = (): void => {
    context ??= new AudioContext();
    if (context.state === 'suspended') void context.resume(); // granted once the agent has touched the page
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    const from = context.currentTime;
    const to = from + RING_ON_MS / 1000;
    oscillator.frequency.value = RING_HZ;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(VOLUME, from + EDGE_S);
    gain.gain.setValueAtTime(VOLUME, to - EDGE_S);
    gain.gain.linearRampToValueAtTime(0, to);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(from);
    oscillator.stop(to);
    playing = oscillator;
  };

  return {
    set(isRinging) {
      if (isRinging === (timer !== undefined)) return;
      if (isRinging) {
        burst();
        timer = setInterval(burst, RING_PERIOD_MS);
      } else {
        clearInterval(timer);
        timer = undefined;
        playing?.stop(); // at once: the first word of the caller must not drown in it
        playing = null;
      }
    },
  };
}
