/**
 * Passing a caller on: an agent's transfer key (REFER of a desk phone) or a command sends the caller to another queue of the house. The media
 * stay with us and nobody learns anybody's address; the tape of the conversation is closed, and the next agent's is another one.
 */
import type { Leg, TransferAsked } from '../calls/leg.ts';
import type { House } from './house.ts';
import type { LiveCall } from './live-call.ts';
import { parkByPhone } from './park-caller.ts';

/** What a phone that has handed its call over may take to hang up by itself, ms; then we do. */
const AGENT_LEAVES_MS = 2000;

/**
 * @throws QueueUnknown
 * @throws CallStateRefused when nobody talks
 */
export function transferToQueue(call: LiveCall, queue: string, house: Pick<House, 'dispatcher'>): void {
  house.dispatcher.queue(queue);
  call.transferTo({ to: 'queue', queue });
}

/**
 * Lets the agent's phone pass the call on: without asking to a queue of this house or a parking place only, since a phone cannot make the house call somebody;
 * having asked, to whom it consulted.
 */
export function listenForTransfer(call: LiveCall, agent: Leg, house: Parameters<typeof parkByPhone>[2]): () => void {
  return (
    agent.onTransfer?.((asked: TransferAsked) => {
      if (asked.isAttended) return joinLines(call, asked, agent);
      if (parkByPhone(call, asked, house)) return;
      try {
        transferToQueue(call, asked.target, house);
      } catch {
        return asked.refuse(404); // no such queue, or nobody to pass on
      }
      asked.accept();
      asked.report(200); // the house has the caller from here on; how long the queue is, is no longer this phone's concern
    }) ?? (() => {})
  );
}

/** The agent's phone joins its caller with whom it consulted on a second line, and both lines are over for it (RFC 3891, RFC 5589 §7). */
export function joinLines(call: LiveCall, asked: TransferAsked, on: Leg): void {
  if (!call.mayJoin(asked, on)) return asked.refuse(603); // other calls than these two are not the phone's to join
  try {
    call.conversation().complete();
  } catch {
    return asked.refuse(603);
  }
  asked.accept();
  asked.report(200);
}

/** The agent's part is over: its phone hangs up when it has heard that the transfer went well, or is hung up. */
export function dismissAgent(agent: Leg, { clock }: Pick<House, 'clock'>): void {
  const stop = clock.after(AGENT_LEAVES_MS, () => agent.hangup());
  void agent.ended.then(stop);
}
