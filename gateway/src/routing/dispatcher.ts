/**
 * Brings waiting calls and ready agents together. The local decision is always computable; advice is asked once, when a call joins the
 * queue, and waited for until its deadline at most, so a dead cloud costs one deadline per call and none once the breaker is open.
 */
import type { AdviceReply } from '@keepline/contracts/advice';
import type { DeskQueue, RoutedBecause } from '@keepline/contracts/agent-protocol';
import type { Clock } from '@keepline/contracts/clock';
import { type AgentId, type CallId, newId, type QueueName } from '@keepline/contracts/ids';
import type { QueueConfig } from '@keepline/contracts/site-config';
import { CallNotWaiting, QueueFull, QueueUnknown } from './errors.ts';
import { type AdviceTaken, type Explained, explain } from './explain.ts';
import { match, type WaitingCall } from './match.ts';
import { WaitingLine } from './queue.ts';
import type { Roster } from './roster.ts';

export interface Joining {
  readonly callId: CallId;
  readonly queue: QueueName;
  readonly skill: string;
  /** When the call first joined; a call that comes back keeps its place by it. */
  readonly queuedAtMs: number;
  /** A call-back: it waits as long as it takes, and its list has a bound of its own. */
  readonly isOwed?: boolean;
}
/** Asks the cloud for a skill; never rejects, and settles within the deadline it was given. */
export type AskAdvice = (call: Joining, readySkills: readonly string[], waiting: number) => Promise<AdviceReply | 'not_asked'>;

export type Assigned = { readonly to: 'agent'; readonly decision: Explained } | { readonly to: 'overflow' };
export interface Waiting {
  readonly assigned: Promise<Assigned>;
  /** The caller is gone; `assigned` then never settles. */
  leave(): void;
}

interface Entry extends WaitingCall {
  readonly settle: (assigned: Assigned) => void;
  readonly disarm: () => void;
  advice: WaitingCall['advice'];
  taken: AdviceTaken;
  /** Monotonic ms since when only advice kept this call from its agent; -1 while there was no agent anyway. */
  matchableSinceMs: number;
}

/** Nobody chose this agent: it chose the call. */
export const PICKED_UP: RoutedBecause = { how: 'picked_up', skill: '', advice: 'not_asked', reason: null };
const NO_ADVICE: AdviceTaken = { asked: null, outcome: 'not_asked', skill: '', reason: null, tookMs: 0 };

export class Dispatcher {
  readonly #line = new WaitingLine<Entry>();
  readonly #roster: Roster;
  readonly #queues: ReadonlyMap<QueueName, QueueConfig>;
  readonly #clock: Clock;
  readonly #ask: AskAdvice;
  readonly #listeners = new Set<() => void>();

  constructor(o: { readonly roster: Roster; readonly queues: readonly QueueConfig[]; readonly clock: Clock; readonly ask: AskAdvice }) {
    this.#roster = o.roster;
    this.#queues = new Map(o.queues.map((queue) => [queue.name, queue]));
    this.#clock = o.clock;
    this.#ask = o.ask;
    o.roster.onState((_, after) => {
      if (after.at === 'ready') this.#match();
      this.#changed();
    });
  }

