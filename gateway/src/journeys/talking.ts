/**
 * A conversation and who joins it: whom the agent consults, and a supervisor. One guest of each role; each is rung, talks, and leaves by one
 * path, which gives its agent back to routing. What the facts say and `calls/who-hears-whom.ts` decide what everybody hears.
 */
import type { RingOutcome, SuperviseMode } from '@keepline/contracts/events';
import type { AgentId } from '@keepline/contracts/ids';
import type { CallFacts, CallParty, CallTarget } from '../calls/call-control.ts';
import { CallNotFound, CallStateRefused, ColleagueBusy, SupervisorPresent } from '../calls/errors.ts';
import type { Leg, TransferAsked } from '../calls/leg.ts';
import type { SecondLine } from '../calls/second-line.ts';
import { type Voice, whoHearsWhom } from '../calls/who-hears-whom.ts';
import { ringGuest, type Ringing } from './guest.ts';
import { ConsultProgress } from './hear-progress.ts';
import type { House } from './house.ts';
import type { LiveCall, Passed, Talking } from './live-call.ts';
import { AgentLine } from './agent-line.ts';
import { parkCaller } from './park-caller.ts';
import { joinLines } from './transfer.ts';
import { excuseConsultation } from './talk-recording.ts';

/** Guests rung in one conversation: each keeps its ports until the call is over. */
const GUESTS_MAX = 20;
const MUSIC = 'hold-music';

interface Guest {
  party: CallParty;
  leg: Leg | null;
  readonly ringing: Ringing;
}

export class Conference implements Talking {
  readonly #call: LiveCall;
  readonly #caller: Leg;
  readonly #agent: Leg;
  readonly #house: House;
  readonly #guests = new Map<CallParty['role'], Guest>();
  #rung = 0;
  #isConference = false;
  #lastConsult: RingOutcome | null = null;
  /** The line of its own phone on which the agent consults. */
  #line: AgentLine | null = null;
  readonly #progress: ConsultProgress;
  #withMusic: ReadonlySet<Leg> = new Set();
  #isOver = false;

  constructor(call: LiveCall, caller: Leg, agent: Leg, house: House) {
    this.#call = call;
    this.#caller = caller;
    this.#agent = agent;
    this.#house = house;
    this.#progress = new ConsultProgress(agent, (fault) => house.onFault(fault, call.facts().callId));
  }

