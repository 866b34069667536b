/**
 * All desks of the site: who sits where, what each sees, and what happens to a workplace when its page, its session or the media worker
 * goes. At most one workplace and one page per agent.
 */
import type { DeskView } from '@keepline/contracts/agent-protocol';
import type { Clock } from '@keepline/contracts/clock';
import { type AgentId, newId } from '@keepline/contracts/ids';
import type { LinkStatus } from '@keepline/contracts/link';
import { permissionsOf } from '@keepline/contracts/roles';
import type { WebSocket } from 'ws';
import { pickableFor } from '../calls/pickable.ts';
import { AgentDesk } from './agent-desk.ts';
import type { Audited, Log } from '../identity/identity-store.ts';
import { leadingRole } from '../identity/directory.ts';
import { type Round, roundOf, teamCalls } from './desk-calls.ts';
import type { Calls, CommandSurroundings, Duty } from './desk-commands.ts';
import type { BrowserMedia } from './desk-media.ts';
import { deskView } from './desk-view.ts';
import type { Session, Sessions } from '../identity/sessions.ts';
import { AgentWorkplace, type Workplace } from './workplace.ts';

/** Changes within this time are shown in one round of views. */
export const COALESCE_MS = 50;
/** A round of 2,000 desks costs tens of ms of CPU, so rounds become rarer with the number of desks: 500 ms at 2,000. */
const COALESCE_MS_PER_DESK = 0.25;
/** Waiting times grow without any event; this is how stale they may be on a quiet site. */
const REFRESH_EVERY_MS = 5000;

/** Calls to pick up shown on one desk: the most urgent are what matters. */
const PICKABLE_MAX = 10;
/** Colleagues and calls of a team shown on one desk. */
const LISTED_MAX = 50;

export interface AgentDesksOptions<MediaLeg> {
  readonly agents: readonly { readonly id: AgentId; readonly name: string; readonly phone: string }[];
  readonly reasons: readonly string[];
  readonly dispositions: readonly string[];
  readonly secrets: DeskView['secrets'];
  readonly sessions: Pick<Sessions, 'touch' | 'onEnd'>;
  readonly duty: Duty;
  readonly calls: Calls;
  readonly link: { status(): LinkStatus; onChange(listener: () => void): () => void };
  readonly media: BrowserMedia<MediaLeg>;
  readonly dial: CommandSurroundings['dial'];
  readonly schedule: CommandSurroundings['schedule'];
  readonly audited: Audited;
  /** Whether agents see supervisors in their calls. */
  readonly announce: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

export class AgentDesks<MediaLeg> {
  readonly #o: AgentDesksOptions<MediaLeg>;
  readonly #agents: ReadonlyMap<AgentId, { readonly id: AgentId; readonly name: string; readonly phone: string }>;
  readonly #workplaces = new Map<AgentId, AgentWorkplace<MediaLeg>>();
  readonly #stops: ReadonlyArray<() => void>;
  #disarmRound: (() => void) | undefined;

