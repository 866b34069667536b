/**
 * How the relay works at present, in figures: what tells a slow line from a slow disk and a slow cloud while a backlog drains. Pure.
 * A window at its limit with little staged is a line that has room; a small limit is a line, or a server, that answers late; long turns are the disk
 * of the outbox, or the gateway writing to it.
 */

/** What one run of the relay has in its hands; all 0 without a connection. */
export interface InHand {
  /** Events that may be in flight at once, as the line is now. */
  readonly windowLimit: number;
  /** Sent and not answered. */
  readonly inFlight: number;
  /** Acknowledged, and not yet settled in the outbox. */
  readonly unsettled: number;
  /** Claimed from the outbox and looked at; they wait for room in the window. */
  readonly staged: number;
}

/** One transaction on the outbox: what it settled and claimed, and how long it took with its wait for the other writer, ms. */
export interface Turn {
  readonly tookMs: number;
  readonly settled: number;
  readonly claimed: number;
}

export interface RelayFigures extends InHand {
  /** How long the last timed answer of the stream took, ms; 0 before the first. */
  readonly answerMs: number;
  /** Since the start of the process. */
  readonly turns: number;
  readonly turnsMs: number;
  readonly settled: number;
  readonly claimed: number;
  /** Of the last turn; of the longest one since the start, ms. */
  readonly lastTurn: Turn;
  readonly longestTurnMs: number;
}

const NOTHING: InHand = { windowLimit: 0, inFlight: 0, unsettled: 0, staged: 0 };

/** Adds up over the runs of a relay. */
export class RelayBook {
  #answerMs = 0;
  #turns = 0;
  #turnsMs = 0;
  #settled = 0;
  #claimed = 0;
  #last: Turn = { tookMs: 0, settled: 0, claimed: 0 };
  #longestMs = 0;

  turned(turn: Turn): void {
    this.#turns++;
    this.#turnsMs += turn.tookMs;
    this.#settled += turn.settled;
    this.#claimed += turn.claimed;
    this.#last = turn;
    this.#longestMs = Math.max(this.#longestMs, turn.tookMs);
  }

  answered(tookMs: number): void {
    this.#answerMs = tookMs;
  }

  figures(inHand: InHand = NOTHING): RelayFigures {
    return {
      ...inHand,
      answerMs: this.#answerMs,
      turns: this.#turns,
      turnsMs: this.#turnsMs,
      settled: this.#settled,
      claimed: this.#claimed,
      lastTurn: this.#last,
      longestTurnMs: this.#longestMs,
    };
  }
}

/** As Prometheus reads them (text format 0.0.4). */
export function relayMetrics(of: RelayFigures): string {
  const one = (name: string, kind: 'gauge' | 'counter', help: string, value: number): string =>
    `# HELP keepline_relay_${name} ${help}\n# TYPE keepline_relay_${name} ${kind}\nkeepline_relay_${name} ${value}\n`;
  return [
    one('window_limit', 'gauge', 'Events that may be in flight to the cloud at once; 0 without a connection.', of.windowLimit),
    one('in_flight', 'gauge', 'Events sent and not acknowledged.', of.inFlight),
    one('staged', 'gauge', 'Events that wait for room in the window.', of.staged),
    one('answer_seconds', 'gauge', 'How long the last timed acknowledgement took.', of.answerMs / 1000),
    one('turns_total', 'counter', 'Transactions that settle and claim events.', of.turns),
    one('turn_seconds_total', 'counter', 'Time spent on them, with the wait for the other writer.', of.turnsMs / 1000),
    one('turn_longest_seconds', 'gauge', 'The longest of them.', of.longestTurnMs / 1000),
    one('settled_events_total', 'counter', 'Events settled as delivered.', of.settled),
  ].join('');
}