  /**
   * Puts a call into its queue.
   * @throws QueueUnknown, QueueFull
   */
  enqueue(call: Joining): Waiting {
    const config = this.queue(call.queue);
    const isOwed = call.isOwed === true;
    if (!isOwed && this.#line.waiting(call.queue) >= config.maxWaiting) throw new QueueFull(call.queue, config.maxWaiting);
    const { promise, resolve } = Promise.withResolvers<Assigned>();
    const waitedMs = this.#clock.now() - call.queuedAtMs;
    const overflowMs = Math.max(0, config.maxWaitSeconds * 1000 - waitedMs);
    const overflow = (): void => {
      this.#line.remove(call.callId);
      resolve({ to: 'overflow' });
      this.#changed();
    };
    const disarm = isOwed ? () => {} : this.#clock.after(overflowMs, overflow);
    const entry: Entry = { ...call, advice: 'pending', settle: resolve, disarm, taken: NO_ADVICE, matchableSinceMs: -1 };
    this.#line.add(entry);
    void this.#advise(entry);
    this.#match();
    this.#changed();
    return {
      assigned: promise,
      leave: () => {
        disarm();
        if (this.#line.remove(call.callId)) this.#changed();
      },
    };
  }

  /**
   * An agent takes a call that waits, out of its turn; not being ready is no hindrance.
   * @throws CallNotWaiting, AgentUnknown, AgentStateRefused
   */
  pickUp(callId: CallId, agentId: AgentId): void {
    const entry = this.#line.entries.find((waiting) => waiting.callId === callId);
    if (!entry) throw new CallNotWaiting(callId);
    const agents = this.#roster.ready();
    const { queues, skills } = this.#roster.config(agentId);
    const taker = { id: agentId, queues, skills, idleSinceMs: this.#roster.state(agentId).sinceMs };
    this.#roster.apply(agentId, { do: 'dial', callId });
    this.#line.remove(callId);
    entry.disarm();
    const nowMs = this.#clock.now();
    const decision = explain(newId('dec', nowMs), entry, agents, taker, NO_ADVICE, { nowMs, delayMs: 0 });
    entry.settle({ to: 'agent', decision: { ...decision, because: PICKED_UP } });
    this.#changed();
  }

  /** @throws QueueUnknown */
  queue(name: QueueName): QueueConfig {
    const config = this.#queues.get(name);
    if (!config) throw new QueueUnknown(name);
    return config;
  }

  /** Names of all queues. */
  names(): QueueName[] {
    return [...this.#queues.keys()];
  }

  /** The queue a call without one goes to: the first of the site file. */
  firstQueue(): QueueName {
    return this.names()[0] ?? '';
  }

  /** Calls that wait in this queue now. */
  waiting(queue: QueueName): number {
    return this.#line.waiting(queue);
  }

  /** What the desk of this agent shows of the queues it serves. */
  queues(agentId: AgentId): DeskQueue[] {
    const ready = this.#roster.ready();
    return this.#roster.config(agentId).queues.map((queue) => ({
      queue,
      waiting: this.#line.waiting(queue),
      longestWaitMs: this.#line.longestWaitMs(queue, this.#clock.now()),
      readyAgents: ready.filter((agent) => agent.queues.includes(queue)).length,
    }));
  }

  /** Calls back after any change of the queues or of an agent; the result stops it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #advise(entry: Entry): Promise<void> {
    const readySkills = new Set(this.#roster.ready().flatMap((agent) => (agent.queues.includes(entry.queue) ? agent.skills : [])));
    const { queue, skill } = entry;
    const asked = { queue, skill, readySkills: [...readySkills], waiting: this.#line.waiting(queue), atMs: this.#clock.now() };
    const reply = await this.#ask(entry, asked.readySkills, asked.waiting);
    if (reply === 'not_asked') entry.taken = NO_ADVICE;
    else if (reply.outcome === 'answered')
      entry.taken = { asked, outcome: 'answered', skill: reply.answer.skill, reason: reply.answer.reason, tookMs: reply.tookMs };
    else entry.taken = { asked, outcome: reply.outcome, skill: '', reason: null, tookMs: reply.tookMs };
    entry.advice = { skill: entry.taken.skill };
    this.#match();
  }

  #match(): void {
    if (this.#line.entries.length === 0) return;
    const agents = this.#roster.ready();
    const nowMs = this.#clock.monotonicMs();
    for (const pairing of match(this.#line.entries, agents)) {
      const entry = this.#line.entries.find((waiting) => waiting.callId === pairing.callId);
      const chosen = agents.find((agent) => agent.id === pairing.agentId);
      if (!entry || !chosen) continue;
      if (!pairing.decided) {
        if (entry.matchableSinceMs < 0) entry.matchableSinceMs = nowMs;
        continue;
      }
      const delayMs = entry.matchableSinceMs < 0 ? 0 : nowMs - entry.matchableSinceMs;
      this.#line.remove(entry.callId);
      entry.disarm();
      const wallMs = this.#clock.now();
      const decision = explain(newId('dec', wallMs), entry, agents, chosen, entry.taken, { nowMs: wallMs, delayMs });
      this.#roster.apply(chosen.id, { do: 'offer', callId: entry.callId });
      entry.settle({ to: 'agent', decision });
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