  constructor(o: AgentDesksOptions<MediaLeg>) {
    this.#o = o;
    this.#agents = new Map(o.agents.map((agent) => [agent.id, agent]));
    const changed = (): void => this.#scheduleRound();
    this.#stops = [
      o.calls.onChange(changed),
      o.duty.onChange(changed),
      o.link.onChange(changed),
      o.clock.every(REFRESH_EVERY_MS, changed),
      o.media.onWorkerDied(() => this.#everyDesk((desk) => desk.rejoinMedia())),
      o.sessions.onEnd((session, why) => this.#sessionEnded(session, why === 'signed_in_elsewhere')),
    ];
  }

  /** Pages connected now. */
  get connected(): number {
    let connected = 0;
    this.#everyDesk(() => (connected += 1));
    return connected;
  }

  workplace(agentId: AgentId): Workplace<MediaLeg> | undefined {
    return this.#workplaces.get(agentId);
  }

  /** Takes over an open socket whose session was checked. A page of this agent that is still there is sent away. */
  connect(session: Session, socket: WebSocket): void {
    const { userId: agentId } = session;
    const workplace = this.#workplaces.get(agentId) ?? this.#openWorkplace(session);
    const desk = new AgentDesk<MediaLeg>({
      session,
      socket,
      clock: this.#o.clock,
      log: this.#o.log,
      browserMedia: this.#o.media,
      commands: {
        agentId,
        usesPhone: this.#usesPhone(agentId),
        duty: this.#o.duty,
        calls: this.#o.calls,
        bell: workplace.bell,
        reasons: this.#o.reasons,
        dispositions: this.#o.dispositions,
        permissions: permissionsOf(session.roles),
        dial: this.#o.dial,
        schedule: this.#o.schedule,
        audited: (act, object, run) => {
          const { roles, from } = session;
          const correlation = newId('act', this.#o.clock.now());
          const actor = { who: agentId, role: leadingRole(roles), from };
          return this.#o.audited(act, { ...actor, object, purpose: 'asked at the desk', correlation }, run);
        },
      },
      touch: () => this.#o.sessions.touch(session),
      onCommandDone: () => this.#show(agentId),
      onMediaReady: (ready) => workplace.mediaReady(ready),
      onClosed: (closed) => workplace.left(closed),
    });
    workplace.sit(desk);
    this.#show(agentId);
    if (!this.#usesPhone(agentId)) this.#tell(agentId, this.#o.duty.signIn(agentId));
  }

  /** Says bye to every page; all workplaces are gone afterwards. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.#disarmRound?.();
    for (const workplace of this.#workplaces.values()) workplace.end('site_stopping');
  }

  #openWorkplace(session: Session): AgentWorkplace<MediaLeg> {
    const { userId: agentId } = session;
    const workplace = new AgentWorkplace<MediaLeg>({
      session,
      clock: this.#o.clock,
      showNow: () => this.#show(agentId),
      onGone: () => {
        this.#workplaces.delete(agentId);
        if (!this.#usesPhone(agentId)) this.#tell(agentId, this.#o.duty.lost(agentId));
      },
    });
    this.#workplaces.set(agentId, workplace);
    return workplace;
  }

  #sessionEnded(session: Session, isElsewhere: boolean): void {
    const workplace = this.#workplaces.get(session.userId);
    if (workplace?.session !== session) return;
    // signed in elsewhere: the workplace waits for the new page, and a call in progress moves with it
    if (isElsewhere) workplace.desk?.bye('signed_in_elsewhere');
    else workplace.end('session_ended');
  }

  #scheduleRound(): void {
    if (this.#disarmRound) return;
    const waitMs = Math.max(COALESCE_MS, this.#workplaces.size * COALESCE_MS_PER_DESK);
    this.#disarmRound = this.#o.clock.after(waitMs, () => {
      this.#disarmRound = undefined;
      const round = roundOf(this.#o.calls, PICKABLE_MAX);
      for (const agentId of this.#workplaces.keys()) this.#show(agentId, round);
    });
  }

  /** Never throws: it is called from timers and in the middle of other people's work, and one view less must not end a call. */
  #show(agentId: AgentId, round?: Round): void {
    try {
      this.#workplaces.get(agentId)?.desk?.show(this.#view(agentId, round ?? roundOf(this.#o.calls, PICKABLE_MAX)));
    } catch (err) {
      this.#o.log.error({ err, agent: agentId }, 'the view of a desk could not be built');
    }
  }

  #view(agentId: AgentId, { byAgent, pickable, parked }: Round): DeskView {
    const { duty, link, reasons, dispositions, secrets, clock } = this.#o;
    const queues = duty.queues(agentId);
    return deskView({
      agent: { id: agentId, name: this.#agents.get(agentId)?.name ?? agentId },
      duty: duty.agent(agentId),
      call: byAgent.get(agentId),
      nameOf: (id) => this.#agents.get(id)?.name ?? id,
      announce: this.#o.announce,
      colleagues: duty
        .readyAgents()
        .filter((id) => id !== agentId)
        .slice(0, LISTED_MAX)
        .map((id) => ({ id, name: this.#agents.get(id)?.name ?? id })),
      pickable: pickableFor(
        pickable,
        agentId,
        queues.map(({ queue }) => queue),
        PICKABLE_MAX,
      ),
      parked,
      transferQueues: duty.queueNames(),
      team: this.#maySupervise(agentId) ? teamCalls(this.#o.calls, agentId, LISTED_MAX) : null,
      queues,
      link: link.status(),
      reasons,
      dispositions,
      secrets,
      nowMs: clock.now(),
    });
  }

  #maySupervise(agentId: AgentId): boolean {
    return permissionsOf(this.#workplaces.get(agentId)?.session.roles ?? []).has('call.supervise');
  }

  #usesPhone(agentId: AgentId): boolean {
    return (this.#agents.get(agentId)?.phone ?? '') !== '';
  }

  #everyDesk(visit: (desk: AgentDesk<MediaLeg>) => void): void {
    for (const workplace of this.#workplaces.values()) if (workplace.desk) visit(workplace.desk);
  }

  #tell(agentId: AgentId, told: Promise<void>): void {
    told.catch((err: unknown) => this.#o.log.error({ err, agent: agentId }, 'routing did not take over who sits at a desk'));
  }
}
