/**
 * The agents of the site and what each is doing: the only place where an agent's state changes. Every change is told to the
 * listeners; `offered` and `wrap_up` expire by the clock, so a lost message can never lock an agent.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { AgentConfig, QueueConfig } from '@keepline/contracts/site-config';
import type { AgentId, CallId } from '@keepline/contracts/ids';
import { type AgentInput, type AgentState, newAgent, step } from './agent-state.ts';
import { AgentUnknown } from './errors.ts';
import type { ReadyAgent } from './match.ts';

/** Beyond the ringing time an offer may last: the time to set up the audio path. */
const OFFER_SPARE_MS = 10_000;
/** A phone nobody answered is tried again after this long: nobody need sit at a desk to make it ready. */
const PHONE_REST_MS = 30_000;
/** Reasons for not ready that nobody chose; a break that an agent took at the desk is not ended by us. */
const UNCHOSEN: ReadonlySet<string> = new Set(['declined', 'no_answer', 'agent_lost', 'wrap_up_expired']);

export type StateListener = (before: AgentState, after: AgentState) => void;

export class Roster {
  readonly #clock: Clock;
  readonly #agents = new Map<AgentId, { config: AgentConfig; state: AgentState; disarm: () => void }>();
  readonly #queues: ReadonlyMap<string, QueueConfig>;
  readonly #listeners = new Set<StateListener>();

  constructor(agents: readonly AgentConfig[], queues: readonly QueueConfig[], clock: Clock) {
    this.#clock = clock;
    this.#queues = new Map(queues.map((queue) => [queue.name, queue]));
    for (const config of agents) this.#agents.set(config.id, { config, state: newAgent(config.id, clock.now()), disarm: () => {} });
  }

  /** Phones with a static address have no desk: they are ready from the start. Those that register are ready once they have. */
  startPhones(): void {
    for (const { config } of this.#agents.values()) {
      if (config.phone === '' || config.phone === 'registered') continue;
      this.apply(config.id, { do: 'sign_in' });
      this.apply(config.id, { do: 'ready' });
    }
  }

  /** Calls back after every change of an agent; the result stops it. */
  onState(listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws AgentUnknown */
  state(id: AgentId): AgentState {
    return this.#entry(id).state;
  }

  /** @throws AgentUnknown */
  config(id: AgentId): AgentConfig {
    return this.#entry(id).config;
  }

  /** Replaces what an agent can do, from the next decision on; its queues stay. @throws AgentUnknown */
  setSkills(id: AgentId, skills: readonly string[]): void {
    const entry = this.#entry(id);
    entry.config = { ...entry.config, skills: [...skills] };
  }

  all(): AgentState[] {
    return [...this.#agents.values()].map((entry) => entry.state);
  }

  ready(): ReadyAgent[] {
    const ready: ReadyAgent[] = [];
    for (const { state, config } of this.#agents.values()) {
      if (state.at === 'ready') ready.push({ id: config.id, queues: config.queues, skills: config.skills, idleSinceMs: state.sinceMs });
    }
    return ready;
  }

  /** @throws AgentUnknown, AgentStateRefused */
  apply(id: AgentId, input: AgentInput): AgentState {
    const entry = this.#entry(id);
    const before = entry.state;
    const after = step(before, input, this.#clock.now());
    if (after === before) return after;
    entry.state = after;
    if (after.at !== before.at || after.callId !== before.callId || after.reason !== before.reason) this.#arm(entry, after);
    for (const listener of this.#listeners) listener(before, after);
    return after;
  }

  /** As `apply`, for messages about a call that may come after the agent moved on: then nothing happens. */
  applyFor(id: AgentId, callId: CallId, input: AgentInput): void {
    if (this.#agents.get(id)?.state.callId === callId) this.apply(id, input);
  }

  /** When the wrap-up of this agent ends by itself, wall ms; 0 outside wrap-up. */
  wrapUpUntilMs(id: AgentId): number {
    const { state, config } = this.#entry(id);
    return state.at === 'wrap_up' ? state.sinceMs + this.#wrapUpMs(config) : 0;
  }

  close(): void {
    for (const entry of this.#agents.values()) entry.disarm();
  }

  #arm(entry: { readonly config: AgentConfig; disarm: () => void }, state: AgentState): void {
    entry.disarm();
    entry.disarm = () => {};
    const { config } = entry;
    const { callId } = state;
    if (state.at === 'offered' && callId) {
      entry.disarm = this.#clock.after(this.#offerMs(config) + OFFER_SPARE_MS, () => this.applyFor(config.id, callId, { do: 'expire' }));
    } else if (state.at === 'wrap_up' && callId) {
      entry.disarm = this.#clock.after(this.#wrapUpMs(config), () => this.applyFor(config.id, callId, { do: 'expire' }));
    } else if (state.at === 'not_ready' && config.phone !== '' && UNCHOSEN.has(state.reason)) {
      entry.disarm = this.#clock.after(PHONE_REST_MS, () => this.apply(config.id, { do: 'ready' }));
    }
  }

  #offerMs(config: AgentConfig): number {
    return 1000 * Math.max(...config.queues.map((name) => this.#queues.get(name)?.offerSeconds ?? 20));
  }

  #wrapUpMs(config: AgentConfig): number {
    return 1000 * Math.max(...config.queues.map((name) => this.#queues.get(name)?.wrapUpSeconds ?? 300));
  }

  #entry(id: AgentId): { config: AgentConfig; state: AgentState; disarm: () => void } {
    const entry = this.#agents.get(id);
    if (!entry) throw new AgentUnknown(id);
    return entry;
  }
}
