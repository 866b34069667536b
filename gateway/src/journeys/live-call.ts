/**
 * A call in progress: its facts, its caller and its agent, and what may be done to it (`CallControl`). The journey moves it on; every
 * change of a fact goes through the pure core in `calls/call.ts` and is told to the registry.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { EndedBy } from '@keepline/contracts/events';
import type { AgentId } from '@keepline/contracts/ids';
import { type CallInput, newCall, step } from '../calls/call.ts';
import type { CallAudio } from '../calls/call-audio.ts';
import type { CallControl, CallFacts, Conversation } from '../calls/call-control.ts';
import { CallStateRefused, SecretEntryRefused } from '../calls/errors.ts';
import type { Arrival } from '../calls/arrival.ts';
import type { Leg, TransferAsked } from '../calls/leg.ts';
import type { CallJournal } from './call-journal.ts';
import type { Taping } from './house.ts';
import type { Parking } from './park.ts';
import type { SecretKeys } from './secret-keys.ts';
import type { OnDemand } from './talk-recording.ts';

/** Where a conversation's agent passes the caller on to; `leg` is there already where the agent asked before. */
export type Passed =
  | { readonly to: 'queue'; readonly queue: string }
  | { readonly to: 'agent'; readonly agentId: AgentId; readonly leg?: Leg }
  | ({ readonly to: 'park' } & Parking)
  | { readonly to: 'outside'; readonly number: string; readonly leg?: Leg };

/** A conversation as its call drives it. */
export interface Talking extends Conversation {
  /** Lets everybody hear whom the facts say, after a change. */
  hear(): void;
  /** The agent's phone wants to join its two lines: whether they are the caller's and that of a consultation that is answered. */
  mayJoin(asked: TransferAsked, on: Leg): boolean;
}

export interface LiveCallParts {
  readonly clock: Clock;
  readonly journal: Pick<CallJournal, 'held' | 'resumed' | 'disposed'>;
  /** A fact changed; the registry tells whoever shows it. */
  readonly changed: () => void;
  readonly onFault: (fault: unknown) => void;
}

/** Prompt of the waiting and of the held caller. */
const HOLD_MUSIC = 'hold-music';

export class LiveCall implements CallControl {
  readonly #clock: Clock;
  readonly #journal: LiveCallParts['journal'];
  readonly #changed: () => void;
  readonly #onFault: (fault: unknown) => void;
  readonly audio: CallAudio;
  #facts: CallFacts;
  #caller: Leg | null = null;
  #agent: Leg | null = null;
  #endedBy: EndedBy | null = null;
  #tape: Taping | null = null;
  #onDemand: OnDemand | null = null;
  #secrets: SecretKeys | null = null;
  #lastAgentId: AgentId = '';
  readonly #disposed = Promise.withResolvers<void>();
  #transfer = Promise.withResolvers<Passed>();
  #passed: Passed | null = null;
  #pickUp: ((agentId: AgentId) => void) | null = null;
  #talking: Talking | null = null;
  readonly #hangupAsked = Promise.withResolvers<void>();

  constructor(arrival: Pick<Arrival, 'callId' | 'callerNumber' | 'callerHidden' | 'callerName' | 'audio'>, parts: LiveCallParts) {
    this.#clock = parts.clock;
    this.#journal = parts.journal;
    this.#changed = parts.changed;
    this.#onFault = parts.onFault;
    this.audio = arrival.audio;
    this.#facts = newCall(arrival.callId, arrival.callerHidden === true ? '' : arrival.callerNumber, arrival.callerName, parts.clock.now());
  }

  /** Settles when the disposition is given, by the agent or by the expiry of the wrap-up. */
  get disposed(): Promise<void> {
    return this.#disposed.promise;
  }

  /** Somebody wants the call to end; its legs may not have been told yet. */
  get hangupAsked(): Promise<void> {
    return this.#hangupAsked.promise;
  }

  /** Who asked for the end, when it was one of us. */
  get endedBy(): EndedBy | null {
    return this.#endedBy;
  }

  /** Who has the call, or had it last; '' while nobody did. */
  get lastAgentId(): AgentId {
    return this.#lastAgentId;
  }

  facts(): CallFacts {
    return this.#facts;
  }

  /** @throws CallStateRefused */
  apply(input: CallInput): CallFacts {
    this.#facts = step(this.#facts, input, this.#clock.now());
    this.#lastAgentId = this.#facts.agentId ?? this.#lastAgentId;
    this.#changed();
    return this.#facts;
  }

  /** What the caller's far end gave as its reason, Q.850; 0 for none. */
  get cause(): number {
    return this.#caller?.cause ?? 0;
  }

