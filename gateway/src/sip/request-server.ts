/** Server transaction for every method but INVITE and ACK, pure: RFC 3261 §17.2.2 (Figure 8). Times in ms. */
import { arm, deliver, disarm, fail, send, type Step, WAIT_MS } from './transaction.ts';

export type RequestServerSend = 'response';
export type RequestServerInput = 'timerJ' | 'request' | 'provisional' | 'final' | 'transportFailed';
export interface RequestServerState {
  readonly at: 'trying' | 'proceeding' | 'completed' | 'terminated';
  readonly reliable: boolean;
}
type RequestServerStep = Step<RequestServerState, RequestServerSend, RequestServerInput>;

export function beginRequestServer(reliable: boolean): RequestServerStep {
  return { state: { at: 'trying', reliable }, effects: [deliver] };
}

export function stepRequestServer(state: RequestServerState, input: RequestServerInput): RequestServerStep {
  switch (`${state.at} ${input}` as const) {
    case 'trying provisional':
    case 'proceeding provisional':
      return { state: { ...state, at: 'proceeding' }, effects: [send('response')] };
    case 'trying final':
    case 'proceeding final':
      return { state: { ...state, at: 'completed' }, effects: [arm('timerJ', state.reliable ? 0 : WAIT_MS), send('response')] };
    case 'proceeding request':
    case 'completed request':
      return { state, effects: [send('response')] };
    case 'proceeding transportFailed':
    case 'completed transportFailed':
      return { state: { ...state, at: 'terminated' }, effects: [disarm, fail('transport')] };
    case 'completed timerJ':
      return { state: { ...state, at: 'terminated' }, effects: [disarm] };
    default:
      return { state, effects: [] }; // the request again before there is anything to say
  }
}
