/**
 * The story of a call that another exchange forks to us (SIPREC), in order: rows, file, answer, follow, close. It is answered only when its ledger
 * row is durable and its file open: an SRC that gets 503 goes to its next recorder, and nobody believes in a recording that is none.
 */
import type { EndedBy, EndVerdict } from '@keepline/contracts/events';
import { newId, type TalkId } from '@keepline/contracts/ids';
import type { ForkedCall, ForkedFacts, ForkedParty } from '../calls/forked-call.ts';
import type { LegEnd } from '../calls/leg.ts';
import { openTalk } from '../recording/talks.ts';
import type { EventLog } from '../events/event-log.ts';
import { nameParties, updateCall } from '../store/tables/calls.ts';
import type { House, Taping } from './house.ts';
import { LiveCall } from './live-call.ts';

/** What an SRC is told to wait while recording is not possible, seconds. */
const RETRY_SECONDS = 30;
/** Nobody of ours is on such a call. */
const NO_AGENT = '';
const SIDES = ['left', 'right'] as const;

export type SessionHouse = Pick<House, 'clock' | 'registry' | 'journal' | 'recordingFault' | 'tape' | 'onFault'> & {
  readonly events: Pick<EventLog, 'append'>;
};

/** Takes a session from its arrival to its closed rows. Never rejects. */
export async function runSiprecSession(forked: ForkedCall, house: SessionHouse): Promise<void> {
  const { callId, trunk, audio } = forked;
  const fault = house.recordingFault();
  if (fault) {
    forked.refuse(503, RETRY_SECONDS);
    house.journal.refused(callId, trunk, 503, fault.code.toLowerCase());
    return audio.close();
  }
  const first = forked.facts();
  const call = new LiveCall(
    { callId, audio, callerNumber: first.parties[0]?.number ?? '', callerName: first.parties[0]?.name ?? '' },
    {
      clock: house.clock,
      journal: house.journal,
      changed: () => house.registry.changed(),
      onFault: (thrown) => house.onFault(thrown, callId),
    },
  );
  call.callerIs(forked.left);
  call.apply({ do: 'pass_out' });
  const tape = house.tape(callId, NO_AGENT, { source: 'siprec', sourceSession: first.session || null });
  let ended: Ended = { verdict: 'failed', by: 'site' };
  let isOpen = false;
  try {
    await house.journal.opened({ callId, trunk, ...namesOf(first) }, call.facts().startedAtMs);
    isOpen = true;
    house.registry.add(callId, call);
    audio.bridge(forked.left, forked.right); // neither is ever sent anything; the tape has its right side by it
    tape.listen(audio, forked.left, forked.right);
    await openRows(forked, tape, house);
    if (await tape.open()) {
      const follower = followSession(forked, tape, house);
      forked.answer();
      ended = endOf(await forked.left.ended);
      await follower.done();
    } else {
      forked.refuse(503, RETRY_SECONDS);
      house.journal.refused(callId, trunk, 503, 'recording_not_opened');
    }
  } catch (thrown) {
    house.onFault(thrown, callId);
    forked.refuse(503, RETRY_SECONDS); // of no effect once it is answered
    forked.left.hangup();
  }
  await tellQuality(forked, house);
  await tape.close();
  if (isOpen) house.journal.ended(call.apply({ do: 'end' }), ended);
  house.registry.remove(callId);
  await audio.close();
}

/** Counted as answered, with its talk and its recording, in one transaction: law 5 from the first moment. */
async function openRows({ callId }: ForkedCall, tape: Taping, { clock, journal }: SessionHouse): Promise<void> {
  const nowMs = clock.now();
  const id: TalkId = newId('talk', nowMs);
  const talk = {
    id,
    callId,
    agentId: NO_AGENT,
    kind: 'outside',
    beganAtMs: nowMs,
    policy: 'always',
    recordingId: tape.recordingId,
    reason: null,
  } as const;
  await journal.write(async (tx) => {
    await updateCall(tx, callId, { answeredAtMs: nowMs, connectedAtMs: nowMs });
    await openTalk(tx, talk);
    await tape.openRow(tx);
  });
}