  callerIs(caller: Leg): void {
    this.#caller = caller;
    caller.onHold((held) => {
      if (this.#facts.state !== 'connected' && this.#facts.state !== 'held') return;
      if (held) this.#journal.held(this.#facts.callId, 'caller');
      else this.#journal.resumed(this.#facts.callId, 'caller');
    });
  }

  agentIs(agent: Leg): void {
    this.#agent = agent;
    // The hold key of a desk phone is the hold button of the desk: the caller hears music, which few phones send themselves.
    agent.onHold((held) => {
      const { state } = this.#facts;
      if (held && state === 'connected') void this.hold();
      if (!held && state === 'held') void this.resume();
    });
  }

  /** From now on the conversation decides who hears whom; null: caller and agent alone. */
  talkingIs(talking: Talking | null): void {
    this.#talking = talking;
  }

  conversation(): Conversation {
    if (!this.#talking) throw new CallStateRefused(this.#facts.callId, 'change', this.#facts.state.replaceAll('_', ' '));
    return this.#talking;
  }

  mayJoin(asked: TransferAsked, on: Leg): boolean {
    return this.#talking?.mayJoin(asked, on) === true;
  }

  /** Until the next prompt or bridge. A site without the music lets the caller wait in silence and says so. */
  playHoldMusic(): void {
    this.#caller?.audio.play([HOLD_MUSIC], { loop: true }).catch((fault: unknown) => this.#onFault(fault));
  }

  async hold(): Promise<void> {
    const { callId } = this.apply({ do: 'hold' });
    if (this.#talking) this.#talking.hear();
    else {
      this.audio.unbridge();
      this.playHoldMusic();
    }
    this.#journal.held(callId, 'agent');
  }

  async resume(): Promise<void> {
    const { callId } = this.apply({ do: 'resume' });
    if (this.#talking) this.#talking.hear();
    else if (this.#caller && this.#agent) this.audio.bridge(this.#caller, this.#agent);
    this.#journal.resumed(callId, 'agent');
  }

  /** The tape of this conversation; null between two. */
  tapeIs(tape: Taping | null): void {
    this.#tape = tape;
    tape?.onPause((untilMs, ranOut) => this.apply({ do: 'pause', untilMs, ranOut }));
  }

  async pauseRecording(): Promise<void> {
    await this.#running('pause the recording of').pause();
  }

  async resumeRecording(): Promise<void> {
    await this.#running('resume the recording of').resume();
  }

  /** How the agent records this talk on demand; null between two. */
  onDemandIs(onDemand: OnDemand | null): void {
    this.#onDemand = onDemand;
  }

  /** What is being recorded of this conversation; null between two, and where nothing is. */
  get tape(): Taping | null {
    return this.#tape;
  }

  /** How the caller keys digits in this conversation; null between two. */
  secretsAre(secrets: SecretKeys | null): void {
    this.#secrets = secrets;
  }

  async collectSecret(hook: string): Promise<void> {
    await this.#keys().collect(hook);
  }

  abortSecret(): void {
    this.#keys().abort();
  }

  async startRecording(): Promise<void> {
    if (this.#facts.collecting) throw new CallStateRefused(this.#facts.callId, 'start the recording of', 'waiting for digits');
    await this.#demanded('start the recording of').start();
  }

  async stopRecording(): Promise<void> {
    await this.#demanded('stop the recording of').stop();
  }

  /** @throws SecretEntryRefused when nobody talks */
  #keys(): SecretKeys {
    const { callId, state } = this.#facts;
    if (!this.#secrets) throw new SecretEntryRefused(callId, `the call is ${state.replaceAll('_', ' ')}`);
    return this.#secrets;
  }

  /** @throws CallStateRefused when nobody talks */
  #demanded(wanted: string): OnDemand {
    const { callId, state } = this.#facts;
    if (!this.#onDemand) throw new CallStateRefused(callId, wanted, state.replaceAll('_', ' '));
    return this.#onDemand;
  }

  /** @throws CallStateRefused when nobody talks */
  #running(wanted: string): Taping {
    const { callId, state } = this.#facts;
    if (!this.#tape || (state !== 'connected' && state !== 'held')) throw new CallStateRefused(callId, wanted, state.replaceAll('_', ' '));
    return this.#tape;
  }

  async mute(muted: boolean): Promise<void> {
    this.apply({ do: 'mute', muted });
    if (this.#agent) this.audio.mute(this.#agent, muted);
  }

  /** Where this conversation's agent passes the caller on to; each conversation has its own. */
  nextTransfer(): Promise<Passed> {
    this.#transfer = Promise.withResolvers<Passed>();
    this.#passed = null;
    return this.#transfer.promise;
  }

  /** Passes the caller on to somebody who exists; the conversation ends and its agent is free. @throws CallStateRefused */
  transferTo(passed: Passed): void {
    step(this.#facts, { do: 'transfer' }, this.#clock.now()); // refused here; made when the conversation is closed
    this.#passed ??= passed;
    this.#transfer.resolve(passed);
  }

  /** The conversation ended otherwise, at the same moment: a place that was kept for the caller is free again. */
  dropTransfer(): void {
    if (this.#passed?.to === 'park') this.#passed.place.leave();
  }

  /** What an agent who takes the call unasked does, while that is possible; null: it is not. */
  pickUpBy(take: ((agentId: AgentId) => void) | null): void {
    this.#pickUp = take;
  }

  pickUp(agentId: AgentId): void {
    if (!this.#pickUp) throw new CallStateRefused(this.#facts.callId, 'pick up', this.#facts.state.replaceAll('_', ' '));
    this.#pickUp(agentId);
  }

  /** Ends the call for everyone; the journey sees the caller's leg end and does the rest. */
  async hangup(by: EndedBy): Promise<void> {
    this.#endedBy ??= by;
    this.#hangupAsked.resolve();
    this.#caller?.hangup();
  }

  async dispose(disposition: string, note: string): Promise<void> {
    const { endedAtMs, agentId, callId } = this.#facts;
    this.apply({ do: 'dispose' });
    if (agentId) this.#journal.disposed(callId, agentId, disposition, note, Math.max(0, this.#clock.now() - endedAtMs));
    this.#disposed.resolve();
  }
}
