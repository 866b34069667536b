/**
 * The recording of one talk by the policy of its queue: at once, when the agent starts it, or not at all. The talk's row with its recording or
 * its reason is durable in the transaction that says the talk began.
 */
import type { TalkKind } from '@keepline/contracts/events';
import { type AgentId, newId, type TalkId } from '@keepline/contracts/ids';
import type { Leg } from '../calls/leg.ts';
import { RecordingNotOnDemand } from '../recording/errors.ts';
import { planOf } from '../recording/policy.ts';
import { openTalk, talkRecorded } from '../recording/talks.ts';
import type { Tx } from '../store/store.ts';
import type { House, Taping } from './house.ts';
import type { LiveCall } from './live-call.ts';

export interface TalkOf {
  readonly kind: Exclude<TalkKind, 'consult'>;
  readonly agentId: AgentId;
  /** On the left of the recording. */
  readonly caller: Leg;
  /** On the right. */
  readonly other: Leg;
}

/** What an agent does with the recording of a talk on demand. */
export interface OnDemand {
  /** @throws RecordingNotOnDemand */
  start(): Promise<void>;
  /** @throws RecordingNotOnDemand */
  stop(): Promise<void>;
}
export interface TalkRecording extends OnDemand {
  /** The talk is in the ledger and its file, if it has one, is open. Never rejects. */
  readonly opened: Promise<void>;
  /** Closes what is being recorded. Never rejects. */
  close(): Promise<void>;
}

/** @param write runs its unit in the transaction that says the talk began */
export function recordTalk(
  call: LiveCall,
  talk: TalkOf,
  house: House,
  write: (unit: (tx: Tx) => Promise<void>) => Promise<void>,
): TalkRecording {
  const { callId, queue } = call.facts();
  const setting = house.recordingOf(queue);
  const plan = planOf(talk.kind, setting);
  const id: TalkId = newId('talk', house.clock.now());
  let tape: Taping | null = null;
  let isOver = false;

  const listen = (): Taping => {
    const made = house.tape(callId, talk.agentId);
    made.listen(call.audio, talk.caller, talk.other);
    tape = made;
    call.tapeIs(made);
    return made;
  };
  const tell = (recording: boolean): void => {
    const { state } = call.facts();
    if (!isOver && (state === 'connected' || state === 'held')) call.apply({ do: 'record', recording, policy: setting.recording });
  };
  /** @returns whether there is a file */
  const openFile = async (made: Taping): Promise<boolean> => {
    made.onStop(() => tape === made && tell(false));
    const isOpen = await made.open();
    if (tape === made) tell(isOpen);
    return isOpen;
  };
  const begin = async (): Promise<void> => {
    const made = plan.tape === 'at_once' ? listen() : null;
    tell(false);
    const row = {
      ...{ id, callId, agentId: talk.agentId, kind: talk.kind, beganAtMs: house.clock.now(), policy: setting.recording },
      ...{ recordingId: made?.recordingId ?? null, reason: plan.excuse === null ? null : plan.reason },
    };
    try {
      await write(async (tx) => {
        await openTalk(tx, row);
        await made?.openRow(tx);
      });
    } catch (thrown) {
      house.onFault(thrown, callId);
      return;
    }
    if (plan.excuse !== null) house.journal.excused({ callId, talk: talk.kind, why: plan.excuse });
    if (made) await openFile(made);
  };
  const opened = begin();

  /** One act at a time: a stop that overtakes a start would leave the sound of it without an end. */
  let busy: Promise<void> = opened;
  const inTurn = (act: () => Promise<void>): Promise<void> => {
    const done = busy.then(act);
    busy = done.catch(() => {});
    return done;
  };
  const requireOnDemand = (why: string | false): void => {
    if (plan.tape !== 'later') throw new RecordingNotOnDemand(callId, `its policy is ${setting.recording}`);
    if (isOver) throw new RecordingNotOnDemand(callId, 'the talk is over');
    if (why !== false) throw new RecordingNotOnDemand(callId, why);
  };
  const closeTape = async (): Promise<void> => {
    const closing = tape;
    tape = null;
    call.tapeIs(null);
    await closing?.close();
  };
  return {
    opened,
    start: () =>
      inTurn(async () => {
        requireOnDemand(tape !== null && 'it is being recorded');
        const made = listen();
        try {
          await house.journal.write(async (tx) => {
            await made.openRow(tx);
            await talkRecorded(tx, id, made.recordingId);
          });
        } catch (thrown) {
          await closeTape();
          throw thrown;
        }
        if (await openFile(made)) return;
        await closeTape(); // its row says why
        throw new RecordingNotOnDemand(callId, 'no file could be opened for it');
      }),
    stop: () =>
      inTurn(async () => {
        requireOnDemand(tape === null && 'nothing is being recorded');
        tell(false);
        await closeTape();
      }),
    async close() {
      isOver = true;
      await inTurn(closeTape).catch((thrown: unknown) => house.onFault(thrown, callId));
    },
  };
}

/** An agent talks with whom it asks, and the customer hears music: the ledger says why that is not recorded. */
export function excuseConsultation(call: LiveCall, house: House): void {
  const { callId, queue } = call.facts();
  const setting = house.recordingOf(queue);
  const { reason } = planOf('consult', setting);
  const id: TalkId = newId('talk', house.clock.now());
  const row = { id, callId, agentId: call.lastAgentId, kind: 'consult', beganAtMs: house.clock.now(), policy: setting.recording } as const;
  house.journal.write((tx) => openTalk(tx, { ...row, recordingId: null, reason })).catch((fault: unknown) => house.onFault(fault, callId));
  house.journal.excused({ callId, talk: 'consult', why: 'consultation' });
}