  transfer(to: CallTarget): void {
    const { callId, agentId } = this.#facts;
    this.#call.transferTo(this.#checked(to)); // refused, it leaves a consultation as it is
    this.#release('consulted');
    this.#house.journal.transferred({
      ...{ callId, agentId: agentId ?? '', how: 'blind', to: to.kind },
      queue: to.kind === 'queue' ? to.queue : '',
    });
  }

  park(): number {
    const { slot } = parkCaller(this.#call, this.#facts.agentId ?? '', this.#house);
    this.#release('consulted');
    return slot;
  }

  async consult(to: CallTarget, line?: SecondLine): Promise<void> {
    const { state } = this.#facts;
    if (to.kind === 'queue' || this.#guests.has('consulted') || this.#line) throw this.#refused('consult');
    if (to.kind === 'agent') this.#requireReady(to.agentId);
    const target = to.kind === 'agent' ? to : ({ kind: 'outside', number: this.#house.outside.check(to.number) } as const);
    this.#admit();
    if (state === 'connected') await this.#call.hold();
    this.#lastConsult = null;
    if (line) this.#speakOn(line, state === 'connected');
    this.#ring('consulted', target, null);
  }

  mayJoin(asked: TransferAsked, on: Leg): boolean {
    const other = on === this.#agent ? this.#line?.leg : this.#agent;
    return this.#isTalking('consulted') && other !== null && other !== undefined && asked.joins(other);
  }

  async conference(): Promise<void> {
    if (!this.#isTalking('consulted') || this.#isConference) throw this.#refused('join the parties of');
    this.#isConference = true;
    this.#tell();
    if (this.#facts.state === 'held') await this.#call.resume();
    else this.hear();
    const { callId, agentId } = this.#facts;
    this.#house.journal.conferenced(callId, agentId ?? '');
  }

  complete(): void {
    const guest = this.#guests.get('consulted');
    if (!guest?.leg) throw this.#refused('complete the transfer of');
    const { callId, agentId } = this.#facts;
    const { leg, party } = guest;
    const passed =
      party.agentId === null
        ? ({ to: 'outside', number: party.number, leg } as const)
        : ({ to: 'agent', agentId: party.agentId, leg } as const);
    this.#call.transferTo(passed);
    this.#guests.delete('consulted'); // whoever goes on with the caller has it now
    this.#house.journal.transferred({ callId, agentId: agentId ?? '', how: 'attended', to: passed.to, queue: '' });
  }

  release(): void {
    if (!this.#guests.has('consulted')) throw this.#refused('let go of a party of');
    this.#release('consulted');
  }

  supervise(supervisor: AgentId, mode: SuperviseMode): void {
    const { callId, agentId } = this.#facts;
    const there = this.#guests.get('supervisor');
    if (there && there.party.agentId !== supervisor) throw new SupervisorPresent(callId);
    if (supervisor === agentId || this.#guests.get('consulted')?.party.agentId === supervisor) throw this.#refused('supervise');
    if (there) {
      there.party = { ...there.party, mode };
      this.#tell();
      this.hear();
    } else {
      const { at } = this.#house.roster.state(supervisor);
      if (at !== 'ready' && at !== 'not_ready') throw new ColleagueBusy(supervisor, at);
      this.#admit();
      this.#ring('supervisor', { kind: 'agent', agentId: supervisor }, mode);
    }
    this.#house.journal.supervised({ callId, agentId: agentId ?? '', mode });
  }

  leave(agentId: AgentId): void {
    this.#release(this.#guestOf(agentId).party.role);
  }

  muteParty(agentId: AgentId, muted: boolean): void {
    const guest = this.#guestOf(agentId);
    if (!guest.leg) throw this.#refused('mute');
    this.#call.audio.mute(guest.leg, muted);
    guest.party = { ...guest.party, muted };
    this.#tell();
  }

  hear(): void {
    if (this.#isOver) return;
    const legs = new Map<Voice, Leg>([
      ['caller', this.#caller],
      // A phone with two lines holds one of them: with the caller on hold the agent is on the other.
      ['agent', (this.#facts.state === 'held' && this.#line?.leg) || this.#agent],
    ]);
    const [partner, supervisor] = [this.#guests.get('consulted'), this.#guests.get('supervisor')];
    if (partner?.leg) legs.set('partner', partner.leg);
    if (supervisor?.leg) legs.set('supervisor', supervisor.leg);
    const { hears, music, recorded } = whoHearsWhom({
      held: this.#facts.state === 'held',
      partner: !partner?.leg ? 'none' : this.#isConference ? 'conference' : 'private',
      supervisor: supervisor?.leg ? (supervisor.party.mode ?? 'monitor') : 'none',
      recordWhisper: this.#house.recordWhisper,
    });
    const legsOf = (voices: readonly Voice[]): Leg[] => voices.flatMap((voice) => legs.get(voice) ?? []);
    const routes = [...hears].flatMap(([to, from]) => legsOf([to]).map((leg) => [leg, legsOf(from)] as const));
    this.#progress.addTo(routes);
    const [first, second] = routes;
    const { audio } = this.#call;
    if (routes.length === 0) audio.unbridge();
    else if (routes.length === 2 && first && second && first[1].length === 1 && second[1][0] === first[0])
      audio.bridge(first[0], second[0]);
    else audio.mix(new Map(routes), legsOf(recorded));
    const withMusic = new Set(legsOf(music));
    for (const leg of withMusic)
      if (!this.#withMusic.has(leg))
        leg.audio.play([MUSIC], { loop: true }).catch((fault: unknown) => this.#house.onFault(fault, this.#facts.callId));
    this.#withMusic = withMusic;
  }

  /** The conversation is over: whoever rings or listens is let go. */
  close(): void {
    for (const role of [...this.#guests.keys()]) this.#release(role);
    this.#line?.dismiss();
    this.#isOver = true;
    this.#call.talkingIs(null);
  }

  get #facts(): CallFacts {
    return this.#call.facts();
  }

  #ring(role: CallParty['role'], to: Exclude<CallTarget, { kind: 'queue' }>, mode: SuperviseMode | null): void {
    const { callId, agentId } = this.#facts;
    const ringing = ringGuest(this.#house, callId, to, role);
    const party: CallParty = {
      ...{ role, mode, state: 'ringing', muted: false },
      ...(to.kind === 'agent' ? { agentId: to.agentId, number: '' } : { agentId: null, number: to.number }),
    };
    const guest: Guest = { party, leg: null, ringing };
    this.#guests.set(role, guest);
    this.#tell();
    if (role === 'consulted' && !this.#line) this.#progress.follow(ringing, () => this.hear()); // a phone's second line rings by itself
    void ringing.outcome.then(({ outcome, leg }) => {
      const isWanted = this.#guests.get(role) === guest;
      if (role === 'consulted') {
        if (isWanted) this.#progress.end();
        const told = isWanted ? outcome : 'withdrawn';
        this.#lastConsult = told;
        this.#house.journal.consulted({ callId, agentId: agentId ?? '', with: to.kind, outcome: told });
      }
      if (!leg || !isWanted) {
        leg?.hangup();
        if (isWanted) this.#guests.delete(role);
        if (isWanted && role === 'consulted') this.#line?.fail(outcome);
        this.#tell();
        return;
      }
      if (role === 'consulted') this.#line?.answer();
      guest.leg = leg;
      if (role === 'consulted') excuseConsultation(this.#call, this.#house);
      guest.party = { ...guest.party, state: 'talking' };
      this.#tell();
      this.hear();
      void leg.ended.then(
        (end) => this.#guests.get(role) === guest && this.#release(role, end === 'transport_lost' || end === 'media_lost'),
      );
    });
  }

  #release(role: CallParty['role'], isLoss = false): void {
    const guest = this.#guests.get(role);
    if (!guest) return;
    this.#guests.delete(role);
    if (role === 'consulted') {
      this.#isConference = false;
      this.#progress.end();
      this.#line?.close();
    }
    guest.ringing.withdraw();
    guest.leg?.hangup();
    guest.ringing.left(isLoss);
    this.#tell();
    if (guest.leg) this.hear();
  }

  #speakOn(line: SecondLine, heldForIt: boolean): void {
    const agentLine = new AgentLine(line, this.#house, {
      over: () => {
        if (this.#line !== agentLine) return;
        this.#line = null;
        this.#release('consulted');
        // A phone that did not hold the caller itself does not take the caller back itself either.
        if (heldForIt && !this.#isOver && this.#facts.state === 'held') void this.#call.resume();
      },
      transfer: (asked, leg) => joinLines(this.#call, asked, leg),
    });
    this.#line = agentLine;
    line.ring();
  }

  #tell(): void {
    const { state } = this.#facts;
    if (this.#isOver || (state !== 'connected' && state !== 'held')) return;
    const parties = [...this.#guests.values()].map(({ party }) => party);
    this.#call.apply({ do: 'parties', parties, conference: this.#isConference, lastConsult: this.#lastConsult });
  }

  #isTalking(role: CallParty['role']): boolean {
    return this.#guests.get(role)?.leg !== undefined && this.#guests.get(role)?.leg !== null;
  }

  #guestOf(agentId: AgentId): Guest {
    const guest = [...this.#guests.values()].find(({ party }) => party.agentId === agentId);
    if (!guest) throw new CallNotFound(this.#facts.callId);
    return guest;
  }

  /** Where a blind transfer goes. Who is consulted is free for it as soon as the consultation is over. */
  #checked(to: CallTarget): Passed {
    if (to.kind === 'outside') return { to: 'outside', number: this.#house.outside.check(to.number) };
    if (to.kind === 'agent') {
      if (this.#guests.get('consulted')?.party.agentId !== to.agentId) this.#requireReady(to.agentId);
      return { to: 'agent', agentId: to.agentId };
    }
    this.#house.dispatcher.queue(to.queue);
    return { to: 'queue', queue: to.queue };
  }

  #requireReady(agentId: AgentId): void {
    const { at } = this.#house.roster.state(agentId);
    if (at !== 'ready') throw new ColleagueBusy(agentId, at);
  }

  #admit(): void {
    if (this.#rung++ >= GUESTS_MAX) throw this.#refused('bring anybody else into');
  }

  #refused(wanted: string): CallStateRefused {
    const { callId, state } = this.#facts;
    return new CallStateRefused(callId, wanted, state);
  }
}
