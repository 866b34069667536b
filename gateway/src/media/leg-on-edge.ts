/**
 * A leg on the main thread: turns calls into messages to its worker thread, and the thread's reports into callbacks and settled promises.
 */
import type { MediaLeg } from './call-media.ts';
import type { FarReport, LegPlace, LegRole, PlayEnd, RtpRemote } from './edge-messages.ts';
import type { EdgeThread, LegReport } from './edge-thread.ts';
import { LegClosed } from './errors.ts';
import type { PromptStore } from './prompt-store.ts';
import type { LegQuality, LegSample } from './leg-quality.ts';

export class LegOnEdge implements MediaLeg {
  readonly id: MediaLeg['id'];
  readonly role: LegRole;
  readonly address: string;
  readonly port: number;
  readonly ssrc: number;
  readonly #thread: EdgeThread;
  readonly #store: PromptStore;
  readonly #onGone: () => void;
  readonly #digit = new Set<(digit: string) => void>();
  readonly #lost = new Set<() => void>();
  readonly #firstPacket = new Set<() => void>();
  readonly #sample = new Set<(sample: LegSample) => void>();
  readonly #playing = new Map<number, (end: PlayEnd) => void>();
  readonly #forget: readonly (() => void)[];
  #plays = 0;
  #open = true;
  #isGone = false;

  /** @param onGone called once, when the leg's ports are free again */
  constructor(id: MediaLeg['id'], role: LegRole, place: LegPlace, thread: EdgeThread, store: PromptStore, onGone: () => void) {
    this.id = id;
    this.role = role;
    this.address = place.address;
    this.port = place.port;
    this.ssrc = place.ssrc;
    this.#thread = thread;
    this.#store = store;
    this.#onGone = onGone;
    this.#forget = [
      thread.listen(id, (report) => this.#take(report)),
      thread.onEnd(() => {
        for (const listener of this.#lost) listener();
        this.gone();
      }),
    ];
  }

  setRemote(remote: RtpRemote): void {
    const { address, port, codec, payloadType, dtmfPayloadType, held, direction, comfortNoise = false, srtp, local = false } = remote;
    const shared = { address, port, codec, payloadType, dtmfPayloadType, held, direction, comfortNoise, local };
    const plain = srtp ? { ...shared, srtp } : shared;
    this.#thread.tell({ do: 'setRemote', legId: this.id, remote: plain });
    // The thread has its copy; ours are of no more use.
    srtp?.send.fill(0);
    srtp?.receive.fill(0);
  }

  async play(names: readonly string[], how: { readonly loop?: boolean } = {}): Promise<PlayEnd> {
    this.#store.require(names);
    if (!this.#open) return 'stopped';
    const play = ++this.#plays;
    this.#thread.tell({ do: 'play', legId: this.id, play, names, loop: how.loop ?? false });
    return new Promise((resolve) => this.#playing.set(play, resolve));
  }

  stopPlaying(): void {
    this.#thread.tell({ do: 'stopPlaying', legId: this.id });
  }

  mute(muted: boolean): void {
    this.#thread.tell({ do: 'mute', legId: this.id, muted });
  }

  hearBehind(told: FarReport): void {
    this.#thread.tell({ do: 'hearBehind', legId: this.id, told });
  }

  onDigit(listener: (digit: string) => void): () => void {
    return added(this.#digit, listener);
  }

  onLost(listener: () => void): () => void {
    return added(this.#lost, listener);
  }

  onFirstPacket(listener: () => void): () => void {
    return added(this.#firstPacket, listener);
  }

  onSample(listener: (sample: LegSample) => void): () => void {
    return added(this.#sample, listener);
  }

  async quality(): Promise<LegQuality> {
    const quality = await this.#thread.ask<'quality'>({ do: 'quality', legId: this.id });
    if (!quality) throw new LegClosed(this.id);
    return quality;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    // The ports rest only once the thread has let go of them.
    this.#thread.ask<'closeLeg'>({ do: 'closeLeg', legId: this.id }).then(
      () => this.gone(),
      () => this.gone(),
    );
  }

  /** The thread has no such leg any more. */
  gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#open = false;
    for (const settle of this.#playing.values()) settle('stopped');
    this.#playing.clear();
    for (const forget of this.#forget) forget();
    this.#onGone();
  }

  #take(report: LegReport): void {
    switch (report.on) {
      case 'digit':
        for (const listener of [...this.#digit]) listener(report.digit);
        return;
      case 'lost':
        for (const listener of [...this.#lost]) listener();
        return;
      case 'firstPacket':
        for (const listener of [...this.#firstPacket]) listener();
        return;
      case 'sample':
        for (const listener of [...this.#sample]) listener(report.sample);
        return;
      case 'playEnd':
        this.#playing.get(report.play)?.(report.end);
        this.#playing.delete(report.play);
        return;
    }
  }
}

function added<T>(set: Set<T>, listener: T): () => void {
  set.add(listener);
  return () => set.delete(listener);
}
