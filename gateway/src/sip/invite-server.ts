/**
 * INVITE server transaction, pure: RFC 3261 §17.2.1 (Figure 7) with the `accepted` state of RFC 6026 §7.1. Times in ms.
 * 100 is sent at once rather than after 200 ms: it stops the caller's timer A whatever the house is busy with.
 */
import { arm, deliver, disarm, type Effect, fail, send, type Step, T1_MS, T2_MS, T4_MS, WAIT_MS } from './transaction.ts';

/** `response` is the one last given by the user of the transaction, 100 before that. */
export type InviteServerSend = 'response';
export type InviteServerInput =
  | 'timerG'
  | 'timerH'
  | 'timerI'
  | 'timerL'
  | 'request'
  | 'ack'
  | 'provisional'
  | 'success'
  | 'failure'
  | 'transportFailed';
export interface InviteServerState {
  readonly at: 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';
  readonly resendMs: number;
  readonly reliable: boolean;
}
type InviteServerStep = Step<InviteServerState, InviteServerSend, InviteServerInput>;

export function beginInviteServer(reliable: boolean): InviteServerStep {
  return { state: { at: 'proceeding', resendMs: T1_MS, reliable }, effects: [send('response'), deliver] };
}

export function stepInviteServer(state: InviteServerState, input: InviteServerInput): InviteServerStep {
  const go = (at: InviteServerState['at'], ...effects: Array<Effect<InviteServerSend, InviteServerInput>>): InviteServerStep => ({
    state: { ...state, at },
    effects: at === state.at ? effects : [disarm, ...effects],
  });
  switch (`${state.at} ${input}` as const) {
    case 'proceeding request':
    case 'proceeding provisional':
      return go('proceeding', send('response'));
    case 'proceeding success':
      return go('accepted', arm('timerL', WAIT_MS), send('response'));
    case 'proceeding failure':
      return go('completed', arm('timerH', WAIT_MS), ...(state.reliable ? [] : [arm('timerG', T1_MS)]), send('response'));
    case 'completed request':
      return go('completed', send('response'));
    case 'completed timerG': {
      const resendMs = Math.min(state.resendMs * 2, T2_MS);
      return { state: { ...state, resendMs }, effects: [send('response'), arm('timerG', resendMs)] };
    }
    case 'completed timerH':
      return go('terminated', fail('timeout'));
    case 'completed ack':
      return go('confirmed', arm('timerI', state.reliable ? 0 : T4_MS));
    case 'confirmed timerI':
    case 'accepted timerL':
      return go('terminated');
    case 'accepted success':
      return go('accepted', send('response')); // the user repeats its 2xx until the ACK (RFC 3261 §13.3.1.4)
    case 'accepted ack':
      return go('accepted', deliver); // a caller that keeps the branch of the INVITE in its ACK (RFC 6026 §8.7)
    case 'proceeding transportFailed':
    case 'completed transportFailed':
    case 'accepted transportFailed':
      return go(state.at, fail('transport')); // told, not ended: a retransmission may find a way (RFC 6026 §8.8)
    default:
      return { state, effects: [] }; // the INVITE again in `accepted`, an ACK again in `confirmed`, a late timer
  }
}
