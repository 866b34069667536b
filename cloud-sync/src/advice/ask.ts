/**
 * A question to the cloud's AI: an answer before the deadline, or the reason why not. Never rejects and never outlasts the deadline:
 * the local decision is already made and waits for nobody (architecture law 1).
 */
import { AdviceAnswer, type AdviceReply, type AdviceRequest } from '@keepline/contracts/advice';
import type { Clock } from '@keepline/contracts/clock';
import type { LinkState } from '@keepline/contracts/link';
import { Value } from 'typebox/value';
import { inspectAdvice } from '../egress/egress-guard.ts';
import type { LinkInput } from '../link/link-state.ts';
import type { Asked } from '../nats/cloud-connection.ts';
import { subjectsOf } from '../nats/subjects.ts';
import { admit, type AdviceResult, type Breaker, type BreakerRules, CLOSED, settle } from './breaker.ts';

/** What asking needs of a connection. */
export interface Asks {
  ask(subject: string, body: string, timeoutMs: number): Promise<Asked>;
}

/** The ledger of what left, as those need it who ask the cloud. Neither call waits for the disk. */
export interface EgressBook {
  /** About to be handed to the connection. */
  sent(type: AskedType, body: string): void;
  /** Stopped by the egress guard. */
  stopped(type: AskedType): void;
}
/** As the ledger names a question. */
export type AskedType = `request.${'advice' | 'assist' | 'summary' | 'qa'}`;

export interface AdvisorOptions {
  readonly site: string;
  /** From receipt of the question to the reply, ms. */
  readonly deadlineMs: number;
  /** Wait before the same question is asked a second time, of another instance of the service, ms; 0 never asks twice. */
  readonly hedgeMs: number;
  readonly rules: BreakerRules;
  readonly clock: Clock;
  connection(): Asks | undefined;
  linkState(): LinkState;
  /** Evidence for the link. */
  readonly note: (input: Extract<LinkInput, { on: 'advice_answered' | 'advice_timeout' }>) => void;
  readonly log: { warn(fields: object, message: string): void };
  /** The ledger of what left. */
  readonly book: EgressBook;
}

type Failure = Exclude<AdviceReply['outcome'], 'answered'>;

/** Answers are small; a larger one is not read. */
const ANSWER_MAX_BYTES = 4096;
const RESULT: Readonly<Record<Failure, AdviceResult>> = {
  // A service that says it knows no better works: neither the breaker nor the link may hold it against it.
  no_advice: 'answered',
  timeout: 'failed',
  invalid: 'failed',
  no_responders: 'fatal',
  link_down: 'fatal',
  breaker_open: 'failed',
};

export class Advisor {
  readonly #o: AdvisorOptions;
  readonly #subject: string;
  #breaker: Breaker = CLOSED;

  constructor(options: AdvisorOptions) {
    this.#o = options;
    this.#subject = subjectsOf(options.site).adviceRoute;
  }

  breaker(): Breaker['at'] {
    return this.#breaker.at;
  }

  async ask(request: AdviceRequest): Promise<AdviceReply> {
    const { clock, rules, log, site } = this.#o;
    const startedMs = clock.monotonicMs();
    const tookMs = (): number => Math.round((clock.monotonicMs() - startedMs) * 10) / 10;
    const verdict = inspectAdvice(request, site);
    if (!verdict.clean) {
      this.#o.book.stopped('request.advice');
      log.warn({ code: 'ADVICE_REQUEST_STOPPED', why: verdict.why }, 'an advice request was stopped by the egress guard');
      return { outcome: 'invalid', tookMs: tookMs() };
    }
    const connection = this.#o.connection();
    if (!connection || this.#o.linkState() === 'down') {
      this.#breaker = settle(this.#breaker, 'fatal', clock.monotonicMs(), rules);
      return { outcome: 'link_down', tookMs: tookMs() };
    }
    const { allowed, breaker } = admit(this.#breaker, clock.monotonicMs(), rules);
    this.#breaker = breaker;
    if (!allowed) return { outcome: 'breaker_open', tookMs: tookMs() };
    const answer = await this.#answerOf(connection, request);
    const failed = typeof answer === 'string';
    const result = failed ? RESULT[answer] : 'answered';
    this.#breaker = settle(this.#breaker, result, clock.monotonicMs(), rules);
    if (result === 'answered') this.#o.note({ on: 'advice_answered' });
    else if (answer === 'timeout') this.#o.note({ on: 'advice_timeout' });
    return failed ? { outcome: answer, tookMs: tookMs() } : { outcome: 'answered', answer, tookMs: tookMs() };
  }

  /** The deadline is ours, by our clock: the client's own time-out may come late on a busy loop. */
  async #answerOf(connection: Asks, request: AdviceRequest): Promise<AdviceAnswer | Failure> {
    const { clock, deadlineMs, hedgeMs } = this.#o;
    const body = JSON.stringify(request);
    const disarms: Array<() => void> = [];
    const late = new Promise<Asked>((resolve) => {
      disarms.push(clock.after(deadlineMs, () => resolve({ ok: false, why: 'timeout' })));
    });
    const ask = (timeoutMs: number): Promise<Asked> => {
      this.#o.book.sent('request.advice', body);
      return connection.ask(this.#subject, body, timeoutMs);
    };
    const first = ask(deadlineMs);
    const racing = [first, late];
    if (hedgeMs > 0 && hedgeMs < deadlineMs) {
      const second = new Promise<Asked>((resolve) => {
        // Asked only while the first is silent: an answer, even a refusal, ends the matter before.
        disarms.push(clock.after(hedgeMs, () => void ask(deadlineMs - hedgeMs).then(resolve)));
      });
      racing.push(second);
    }
    const asked = await Promise.race(racing);
    for (const disarm of disarms) disarm();
    if (!asked.ok) return asked.why === 'closed' ? 'link_down' : asked.why;
    if (asked.text === '') return 'no_advice';
    const answer = parsed(asked.text);
    return Value.Check(AdviceAnswer, answer) && answer.requestId === request.requestId ? answer : 'invalid';
  }
}

function parsed(text: string): unknown {
  if (text.length > ANSWER_MAX_BYTES) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
