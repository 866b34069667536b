/**
 * One call ringing at one workplace, until it is decided: by the agent, by time, by the caller or by the loss of the desk.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { CallId } from '@keepline/contracts/ids';

export type Decided = 'answer' | 'declined' | 'no_answer' | 'agent_lost';
export interface Ring {
  /** Settles once, within the ringing time; never rejects. */
  readonly decided: Promise<Decided>;
  /** The caller is gone; settles as `agent_lost` when nothing was decided yet. */
  withdraw(): void;
}

export class AgentBell {
  readonly #clock: Clock;
  /** A call this agent has asked for: answered as soon as it rings here. */
  #asked = '';
  #ringing: { readonly callId: CallId; readonly settle: (decided: Decided) => void } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param ringMs how long it may ring; a workplace that rings already loses the second call at once */
  ring(callId: CallId, ringMs: number): Ring {
    if (this.#ringing) return { decided: Promise.resolve('agent_lost'), withdraw: () => {} };
    const { promise, resolve } = Promise.withResolvers<Decided>();
    const settle = (decided: Decided): void => {
      disarm();
      if (this.#ringing?.settle === settle) this.#ringing = undefined;
      resolve(decided);
    };
    if (this.#asked === callId) {
      this.#asked = '';
      return { decided: Promise.resolve('answer'), withdraw: () => {} };
    }
    const disarm = this.#clock.after(ringMs, () => settle('no_answer'));
    this.#ringing = { callId, settle };
    return { decided: promise, withdraw: () => settle('agent_lost') };
  }

  answer(callId: string): boolean {
    return this.#decide(callId, 'answer');
  }

  /** Who asked for this call has answered it: now, or as soon as it rings here. */
  answerWhenRinging(callId: string): void {
    this.#asked = this.answer(callId) ? '' : callId;
  }

  decline(callId: string): boolean {
    return this.#decide(callId, 'declined');
  }

  /** The desk is gone. */
  lose(): void {
    this.#ringing?.settle('agent_lost');
  }

  #decide(callId: string, decided: Decided): boolean {
    if (this.#ringing?.callId !== callId) return false;
    this.#ringing.settle(decided);
    return true;
  }
}
