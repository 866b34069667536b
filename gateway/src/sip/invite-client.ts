/**
 * INVITE client transaction, pure: RFC 3261 §17.1.1 (Figure 5) with the `accepted` state of RFC 6026 §7.2. Times in ms.
 * The ACK to a 2xx is not ours: it belongs to the dialog (RFC 3261 §13.2.2.4).
 */
import { arm, deliver, disarm, type Effect, fail, send, type Step, T1_MS, WAIT_MS } from './transaction.ts';

export type InviteClientSend = 'request' | 'ack';
export type InviteClientInput = 'timerA' | 'timerB' | 'timerD' | 'timerM' | 'provisional' | 'success' | 'failure' | 'transportFailed';
export interface InviteClientState {
  readonly at: 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';
  readonly resendMs: number;
  /** TCP: nothing is sent twice, and no late duplicate is waited for. */
  readonly reliable: boolean;
}
type InviteClientStep = Step<InviteClientState, InviteClientSend, InviteClientInput>;

/** How long a retransmitted failure is still acknowledged (timer D, at least 32 s on UDP). */
const LINGER_MS = 32_000;

export function beginInviteClient(reliable: boolean): InviteClientStep {
  const effects: Array<Effect<InviteClientSend, InviteClientInput>> = [send('request'), arm('timerB', WAIT_MS)];
  if (!reliable) effects.push(arm('timerA', T1_MS));
  return { state: { at: 'calling', resendMs: T1_MS, reliable }, effects };
}

export function stepInviteClient(state: InviteClientState, input: InviteClientInput): InviteClientStep {
  const go = (at: InviteClientState['at'], ...effects: Array<Effect<InviteClientSend, InviteClientInput>>): InviteClientStep => ({
    state: { ...state, at },
    effects: at === state.at ? effects : [disarm, ...effects],
  });
  switch (`${state.at} ${input}` as const) {
    case 'calling timerA': {
      const resendMs = state.resendMs * 2; // doubles without a ceiling: T2 is for other methods (§17.1.1.2)
      return { state: { ...state, resendMs }, effects: [send('request'), arm('timerA', resendMs)] };
    }
    case 'calling timerB':
      return go('terminated', fail('timeout'));
    case 'calling provisional':
    case 'proceeding provisional':
      return go('proceeding', deliver);
    case 'calling success':
    case 'proceeding success':
      return go('accepted', arm('timerM', WAIT_MS), deliver);
    case 'accepted success':
      return go('accepted', deliver); // another branch of a fork, or our ACK was lost: the user knows which
    case 'calling failure':
    case 'proceeding failure':
      return go('completed', send('ack'), arm('timerD', state.reliable ? 0 : LINGER_MS), deliver);
    case 'completed failure':
      return go('completed', send('ack'));
    case 'calling transportFailed':
    case 'proceeding transportFailed':
    case 'completed transportFailed':
      return go('terminated', fail('transport'));
    case 'completed timerD':
    case 'accepted timerM':
      return go('terminated');
    default:
      return { state, effects: [] }; // a late timer or a stray response changes nothing
  }
}
