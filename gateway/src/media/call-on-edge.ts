/**
 * A call on the edge: gives its legs ports, and speaks for it to the one worker thread it lives in.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '@keepline/contracts/clock';
import { type CallId, newId } from '@keepline/contracts/ids';
import type { CallMedia, EdgeOptions, LegOptions, MediaLeg } from './call-media.ts';
import type { LegPlace, LegRole } from './edge-messages.ts';
import type { EdgeThread } from './edge-thread.ts';
import { LegClosed, NoFreeRtpPort, RtpAddressRefused } from './errors.ts';
import { LegOnEdge } from './leg-on-edge.ts';
import type { PortPool } from './port-pool.ts';
import type { PromptStore } from './prompt-store.ts';
import type { QualityBoard } from './quality-board.ts';
import type { LegQuality } from './leg-quality.ts';

export interface EdgeParts {
  readonly options: EdgeOptions;
  readonly ports: PortPool;
  readonly store: PromptStore;
  readonly clock: Clock;
  readonly board: QualityBoard;
}

export class CallOnEdge implements CallMedia {
  readonly #parts: EdgeParts;
  readonly #callId: CallId;
  readonly #thread: EdgeThread;
  readonly #legs = new Set<LegOnEdge>();
  readonly #opening = new Set<Promise<unknown>>();
  #closed: Promise<Readonly<Record<string, LegQuality>>> | undefined;

  constructor(parts: EdgeParts, callId: CallId, thread: EdgeThread) {
    this.#parts = parts;
    this.#callId = callId;
    this.#thread = thread;
    thread.load++;
  }

  async openLeg(role: LegRole, options: LegOptions = {}): Promise<MediaLeg> {
    if (this.#closed) throw new LegClosed(this.#callId);
    const opening = this.#openLeg(role, options);
    this.#opening.add(opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(opening);
    }
  }

  bridge(a: MediaLeg, b: MediaLeg): void {
    this.#thread.tell({ do: 'bridge', callId: this.#callId, a: a.id, b: b.id });
  }

  unbridge(): void {
    this.#thread.tell({ do: 'unbridge', callId: this.#callId });
  }

  mix(hears: ReadonlyMap<MediaLeg, readonly MediaLeg[]>, recorded: readonly MediaLeg[]): void {
    const routes = [...hears].map(([to, from]) => ({ to: to.id, from: from.map(({ id }) => id) }));
    this.#thread.tell({ do: 'mix', callId: this.#callId, hears: routes, recorded: recorded.map(({ id }) => id) });
  }

  startRecording(left: MediaLeg, right: MediaLeg, port: MessagePort): void {
    this.#thread.tell({ do: 'startRecording', callId: this.#callId, left: left.id, right: right.id, port });
  }

  replaceRight(right: MediaLeg): void {
    this.#thread.tell({ do: 'replaceRight', callId: this.#callId, right: right.id });
  }

  async stopRecording(): Promise<{ readonly samples: number }> {
    return (await this.#thread.ask<'stopRecording'>({ do: 'stopRecording', callId: this.#callId })) ?? { samples: 0 };
  }

  close(): Promise<Readonly<Record<string, LegQuality>>> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<Readonly<Record<string, LegQuality>>> {
    await Promise.allSettled(this.#opening); // a leg that opens now would otherwise outlive its call
    try {
      return await this.#thread.ask<'closeCall'>({ do: 'closeCall', callId: this.#callId });
    } catch {
      return {}; // the thread is dead, and reported by the pool
    } finally {
      this.#thread.load--;
      for (const leg of this.#legs) leg.gone();
    }
  }

  async #openLeg(role: LegRole, options: LegOptions): Promise<MediaLeg> {
    const { ports, clock, store, board } = this.#parts;
    const { address: edgeAddress, rtpPortMin, rtpPortMax } = this.#parts.options;
    const address = options.address ?? edgeAddress;
    const legId = newId('leg', clock.now());
    // A port may be in somebody else's use: each pair of the range is tried once.
    for (let tried = 0; tried < ports.size; tried++) {
      const port = ports.take(clock.monotonicMs());
      if (port === undefined) break;
      const place = newPlace(legId, address, port, options.silenceWatch ?? true);
      const giveBack = (): void => ports.giveBack(port, clock.monotonicMs());
      const reply = await this.#thread.ask<'openLeg'>({ do: 'openLeg', callId: this.#callId, place }).catch((cause: unknown) => {
        giveBack();
        throw cause;
      });
      if (reply.opened) {
        const leg = new LegOnEdge(legId, role, place, this.#thread, store, () => {
          giveBack();
          board.forget(legId);
          this.#legs.delete(leg);
        });
        this.#legs.add(leg);
        leg.onSample((sample) => board.take(leg, sample));
        return leg;
      }
      giveBack();
      if (!reply.busy) throw new RtpAddressRefused(address, port, reply.why);
    }
    throw new NoFreeRtpPort(rtpPortMin, rtpPortMax);
  }
}

/** The numbers a stream begins with are random (RFC 3550 §5.1), the sequence far from its wrap (RFC 3711 §3.3.1); SSRC 0 is avoided, some gear takes it for none. */
function newPlace(legId: LegOnEdge['id'], address: string, port: number, silenceWatch: boolean): LegPlace {
  const [ssrc = 1, firstSequence = 0, firstTimestamp = 0] = crypto.getRandomValues(new Uint32Array(3));
  return { legId, address, port, ssrc: ssrc || 1, firstSequence: firstSequence & 0x7fff, firstTimestamp, silenceWatch };
}
