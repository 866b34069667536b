/**
 * A leg on the main thread: turns calls into messages to its worker thread, and the thread's reports into callbacks and settled promises.
 */
import type { MediaLeg } from './call-media.ts';
import type { LegPlace, LegRole, PlayEnd, RtpRemote } from './edge-messages.ts';
import type { EdgeThread, LegReport } from './edge-thread.ts';
import { LegClosed } from './errors.ts';
import type { PromptStore } from './prompt-store.ts';
import type { LegQuality } from './quality.ts';

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
    const { address, port, codec, payloadType, dtmfPayloadType, held, direction, local = false } = remote;
    const plain = { address, port, codec, payloadType, dtmfPayloadType, held, direction, local };
    this.#thread.tell({ do: 'setRemote', legId: this.id, remote: plain });
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

  onDigit(listener: (digit: string) => void): () => void {
    return added(this.#digit, listener);
  }

  onLost(listener: () => void): () => void {
    return added(this.#lost, listener);
  }

  onFirstPacket(listener: () => void): () => void {
    return added(this.#firstPacket, listener);
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
