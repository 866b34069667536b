/**
 * A question of a desk to the AI services of the cloud (assist, summary, qa): an answer within the deadline or the reason why not. Never rejects. The
 * same breaker as for advice, one for each service; nothing here is evidence for the link, as a model may think for seconds.
 */
import { DEADLINE_DEFAULT_MS } from '@keepline/contracts/ai-service';
import { AssistAnswer, AssistRequest } from '@keepline/contracts/assist';
import type { Clock } from '@keepline/contracts/clock';
import type { LinkState } from '@keepline/contracts/link';
import { QaAnswer, QaRequest } from '@keepline/contracts/qa';
import { SummaryAnswer, SummaryRequest } from '@keepline/contracts/summary';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Asks, EgressBook } from '../advice/ask.ts';
import { admit, type AdviceResult, type Breaker, type BreakerRules, CLOSED, settle } from '../advice/breaker.ts';
import { subjectsOf } from '../nats/subjects.ts';
import { findingIn } from './inspect-request.ts';

export type AiService = 'assist' | 'summary' | 'qa';
/** `stopped`: the egress guard found personal data. `refused`: the service answered with an error. */
export type AiFailure = 'bad_request' | 'stopped' | 'link_down' | 'breaker_open' | 'timeout' | 'no_responders' | 'refused' | 'invalid';
export type AiReply =
  | { readonly outcome: 'answered'; readonly answer: unknown; readonly tookMs: number }
  | { readonly outcome: AiFailure; readonly tookMs: number };

export interface AiAskerOptions {
  readonly site: string;
  readonly rules: BreakerRules;
  readonly clock: Clock;
  connection(): Asks | undefined;
  linkState(): LinkState;
  readonly log: { warn(fields: object, message: string): void };
  /** The ledger of what left. */
  readonly book: EgressBook;
}

/** The hub takes 65,536 bytes of a message, headers included. */
export const AI_REQUEST_MAX_BYTES = 60_000;
const ANSWER_MAX_BYTES = 60_000;
const SCHEMAS: Readonly<Record<AiService, readonly [request: TSchema, answer: TSchema]>> = {
  assist: [AssistRequest, AssistAnswer],
  summary: [SummaryRequest, SummaryAnswer],
  qa: [QaRequest, QaAnswer],
};
const RESULT: Readonly<Partial<Record<AiFailure, AdviceResult>>> = { no_responders: 'fatal', link_down: 'fatal' };

export class AiAsker {
  readonly #o: AiAskerOptions;
  readonly #breakers = new Map<AiService, Breaker>();

  constructor(options: AiAskerOptions) {
    this.#o = options;
  }

  static isService(name: string): name is AiService {
    return Object.hasOwn(SCHEMAS, name);
  }

  async ask(service: AiService, request: unknown): Promise<AiReply> {
    const { clock } = this.#o;
    const startedMs = clock.monotonicMs();
    const answer = await this.#attempt(service, request);
    const tookMs = Math.round((clock.monotonicMs() - startedMs) * 10) / 10;
    return typeof answer === 'string' ? { outcome: answer, tookMs } : { outcome: 'answered', answer, tookMs };
  }

  async #attempt(service: AiService, request: unknown): Promise<AiFailure | object> {
    const { clock, rules, site, log } = this.#o;
    const [wanted] = SCHEMAS[service];
    const body = JSON.stringify(request) ?? '';
    if (!Value.Check(wanted, request) || siteOf(request) !== site || Buffer.byteLength(body) > AI_REQUEST_MAX_BYTES) return 'bad_request';
    const finding = findingIn(request);
    if (finding !== undefined) {
      this.#o.book.stopped(`request.${service}`);
      log.warn({ code: 'AI_REQUEST_STOPPED', service, why: finding }, 'a request to the AI services was stopped by the egress guard');
      return 'stopped';
    }
    const connection = this.#o.connection();
    const known = this.#breakers.get(service) ?? CLOSED;
    if (!connection || this.#o.linkState() === 'down') {
      this.#breakers.set(service, settle(known, 'fatal', clock.monotonicMs(), rules));
      return 'link_down';
    }
    const { allowed, breaker } = admit(known, clock.monotonicMs(), rules);
    this.#breakers.set(service, breaker);
    if (!allowed) return 'breaker_open';
    const answer = await this.#answerOf(connection, service, request, body);
    const result = typeof answer === 'string' ? (RESULT[answer] ?? 'failed') : 'answered';
    this.#breakers.set(service, settle(this.#breakers.get(service) ?? CLOSED, result, clock.monotonicMs(), rules));
    return answer;
  }

  /** Without a header the service works for its default deadline, which is ours. */
  async #answerOf(connection: Asks, service: AiService, request: unknown, body: string): Promise<AiFailure | object> {
    let disarm = (): void => {};
    const late = new Promise<'timeout'>((resolve) => (disarm = this.#o.clock.after(DEADLINE_DEFAULT_MS, () => resolve('timeout'))));
    this.#o.book.sent(`request.${service}`, body);
    const asked = await Promise.race([connection.ask(subjectsOf(this.#o.site)[service], body, DEADLINE_DEFAULT_MS), late]);
    disarm();
    if (asked === 'timeout') return 'timeout';
    if (!asked.ok) return asked.why === 'closed' ? 'link_down' : asked.why;
    if (asked.text === '') return 'refused';
    const answer = parsed(asked.text);
    const fits = Value.Check(SCHEMAS[service][1], answer) && idOf(answer) === idOf(request);
    return fits && typeof answer === 'object' && answer !== null ? answer : 'invalid';
  }
}

function siteOf(request: unknown): unknown {
  return typeof request === 'object' && request !== null && 'site' in request ? request.site : undefined;
}

function idOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'requestId' in value ? value.requestId : undefined;
}

function parsed(text: string): unknown {
  if (text.length > ANSWER_MAX_BYTES) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
