/**
 * What is heard while the other end of a call out rings: the far end's own sound where it sends some before it answers (early media), else a
 * ringing tone of ours. Whoever rings is heard, and hears nobody yet; nothing of it is recorded: there is no talk.
 */
import type { CallAudio } from '../calls/call-audio.ts';
import type { Leg } from '../calls/leg.ts';
import type { OutsideCall, OutsideProgress } from '../calls/outside-line.ts';

const RINGBACK = 'ringback';

/** For a leg that hears nothing else. The result ends it; whatever is bridged next takes its place. */
export function hearProgress(
  call: Pick<OutsideCall, 'onProgress'>,
  leg: Leg,
  audio: Pick<CallAudio, 'mix' | 'unbridge'>,
  onFault: (fault: unknown) => void,
): () => void {
  let isEarly = false;
  const stop = call.onProgress((progress) => {
    isEarly = progress.is === 'early';
    if (progress.is === 'early') audio.mix(new Map([[leg, [progress.leg]]]), []);
    else leg.audio.play([RINGBACK], { loop: true }).catch(onFault);
  });
  return () => {
    stop();
    leg.audio.stopPlaying();
    if (isEarly) audio.unbridge();
  };
}

/** The same for the agent of a conversation, which may hear others meanwhile: they come first. */
export class ConsultProgress {
  readonly #agent: Leg;
  readonly #onFault: (fault: unknown) => void;
  #progress: OutsideProgress | null = null;
  #isPlaying = false;
  #stop: (() => void) | null = null;

  constructor(agent: Leg, onFault: (fault: unknown) => void) {
    this.#agent = agent;
    this.#onFault = onFault;
  }

  /** @param changed who hears whom is to be looked at again */
  follow(call: Pick<OutsideCall, 'onProgress'>, changed: () => void): void {
    const stop = call.onProgress((progress) => {
      this.#progress = progress;
      changed();
    });
    this.#stop = () => {
      stop();
      this.#progress = null;
      this.#play(false);
      changed();
    };
  }

  /** Answered, refused or not wanted any more. */
  end(): void {
    const stop = this.#stop;
    this.#stop = null;
    stop?.();
  }

  /** Adds early sound to who hears whom, or has a ringing tone played, while the agent hears nobody else. */
  addTo(routes: Array<readonly [Leg, Leg[]]>): void {
    const isFree = !routes.some(([to]) => to === this.#agent);
    const progress = isFree ? this.#progress : null;
    if (progress?.is === 'early') routes.push([this.#agent, [progress.leg]]);
    this.#play(progress?.is === 'ringing');
  }

  #play(isWanted: boolean): void {
    if (isWanted === this.#isPlaying) return;
    this.#isPlaying = isWanted;
    if (isWanted) this.#agent.audio.play([RINGBACK], { loop: true }).catch(this.#onFault);
    else this.#agent.audio.stopPlaying();
  }
}
