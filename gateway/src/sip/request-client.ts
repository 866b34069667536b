/** Client transaction for every method but INVITE and ACK, pure: RFC 3261 §17.1.2 (Figure 6). Times in ms. */
import { arm, deliver, disarm, type Effect, fail, send, type Step, T1_MS, T2_MS, T4_MS, WAIT_MS } from './transaction.ts';

export type RequestClientSend = 'request';
export type RequestClientInput = 'timerE' | 'timerF' | 'timerK' | 'provisional' | 'final' | 'transportFailed';
export interface RequestClientState {
  readonly at: 'trying' | 'proceeding' | 'completed' | 'terminated';
  readonly resendMs: number;
  readonly reliable: boolean;
}
type RequestClientStep = Step<RequestClientState, RequestClientSend, RequestClientInput>;

export function beginRequestClient(reliable: boolean): RequestClientStep {
  const effects: Array<Effect<RequestClientSend, RequestClientInput>> = [send('request'), arm('timerF', WAIT_MS)];
  if (!reliable) effects.push(arm('timerE', T1_MS));
  return { state: { at: 'trying', resendMs: T1_MS, reliable }, effects };
}

export function stepRequestClient(state: RequestClientState, input: RequestClientInput): RequestClientStep {
  const end = (at: RequestClientState['at'], ...effects: Array<Effect<RequestClientSend, RequestClientInput>>): RequestClientStep => ({
    state: { ...state, at },
    effects: [disarm, ...effects],
  });
  const resend = (resendMs: number): RequestClientStep => ({
    state: { ...state, resendMs },
    effects: [send('request'), arm('timerE', resendMs)],
  });
  switch (`${state.at} ${input}` as const) {
    case 'trying timerE':
      return resend(Math.min(state.resendMs * 2, T2_MS));
    case 'proceeding timerE':
      return resend(T2_MS); // the far end is at it: asking more often would not help
    case 'trying provisional':
    case 'proceeding provisional':
      return { state: { ...state, at: 'proceeding' }, effects: [deliver] }; // E and F run on, so nothing is disarmed
    case 'trying timerF':
    case 'proceeding timerF':
      return end('terminated', fail('timeout'));
    case 'trying final':
    case 'proceeding final':
      return end('completed', arm('timerK', state.reliable ? 0 : T4_MS), deliver);
    case 'trying transportFailed':
    case 'proceeding transportFailed':
      return end('terminated', fail('transport'));
    case 'completed timerK':
      return end('terminated');
    default:
      return { state, effects: [] };
  }
}
