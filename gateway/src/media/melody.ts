/**
 * Sounds made by code, pure: the music callers hear while they wait, and signals in place of speech where no speech can be made.
 * All at 8 kHz, A-law. The music keeps off 400–450, 600–650, 850–900 and 1000–1100 Hz, where testers put their tones.
 */
import { linearToAlaw } from './g711.ts';

const RATE = 8000;
const CHORD_SECONDS = 2.4;
/** Fundamentals in Hz; a second partial must keep off the testers' bands as well. */
const [C3, D3, E3, F3, G3, A3, B3, C4, D4, E4, G4] = [130.81, 146.83, 164.81, 174.61, 196.0, 220.0, 246.94, 261.63, 293.66, 329.63, 392.0];
const CHORDS: readonly (readonly number[])[] = [
  [C3, E3, G3, C4, E4],
  [A3 / 2, E3, A3, C4, E4],
  [F3 / 2, F3, A3, C4, E4],
  [G3 / 2, D3, G3, B3, D4],
  [C3, G3, C4, E4, G4],
  [E3, G3, B3, D4, E4],
  [A3 / 2, C3, E3, A3, C4],
  [G3 / 2, B3 / 2, D3, G3, D4],
];

/** About 19 s of broken chords that end where they begin, so that a loop has no seam. */
export function holdMusic(): Uint8Array {
  const total = Math.round(CHORDS.length * CHORD_SECONDS * RATE);
  const sound = new Float64Array(total);
  CHORDS.forEach((chord, bar) => {
    chord.forEach((hz, voice) => pluck(sound, Math.round((bar + voice * 0.18) * CHORD_SECONDS * RATE), hz, voice === 0 ? 0.26 : 0.17));
  });
  return alaw(sound);
}

/** What a caller hears while it rings at the other end in China, from the beginning of a tone: 450 Hz, 1 s in 5 s. */
export function ringback(): Uint8Array {
  const sound = new Float64Array(5 * RATE);
  for (let i = 0; i < RATE; i++) sound[i] = 0.2 * Math.min(1, i / 80, (RATE - i) / 80) * Math.sin((2 * Math.PI * 450 * i) / RATE);
  return alaw(sound);
}

/** A plucked note with a slow end; what reaches over the end of the loop goes on at its beginning. */
function pluck(sound: Float64Array, from: number, hz: number, level: number): void {
  const length = Math.round(2.2 * RATE);
  for (let i = 0; i < length; i++) {
    const seconds = i / RATE;
    const envelope = Math.min(1, seconds / 0.03) * Math.exp(-1.6 * seconds) * Math.min(1, (length - i) / (0.2 * RATE));
    const at = (from + i) % sound.length;
    sound[at] = (sound[at] ?? 0) + level * envelope * Math.sin(2 * Math.PI * hz * seconds);
  }
}

/** Steps of the signals that stand in for speech, Hz; off the testers' bands too. */
const SIGNAL_HZ = [330, 370, 494, 554, 740, 784, 1175, 1319] as const;

/** Five short tones that are different for every text: what a prompt is where no speech can be made. */
export function signalFor(text: string): Uint8Array {
  let hash = 0x811c9dc5; // FNV-1a, 32 bits
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x0100_0193) >>> 0;
  const toneSamples = Math.round(0.22 * RATE);
  const sound = new Float64Array(toneSamples * 6);
  for (let tone = 0; tone < 5; tone++) {
    const hz = SIGNAL_HZ[(hash >>> (tone * 3)) & 7] ?? 330;
    for (let i = 0; i < toneSamples; i++) {
      const edge = Math.min(1, i / 80, (toneSamples - i) / 80); // 10 ms, or it clicks
      sound[tone * toneSamples + i] = 0.3 * edge * Math.sin((2 * Math.PI * hz * i) / RATE);
    }
  }
  return alaw(sound);
}

function alaw(sound: Float64Array): Uint8Array {
  return Uint8Array.from(sound, (value) => linearToAlaw(Math.round(Math.max(-1, Math.min(1, value)) * 32_000)));
}
