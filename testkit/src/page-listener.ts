/**
 * The ear of the scripted agent: runs inside the page, so it is text here. It listens to the desk's audio element for about a second and
 * takes the strongest bin of the spectrum above 60 Hz (8192 points at 48 kHz: 5.9 Hz wide).
 */
export interface HeardTone {
  /** Dominant frequency in Hz; 0 when nothing plays. */
  readonly hz: number;
  /** Its level in dB relative to full scale, -200 for silence. A tone in a call is above -40. */
  readonly db: number;
}

export const LISTEN = `(async () => {
  const audio = document.querySelector('[data-testid="remote-audio"]');
  if (!audio || !audio.srcObject) return { hz: 0, db: -200 };
  const context = new AudioContext();
  try {
    await context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0.5;
    context.createMediaStreamSource(audio.srcObject).connect(analyser);
    const bins = new Float32Array(analyser.frequencyBinCount);
    for (let i = 0; i < 10; i++) {
      await new Promise((done) => setTimeout(done, 100));
      analyser.getFloatFrequencyData(bins);
    }
    const width = context.sampleRate / analyser.fftSize;
    let top = Math.ceil(60 / width);
    for (let i = top; i < bins.length; i++) if (bins[i] > bins[top]) top = i;
    const db = Math.max(-200, bins[top]);
    return { hz: db > -200 ? Math.round(top * width) : 0, db: Math.round(db * 10) / 10 };
  } finally {
    await context.close();
  }
})()`;