/** Parties and pauses, one change after the other in the order they were told. */
function followSession(forked: ForkedCall, tape: Taping, house: SessionHouse): { done(): Promise<void> } {
  let known: readonly (ForkedParty | null)[] = [null, null];
  let named = namesOf(forked.facts());
  let isPaused = false;
  const take = async (facts: ForkedFacts): Promise<void> => {
    if (facts.paused !== isPaused) {
      isPaused = facts.paused;
      await (isPaused ? tape.pause('source') : tape.resume('source'));
    }
    const before = known;
    known = facts.parties;
    const names = namesOf(facts);
    // The call keeps who was there first; whoever comes after a transfer is in the events.
    const next = {
      ...named,
      ...(named.callerNumber === '' && caller(names)),
      ...(named.dialledNumber === '' && { dialledNumber: names.dialledNumber }),
    };
    const isNews = JSON.stringify(next) !== JSON.stringify(named);
    named = next;
    const changes = SIDES.flatMap((side, i) => changesOf(side, before[i] ?? null, known[i] ?? null));
    if (!isNews && changes.length === 0) return;
    await house.journal.write(async (tx) => {
      if (isNews) await nameParties(tx, forked.callId, next);
      for (const change of changes)
        await house.events.append(tx, 'recording.party_changed', { callId: forked.callId, recordingId: tape.recordingId, ...change });
    });
  };
  let busy: Promise<void> = Promise.resolve();
  const turn = (): void => {
    const facts = forked.facts();
    busy = busy.then(() => take(facts)).catch((thrown: unknown) => house.onFault(thrown, forked.callId));
  };
  forked.onChange(turn);
  turn();
  return { done: () => busy };
}

type Names = { readonly callerNumber: string; readonly callerName: string; readonly dialledNumber: string };

/** Left is the caller and right the called one, as SRCs number their streams. */
function namesOf({ parties: [left, right] }: ForkedFacts): Names {
  return { callerNumber: left?.number ?? '', callerName: left?.name ?? '', dialledNumber: right?.number ?? '' };
}

const caller = ({ callerNumber, callerName }: Names): Pick<Names, 'callerNumber' | 'callerName'> => ({ callerNumber, callerName });

interface Change extends ForkedParty {
  readonly side: (typeof SIDES)[number];
  readonly change: 'joined' | 'left';
}

function changesOf(side: Change['side'], before: ForkedParty | null, after: ForkedParty | null): Change[] {
  if (before?.number === after?.number && before?.name === after?.name) return [];
  const gone: Change[] = before === null ? [] : [{ ...before, side, change: 'left' }];
  return after === null ? gone : [...gone, { ...after, side, change: 'joined' }];
}

interface Ended {
  readonly verdict: EndVerdict;
  readonly by: EndedBy;
}

function endOf(why: LegEnd): Ended {
  switch (why) {
    case 'hung_up':
      return { verdict: 'completed', by: 'network' };
    case 'closed_by_site':
      return { verdict: 'completed', by: 'site' };
    case 'media_lost':
      return { verdict: 'media_lost', by: 'site' };
    case 'transport_lost':
      return { verdict: 'failed', by: 'network' };
    default:
      return why satisfies never;
  }
}

async function tellQuality({ callId, audio, left, right }: ForkedCall, { journal, onFault }: SessionHouse): Promise<void> {
  for (const [leg, name] of [
    [left, 'caller'],
    [right, 'agent'],
  ] as const) {
    try {
      const figures = await audio.figures(leg);
      if (figures.packets > 0) journal.quality(callId, name, figures);
    } catch (thrown) {
      onFault(thrown, callId);
    }
  }
}
