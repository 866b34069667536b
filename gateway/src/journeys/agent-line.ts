/** The second line of an agent's phone during one consultation: it rings, is answered and ends with whom it called. */
import type { RingOutcome } from '@keepline/contracts/events';
import type { Leg, TransferAsked } from '../calls/leg.ts';
import type { SecondLine } from '../calls/second-line.ts';
import type { House } from './house.ts';
import { dismissAgent } from './transfer.ts';

/** What the phone is told of a consultation that came to nothing (RFC 3261 §21.4, §21.6). */
const STATUS: Readonly<Record<Exclude<RingOutcome, 'answered'>, number>> = {
  busy: 486,
  declined: 603,
  no_answer: 480,
  agent_lost: 480,
  refused: 403,
  unreachable: 480,
  withdrawn: 487,
};

export interface AgentLineEvents {
  /** Whoever hung up. */
  over(): void;
  transfer(asked: TransferAsked, on: Leg): void;
}

export class AgentLine {
  readonly #line: SecondLine;
  readonly #house: Pick<House, 'clock'>;
  readonly #events: AgentLineEvents;
  #leg: Leg | null = null;

  constructor(line: SecondLine, house: Pick<House, 'clock'>, events: AgentLineEvents) {
    this.#line = line;
    this.#house = house;
    this.#events = events;
    void line.ended.then(() => events.over());
  }

  /** null before the answer. */
  get leg(): Leg | null {
    return this.#leg;
  }

  answer(): void {
    const leg = this.#line.answer();
    this.#leg = leg;
    leg.onTransfer?.((asked) => this.#events.transfer(asked, leg));
    void leg.ended.then(() => this.#events.over()); // also when nothing is heard of it any more
  }

  fail(outcome: RingOutcome): void {
    this.#line.refuse(outcome === 'answered' ? 480 : STATUS[outcome]);
  }

  /** Whom it called is gone. */
  close(): void {
    if (this.#leg) this.#leg.hangup();
    else this.fail('withdrawn');
  }

  /** The agent's part is over: the phone hangs up by itself, or is hung up. */
  dismiss(): void {
    if (this.#leg) dismissAgent(this.#leg, this.#house);
    else this.fail('withdrawn');
  }
}
