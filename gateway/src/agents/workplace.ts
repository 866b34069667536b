/**
 * Where an agent works: it outlives the socket of the page by five seconds, so that a reload in mid-call ends no call, and it changes
 * desks when the agent signs in elsewhere. `legs/browser-offer.ts` rings here and joins the audio.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { AgentId, CallId } from '@keepline/contracts/ids';
import type { AgentDesk } from './agent-desk.ts';
import { AgentBell, type Ring } from './bell.ts';
import { AgentMediaNotReady } from './errors.ts';
import type { Session } from '../identity/sessions.ts';

/** How long a workplace waits for its agent to come back. */
export const GRACE_MS = 5000;

export interface Workplace<MediaLeg> {
  /** The page is connected and its audio is built: microphone open, able to receive. */
  readonly ready: boolean;
  /** Shows the call at once and rings for `ringMs`. */
  ring(callId: CallId, ringMs: number): Ring;
  /**
   * Joins a call with the desk; resolves when the browser plays it, within 5 s.
   * @throws AgentMediaNotReady, AgentMediaLost
   */
  attachAudio(callId: CallId, leg: MediaLeg): Promise<{ detach(): void }>;
  /** Calls back each time audio becomes possible anew (page reloaded, media worker died): a leg in a call attaches again. */
  onRejoin(listener: () => void): () => void;
  /** Settles when the desk has been away for longer than 5 s, or the agent signed out. */
  readonly gone: Promise<void>;
}

export class AgentWorkplace<MediaLeg> implements Workplace<MediaLeg> {
  readonly agentId: AgentId;
  readonly bell: AgentBell;
  readonly gone: Promise<void>;
  readonly #clock: Clock;
  readonly #settleGone: () => void;
  readonly #rejoin = new Set<() => void>();
  /** Pushes the view without waiting for the next round: the screen pops before the bell. */
  readonly #showNow: () => void;
  #desk: AgentDesk<MediaLeg> | undefined;
  #session: Session;
  #disarmGrace = (): void => {};

  constructor(o: { readonly session: Session; readonly clock: Clock; readonly showNow: () => void; readonly onGone: () => void }) {
    this.agentId = o.session.userId;
    this.#session = o.session;
    this.#clock = o.clock;
    this.#showNow = o.showNow;
    this.bell = new AgentBell(o.clock);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    this.#settleGone = () => {
      resolve();
      o.onGone();
    };
  }

  get desk(): AgentDesk<MediaLeg> | undefined {
    return this.#desk;
  }

  /** The session that sits here, or sat here last. */
  get session(): Session {
    return this.#session;
  }

  get ready(): boolean {
    return this.#desk?.media.ready ?? false;
  }

  ring(callId: CallId, ringMs: number): Ring {
    const ring = this.bell.ring(callId, ringMs);
    this.#showNow();
    return ring;
  }

  async attachAudio(callId: CallId, leg: MediaLeg): Promise<{ detach(): void }> {
    if (!this.#desk) throw new AgentMediaNotReady(this.agentId);
    return await this.#desk.media.attach(callId, leg);
  }

  onRejoin(listener: () => void): () => void {
    this.#rejoin.add(listener);
    return () => this.#rejoin.delete(listener);
  }

  mediaReady(desk: AgentDesk<MediaLeg>): void {
    if (desk === this.#desk) for (const listener of this.#rejoin) listener();
  }

  /** A page has connected. The one before, if still there, is told where its agent went. */
  sit(desk: AgentDesk<MediaLeg>): void {
    this.#disarmGrace();
    const former = this.#desk;
    this.#desk = desk;
    this.#session = desk.session;
    former?.bye('signed_in_elsewhere');
  }

  /** A page has disconnected; without another one the workplace is gone after the grace. */
  left(desk: AgentDesk<MediaLeg>): void {
    if (desk !== this.#desk) return;
    this.#desk = undefined;
    this.#disarmGrace = this.#clock.after(GRACE_MS, () => this.end('session_ended'));
  }

  end(why: 'session_ended' | 'site_stopping'): void {
    this.#disarmGrace();
    const desk = this.#desk;
    this.#desk = undefined;
    desk?.bye(why);
    this.bell.lose();
    this.#settleGone();
  }
}
